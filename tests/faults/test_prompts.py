"""Locks and prompts: each way a prompt may end, for each operation, on each daemon's ways; never "missing"."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from factorywager.errors import CanceledError, DeadlineError, InteractionNotAllowedError, StoreError
from factorywager.testing import FakeSecretService, Fault, User
from factorywager.testing.secret_service import KEEPASSXC
from harness.caller import Caller
from harness.timing import DEADLINE, GRACE, under

from .operations import NAME, NEW, OPERATIONS, SERVICE, judge, outcome

Open = Callable[..., Caller]

ANSWERED = (User.AGREES, User.IS_NOT_ASKED, User.IS_FASTER)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("user", ANSWERED, ids=lambda user: user.name)
def test_an_answered_prompt_leads_to_the_right_answer(
    fake: FakeSecretService, open_secrets: Open, operation: str, user: User
) -> None:
    """Also one that completes silently, or before the daemon has said that it shows it."""
    fake.lock()
    fake.user = user
    result = outcome(OPERATIONS[operation], open_secrets("secret-service", interactive=True, timeout=10))
    judge(OPERATIONS[operation], fake, result)
    assert not isinstance(result, StoreError), result


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_dismissed_prompt_is_its_own_error(fake: FakeSecretService, open_secrets: Open, operation: str) -> None:
    fake.lock()
    fake.user = User.DISMISSES
    secrets = open_secrets("secret-service", interactive=True, timeout=10)
    for _ in range(2):
        result = outcome(OPERATIONS[operation], secrets)
        judge(OPERATIONS[operation], fake, result)
        assert isinstance(result, CanceledError) or result == OPERATIONS[operation].right
    assert len(fake.dialogs) <= 1  # the second time falls into the cool-down


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_prompt_that_nobody_answers_ends_at_the_deadline(
    fake: FakeSecretService, open_secrets: Open, operation: str
) -> None:
    fake.lock()
    fake.user = User.IS_AWAY
    secrets = open_secrets("secret-service", interactive=True, timeout=DEADLINE / 4)
    with under(DEADLINE / 4 + GRACE):
        result = outcome(OPERATIONS[operation], secrets)
    judge(OPERATIONS[operation], fake, result)
    assert isinstance(result, DeadlineError) or result == OPERATIONS[operation].right


@pytest.mark.parametrize("operation", OPERATIONS)
def test_without_leave_to_prompt_nothing_is_shown(fake: FakeSecretService, open_secrets: Open, operation: str) -> None:
    fake.lock()
    result = outcome(OPERATIONS[operation], open_secrets("secret-service", interactive=False, timeout=10))
    judge(OPERATIONS[operation], fake, result)
    assert isinstance(result, InteractionNotAllowedError) or result == OPERATIONS[operation].right
    assert fake.dialogs == []


@pytest.mark.parametrize("user", User, ids=lambda user: user.name)
@pytest.mark.parametrize("absent", ["get", "delete", "exists", "get_many"])
def test_an_absent_entry_of_a_locked_store_is_missing_only_once_it_was_looked_for(
    fake: FakeSecretService, open_secrets: Open, user: User, absent: str
) -> None:
    fake.lock()
    fake.user = user
    secrets = open_secrets("secret-service", interactive=True, timeout=DEADLINE / 4 if user is User.IS_AWAY else 10)
    calls: dict[str, tuple[Callable[[], object], object]] = {
        "get": (lambda: secrets.get(SERVICE, "absent"), None),
        "delete": (lambda: secrets.delete(SERVICE, "absent"), False),
        "exists": (lambda: secrets.exists(SERVICE, "absent"), False),
        "get_many": (lambda: secrets.get_many(SERVICE, ["absent"]), {}),
    }
    call, missing = calls[absent]
    if user in ANSWERED:
        assert call() == missing
    else:
        with pytest.raises(CanceledError if user is User.DISMISSES else DeadlineError):
            call()


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("user", User, ids=lambda user: user.name)
def test_a_prompt_for_everything(fake: FakeSecretService, open_secrets: Open, operation: str, user: User) -> None:
    """As KeePassXC: creating and deleting too go by a prompt."""
    fake.arm(Fault.PROMPTS)
    fake.user = user
    limit = DEADLINE / 4 if user is User.IS_AWAY else 10
    with under(limit + GRACE):
        result = outcome(OPERATIONS[operation], open_secrets("secret-service", interactive=True, timeout=limit))
    judge(OPERATIONS[operation], fake, result)
    if user in ANSWERED:
        assert not isinstance(result, StoreError), result


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_daemon_that_says_it_unlocked_and_did_not(
    fake: FakeSecretService, open_secrets: Open, operation: str
) -> None:
    fake.lock()
    fake.arm(Fault.STAYS_LOCKED)
    with under(DEADLINE + GRACE):
        result = outcome(OPERATIONS[operation], open_secrets("secret-service", interactive=True, timeout=DEADLINE))
    judge(OPERATIONS[operation], fake, result)


def test_allow_once_permits_one_read_each_time(fake: FakeSecretService, open_secrets: Open) -> None:
    fake.arm(Fault.ITEM_LOCKS)
    secrets = open_secrets("secret-service", interactive=True, timeout=10)
    for times in (1, 2, 3):
        assert secrets.get(SERVICE, NAME) == "made-up-old-value"
        assert fake.dialogs == ["unlock"] * times


@pytest.mark.parametrize("daemon", ["keepassxc"], indirect=True)
def test_a_missing_default_alias_is_no_reason_to_make_a_database(fake: FakeSecretService, open_secrets: Open) -> None:
    assert fake.personality is KEEPASSXC
    fake.arm(Fault.NO_DEFAULT_ALIAS)
    secrets = open_secrets("secret-service", interactive=True, timeout=10)
    secrets.set(SERVICE, NAME, NEW)
    assert fake.values(SERVICE, NAME) == [NEW.encode()]
    assert len(fake.keyring.collections) == 1
    assert "create a collection" not in fake.dialogs
