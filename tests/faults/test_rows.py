"""The rows of the table of failure modes that are about sessions and about what a daemon says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from factorywager.errors import InteractionNotAllowedError, StoreError, UnavailableError
from factorywager.testing import FakeSecretService, Fault
from harness.caller import Caller

from .operations import NAME, NEW, OLD, OPERATIONS, OTHER, SERVICE, fill, judge, outcome

Open = Callable[..., Caller]

# Once, and every operation still gives its right answer.
REMEDIED = (
    Fault.STALE_SESSION,
    Fault.LEADING_ZERO_SHARED_KEY,
    Fault.LEADING_ZERO_PUBLIC_KEY,
    Fault.GET_SECRETS_OMITS,
    Fault.REPLIES_OUT_OF_ORDER,
    Fault.RESTARTS,
)


@pytest.fixture
def secrets(fake: FakeSecretService, open_secrets: Open) -> Caller:
    return open_secrets("secret-service", interactive=True, timeout=10)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", REMEDIED, ids=lambda fault: fault.name)
def test_once_is_remedied(fake: FakeSecretService, secrets: Caller, operation: str, fault: Fault) -> None:
    fake.arm(fault, times=1)
    result = outcome(OPERATIONS[operation], secrets)
    judge(OPERATIONS[operation], fake, result)
    assert not isinstance(result, StoreError), result


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "fault",
    [*REMEDIED, Fault.GET_SECRETS_FAILS, Fault.HASHED_ATTRIBUTES, Fault.NO_DEFAULT_ALIAS, Fault.LOCKED_IS_EMPTY],
    ids=lambda fault: fault.name,
)
def test_for_ever_it_ends_all_the_same(fake: FakeSecretService, secrets: Caller, operation: str, fault: Fault) -> None:
    fake.arm(fault)
    judge(OPERATIONS[operation], fake, outcome(OPERATIONS[operation], secrets))


@pytest.mark.parametrize("read", ["get", "get_many", "get_many of names"])
@pytest.mark.parametrize("fault", [Fault.GET_SECRETS_FAILS, Fault.GET_SECRETS_OMITS], ids=lambda fault: fault.name)
def test_when_many_secrets_cannot_be_had_each_is_asked_for(
    fake: FakeSecretService, secrets: Caller, read: str, fault: Fault
) -> None:
    fake.arm(fault)
    assert outcome(OPERATIONS[read], secrets) == OPERATIONS[read].right
    assert "GetSecret" in fake.calls()


def test_the_daemon_that_was_restarted_between_two_calls(fake: FakeSecretService, secrets: Caller) -> None:
    for turn in range(3):
        assert secrets.get(SERVICE, NAME) == OLD
        secrets.set(SERVICE, "more", f"turn {turn}")
        fake.restart()
        assert secrets.get_many(SERVICE, [NAME, "other"]) == {NAME: OLD, "other": OTHER}
        fake.restart()


def test_the_daemon_that_is_gone_and_comes_back(fake: FakeSecretService, secrets: Caller) -> None:
    assert secrets.get(SERVICE, NAME) == OLD
    fake.kill()
    with pytest.raises(UnavailableError):
        secrets.get(SERVICE, NAME)
    fake.restart()
    assert secrets.get(SERVICE, NAME) == OLD


@pytest.mark.parametrize("operation", ["list", "get_many"])
def test_a_locked_item_never_tells_hashes(fake: FakeSecretService, open_secrets: Open, operation: str) -> None:
    fake.arm(Fault.HASHED_ATTRIBUTES)
    fake.lock()
    with pytest.raises(InteractionNotAllowedError):
        OPERATIONS[operation].call(open_secrets("secret-service", interactive=False, timeout=10))
    told = OPERATIONS[operation].call(open_secrets("secret-service", interactive=True, timeout=10))
    assert told == OPERATIONS[operation].right


@pytest.mark.parametrize("daemon", ["kwallet"], indirect=True)
@pytest.mark.parametrize("turn", range(5))
def test_kwallets_leading_zero_never_garbles_a_value(fake: FakeSecretService, open_secrets: Open, turn: int) -> None:
    """About one session in 256 there has two different keys."""
    fake.arm(Fault.LEADING_ZERO_SHARED_KEY, times=1)
    secrets = open_secrets("secret-service", interactive=True, timeout=10)
    secrets.set(SERVICE, NAME, NEW)
    assert fake.values(SERVICE, NAME) == [NEW.encode()]
    fake.restart()
    fake.arm(Fault.LEADING_ZERO_SHARED_KEY, times=1)
    assert secrets.get(SERVICE, NAME) == NEW


@pytest.mark.parametrize("daemon", ["gnome-keyring", "kwallet"], indirect=True)  # "allow once" is not for fifty
def test_fifty_readers_of_a_daemon_that_restarts(fake: FakeSecretService, secrets: Caller) -> None:
    fill(fake)  # the same again: two items of one value, which agree

    def reader(facade: object) -> object:
        return (yield facade.get(SERVICE, NAME))

    fake.arm(Fault.RESTARTS, skip=3, times=1)
    assert secrets.together([reader] * 50) == [OLD] * 50
