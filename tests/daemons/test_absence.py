"""No daemon, no bus, a daemon that dies, comes back, or stops answering."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

import pytest

from factorywager import AsyncSecrets, Secrets
from factorywager.errors import DeadlineError, StoreError, UnavailableError
from harness.bus import Bus
from harness.caller import Caller
from harness.gnome_keyring import GnomeKeyring
from harness.process import eventually
from harness.timing import DEADLINE, GRACE, under

from .verbs import SERVICE, VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_no_daemon_from_the_start(bus: Bus, secrets: Caller, verb: str) -> None:
    with under(1), pytest.raises(UnavailableError):
        VERBS[verb][0](secrets)


def test_a_daemon_that_starts_later_is_found(keyring: GnomeKeyring, secrets: Caller) -> None:
    with pytest.raises(UnavailableError):
        secrets.set(SERVICE, "token", "one")
    keyring.start()
    secrets.set(SERVICE, "token", "one")
    assert secrets.get(SERVICE, "token") == "one"


def test_a_daemon_replaced_during_a_call_still_answers_it(filled: GnomeKeyring, secrets: Caller) -> None:
    """Between the failure and the retry there may be a new daemon: then the caller never hears of it."""
    secrets.get(SERVICE, "token")
    filled.freeze()
    restarter = threading.Timer(0.3, filled.restart)
    restarter.start()
    try:
        value = secrets.get(SERVICE, "token")
    except UnavailableError:
        value = "one"  # nobody was there yet when it asked again
    restarter.join()
    assert value == "one"
    assert secrets.get(SERVICE, "token") == "one"


def test_what_was_acknowledged_outlives_kills_under_load(filled: GnomeKeyring, secrets: Caller) -> None:
    """Writers go on while the daemon is killed and started again; no acknowledged value may be missing after."""
    acknowledged: dict[str, str] = {}
    unexpected: list[BaseException] = []
    over = threading.Event()

    def write(number: int) -> None:
        mine = Secrets("secret-service", interactive=False, timeout=10)
        turn = 0
        while not over.is_set():
            name, value = f"writer{number}-{turn % 7}", f"turn {turn}"
            turn += 1
            # until it is acknowledged, either value may be the stored one
            acknowledged.pop(name, None)
            try:
                mine.set(SERVICE, name, value)
            except UnavailableError:
                over.wait(0.01)
                continue
            except BaseException as error:
                unexpected.append(error)
                return
            acknowledged[name] = value
        mine.close()

    writers = [threading.Thread(target=write, args=(number,), daemon=True) for number in range(3)]
    for writer in writers:
        writer.start()
    for _ in range(3):
        enough = len(acknowledged)
        eventually(lambda: len(acknowledged) > 3 or len(acknowledged) > enough, "the writers write")  # noqa: B023
        filled.restart()
    over.set()
    for writer in writers:
        writer.join(20)
        assert not writer.is_alive()
    assert unexpected == []
    assert acknowledged
    stored = secrets.get_many(SERVICE)
    assert {name: stored.get(name) for name in acknowledged} == acknowledged


# --- stopped ------------------------------------------------------------------------------------------


def test_a_daemon_stopped_before_the_first_call(filled: GnomeKeyring, open_secrets: Callable[..., Caller]) -> None:
    hasty = open_secrets("secret-service", interactive=False, timeout=DEADLINE)
    filled.freeze()
    with under(DEADLINE + GRACE), pytest.raises(DeadlineError):
        hasty.get(SERVICE, "token")
    filled.thaw()
    assert hasty.get(SERVICE, "token") == "one"


def test_fifty_calls_to_a_stopped_daemon_all_end_at_their_deadline(
    filled: GnomeKeyring, open_secrets: Callable[..., Caller]
) -> None:
    hasty = open_secrets("secret-service", interactive=False, timeout=DEADLINE)
    hasty.get(SERVICE, "token")
    filled.freeze()

    def reader(facade):
        try:
            return (yield facade.get(SERVICE, "token"))
        except DeadlineError as error:
            return error.code

    with under(DEADLINE + GRACE + 1):  # fifty threads on two cores
        assert hasty.together([reader] * 50) == ["ERR_SECRETS_TIMEOUT"] * 50
    filled.thaw()
    assert hasty.get(SERVICE, "token") == "one"


@pytest.mark.parametrize("hurried_first", [True, False])
def test_a_reader_in_a_hurry_does_not_fail_the_patient_ones(
    filled: GnomeKeyring, open_secrets: Callable[..., Caller], hurried_first: bool
) -> None:
    """Readers of one entry share what goes over the wire, and nothing of their deadlines."""
    from factorywager.stores.secret_service.store import SecretServiceStore

    store = SecretServiceStore()
    hasty = open_secrets(store, interactive=False, timeout=DEADLINE)
    assert hasty.get(SERVICE, "token") == "one"
    given_up = threading.Event()

    def hurried(facade):
        try:
            return (yield facade.get(SERVICE, "token"))
        except DeadlineError as error:
            return error.code
        finally:
            given_up.set()

    def unhurried(facade):
        return (yield type(facade)(store, interactive=False, timeout=20).get(SERVICE, "token"))

    def thaw() -> None:
        given_up.wait(10)
        filled.thaw()

    filled.freeze()
    thawer = threading.Thread(target=thaw, daemon=True)
    thawer.start()
    chains = [hurried, *[unhurried] * 5] if hurried_first else [*[unhurried] * 5, hurried]
    with under(10):
        outcomes = hasty.together(chains)
    thawer.join(10)
    assert sorted(outcomes) == ["ERR_SECRETS_TIMEOUT", *["one"] * 5]


def test_a_stopped_bus_ends_at_the_deadline_too(
    filled: GnomeKeyring, bus: Bus, open_secrets: Callable[..., Caller]
) -> None:
    hasty = open_secrets("secret-service", interactive=False, timeout=DEADLINE)
    assert hasty.get(SERVICE, "token") == "one"
    fresh = open_secrets("secret-service", interactive=False, timeout=DEADLINE)
    bus.freeze()
    try:
        for one in (hasty, fresh):
            with under(DEADLINE + GRACE), pytest.raises(DeadlineError):
                one.get(SERVICE, "token")
        # more than a socket's buffers take, so that writing has to wait as well
        with under(DEADLINE + GRACE), pytest.raises(DeadlineError):
            hasty.set(SERVICE, "large", "x" * 4_000_000)
    finally:
        bus.thaw()
    assert hasty.get(SERVICE, "token") == "one"


def test_a_deadline_covers_all_steps_together(filled: GnomeKeyring, open_secrets: Callable[..., Caller]) -> None:
    """A daemon that answers each step just in time must not stretch the operation step by step."""
    hasty = open_secrets("secret-service", interactive=False, timeout=DEADLINE)
    hasty.get(SERVICE, "token")
    over = threading.Event()

    def stutter() -> None:
        while not over.is_set():
            filled.freeze()
            over.wait(DEADLINE * 0.7)
            filled.thaw()
            over.wait(0.002)

    stutterer = threading.Thread(target=stutter, daemon=True)
    stutterer.start()
    try:
        for _ in range(3):
            with under(DEADLINE + GRACE):
                with contextlib.suppress(DeadlineError):
                    hasty.get_or_create(SERVICE, "stuttered", lambda: "value")
    finally:
        over.set()
        stutterer.join(10)
        filled.thaw()


# --- no bus -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [None, "unix:path=/nonexistent/bus", "unix:abstract=factorywager-nobody", "tcp:host=localhost,port=1", "nonsense"],
)
@pytest.mark.parametrize("verb", ["get", "set", "list"])
def test_no_session_bus(
    address: str | None, verb: str, open_secrets: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    if address is not None:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with under(1), pytest.raises(UnavailableError) as caught:
        VERBS[verb][0](open_secrets("secret-service"))
    assert caught.value.hint


def test_a_bus_that_dies(filled: GnomeKeyring, bus: Bus, secrets: Caller) -> None:
    assert secrets.get(SERVICE, "token") == "one"
    bus.kill()
    for _ in range(2):
        with under(2), pytest.raises(UnavailableError):
            secrets.get(SERVICE, "token")


def test_a_bus_that_hangs_up_during_the_call(filled: GnomeKeyring, bus: Bus, secrets: Caller) -> None:
    secrets.get(SERVICE, "token")
    filled.freeze()
    killer = threading.Timer(0.3, bus.kill)
    killer.start()
    with under(5), pytest.raises(UnavailableError):
        secrets.get(SERVICE, "token")
    killer.join()


# --- tasks --------------------------------------------------------------------------------------------


def test_a_canceled_task_leaves_the_connection_usable(filled: GnomeKeyring) -> None:
    async def main() -> list[str | None]:
        secrets = AsyncSecrets("secret-service", interactive=False, timeout=20)
        await secrets.get(SERVICE, "token")
        filled.freeze()
        tasks = [asyncio.ensure_future(secrets.get(SERVICE, "token")) for _ in range(10)]
        for _ in range(10):
            await asyncio.sleep(0)  # each has sent its call
        for task in tasks[::2]:
            task.cancel()
        filled.thaw()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [True, False] * 5
        values = [*outcomes[1::2], await secrets.get(SERVICE, "token")]
        await secrets.aclose()
        return values

    assert asyncio.run(main()) == ["one"] * 6


def test_wait_for_bounds_a_call_from_outside(filled: GnomeKeyring) -> None:
    async def main() -> str | None:
        secrets = AsyncSecrets("secret-service", interactive=False, timeout=20)
        await secrets.get(SERVICE, "token")
        filled.freeze()
        with under(2), pytest.raises(TimeoutError):
            await asyncio.wait_for(secrets.get(SERVICE, "token"), 0.2)
        filled.thaw()
        value = await secrets.get(SERVICE, "token")
        await secrets.aclose()
        return value

    assert asyncio.run(main()) == "one"


def test_watch_ends_when_the_daemon_goes(filled: GnomeKeyring, secrets: Caller) -> None:
    outcome: list[object] = []

    def follow() -> None:
        try:
            for change in Secrets("secret-service").watch(SERVICE):
                outcome.append(change)
        except StoreError as error:
            outcome.append(error.code)

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()

    def told() -> bool:
        secrets.set(SERVICE, "probe", str(len(outcome)))
        return bool(outcome)

    eventually(told, "the watch is on")
    filled.kill()
    follower.join(10)
    assert not follower.is_alive()
    assert outcome[-1] == "ERR_SECRETS_STORE_UNAVAILABLE"
