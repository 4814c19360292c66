"""Every verb against every daemon in trouble: restarted, killed, stopped, locked; all end in time, and all recover."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from factorywager.errors import (
    DeadlineError,
    InteractionNotAllowedError,
    LockedError,
    StoreError,
    UnavailableError,
)
from harness.bus import Bus
from harness.caller import Caller, in_threads
from harness.daemon import Daemon
from harness.gnome_keyring import GnomeKeyring
from harness.keepassxc import KeePassXC
from harness.kwallet import KWallet
from harness.prompter import Prompter
from harness.raw_service import bun_attributes
from harness.timing import DEADLINE, GRACE

from .verbs import SERVICE, VERBS, every_verb_on

pytestmark = pytest.mark.filterwarnings("ignore::factorywager.errors.UnreadableWarning")  # what safe_get says

SOON = 5.0  # seconds; for what ends without its deadline, with all verbs at once on a busy machine
PATIENT = 20.0

# A service for each verb: they run at the same time and must not meet.
ALL = {verb: f"{SERVICE}.{number}" for number, verb in enumerate(every_verb_on(SERVICE))}


@pytest.fixture(scope="module", params=[GnomeKeyring, KWallet, KeePassXC], ids=lambda kind: kind.__name__)
def running(request: pytest.FixtureRequest) -> Iterator[Daemon]:
    """One of each for all tests here."""
    bus = Bus()
    daemon: Daemon = request.param(bus).start()
    yield daemon
    daemon.stop()
    bus.stop()


@pytest.fixture
def daemon(running: Daemon, own_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """Unlocked, with ``token`` = ``one`` in each verb's service, and that in its file."""
    if not running.alive:
        running.start()
    running.bus.enter(monkeypatch)
    with running.raw() as raw:
        for service in ALL.values():
            # KeePassXC asks before it replaces what another connection created; it has not lost a value yet.
            if not (isinstance(running, KeePassXC) and raw.search(bun_attributes(service, "token"))):
                raw.create(bun_attributes(service, "token"), b"one", label=f"{service}/token", replace=True)
    running.save()
    yield running
    if running.alive:
        running.thaw()


class Crowd:
    """Every verb at once, each by a client of its own that has been connected before."""

    def __init__(self, open_secrets: Callable[..., Caller], *, interactive: bool = True) -> None:
        self._verbs = {verb: every_verb_on(service)[verb] for verb, service in ALL.items()}
        self._callers = {
            verb: open_secrets("secret-service", interactive=interactive, timeout=PATIENT) for verb in self._verbs
        }
        for verb, caller in self._callers.items():
            assert caller.get(ALL[verb], "token") == "one"

    @property
    def right(self) -> dict[str, Any]:
        """What each gives when all is well."""
        return {verb: expected for verb, (_, expected) in self._verbs.items()}

    def failing(self, kind: type[StoreError]) -> dict[str, Any]:
        """What each gives when all fail."""
        return {verb: None if verb == "safe_get" else kind for verb in self._verbs}

    def call(self, *, timeout: float = PATIENT, within: float) -> dict[str, Any]:
        """What each gives, or the class of its error; each must end within so many seconds."""
        for caller in self._callers.values():
            caller.wrapped.operations.timeout = timeout
        outcomes = in_threads([partial(self._one, verb, within) for verb in self._verbs])
        return dict(zip(self._verbs, outcomes, strict=True))

    def _one(self, verb: str, within: float) -> Any:
        call, _ = self._verbs[verb]
        began = time.monotonic()
        try:
            outcome = call(self._callers[verb])
        except StoreError as error:
            outcome = type(error)
        took = time.monotonic() - began
        return outcome if took < within else f"took {took:.1f} s"


@pytest.fixture
def crowd(daemon: Daemon, open_secrets: Callable[..., Caller]) -> Crowd:
    return Crowd(open_secrets)


def test_restarted_between_calls_it_is_not_noticed(daemon: Daemon, crowd: Crowd) -> None:
    daemon.restart()
    assert crowd.call(within=SOON) == crowd.right


def test_gone_it_is_unavailable_and_back_when_it_is_back(daemon: Daemon, crowd: Crowd) -> None:
    daemon.kill()
    for _ in range(2):
        assert crowd.call(within=SOON) == crowd.failing(UnavailableError)
    daemon.start()
    assert crowd.call(within=PATIENT) == crowd.right


def test_killed_during_the_calls_it_fails_them_soon(daemon: Daemon, crowd: Crowd) -> None:
    daemon.freeze()  # the calls are under way for as long as the daemon does not read them
    killer = threading.Timer(0.3, daemon.kill)
    killer.start()
    assert crowd.call(within=SOON) == crowd.failing(UnavailableError)
    killer.join()
    daemon.start()
    assert crowd.call(within=PATIENT) == crowd.right


def test_replaced_during_the_calls_it_answers_or_fails_them_in_time(daemon: Daemon, crowd: Crowd) -> None:
    """Who asks again finds nobody, a new daemon that is still locked, or the right answer; never a wrong one."""
    daemon.freeze()
    restarter = threading.Timer(0.3, daemon.restart)
    restarter.start()
    outcomes = crowd.call(timeout=SOON, within=SOON + GRACE)
    restarter.join()
    passing = (UnavailableError, LockedError, DeadlineError)
    for verb, right in crowd.right.items():
        assert outcomes[verb] in (right, *passing) or (verb == "safe_get" and outcomes[verb] is None), verb
    daemon.unlock_without_prompt()
    recovered = crowd.call(within=PATIENT)
    if outcomes["delete"] is not UnavailableError:
        recovered["delete"] = True  # it may have happened already
    assert recovered == crowd.right


def test_stopped_it_ends_every_verb_at_its_deadline(daemon: Daemon, crowd: Crowd) -> None:
    daemon.freeze()
    assert crowd.call(timeout=DEADLINE, within=DEADLINE + GRACE) == crowd.failing(DeadlineError)
    daemon.thaw()
    again = crowd.call(within=PATIENT)
    # what was asked before the deadline is still in the daemon's queue, and may be carried out
    assert again.pop("delete") in (True, False)
    assert again.items() <= crowd.right.items()


def test_locked_it_says_so_at_once_to_a_program_that_may_not_prompt(
    daemon: Daemon, open_secrets: Callable[..., Caller]
) -> None:
    """KeePassXC finds nothing in a locked database, and its search blocks: neither reaches the caller."""
    crowd = Crowd(open_secrets, interactive=False)
    daemon.lock()
    outcomes = crowd.call(within=SOON)
    daemon.unlock_without_prompt()
    refused = crowd.failing(InteractionNotAllowedError)
    assert {verb: outcomes[verb] for verb in VERBS} == {verb: refused[verb] for verb in VERBS}
    assert outcomes["safe_get"] is None
    for verb in ("exists", "watch"):  # GNOME Keyring tells what there is without being opened
        assert outcomes[verb] in (refused[verb], crowd.right[verb])


def test_a_prompt_nobody_answers_ends_at_the_deadline(daemon: Daemon, crowd: Crowd) -> None:
    dialog = Prompter(daemon.bus, "hang") if isinstance(daemon, GnomeKeyring) else None
    daemon.lock()
    outcomes = crowd.call(timeout=DEADLINE, within=DEADLINE + GRACE)
    assert daemon.alive
    daemon.kill()  # with the dialogs that it still shows
    if dialog is not None:
        dialog.stop()
    late = crowd.failing(DeadlineError)
    assert {verb: outcomes[verb] for verb in VERBS} == {verb: late[verb] for verb in VERBS}
    assert outcomes["safe_get"] is None
    for verb in ("exists", "watch"):
        assert outcomes[verb] in (late[verb], crowd.right[verb])
    daemon.start()
    assert crowd.call(within=PATIENT) == crowd.right
