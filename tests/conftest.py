"""What every test gets: an environment of its own, and a rule that in CI nothing is skipped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

from harness.bus import Bus
from harness.caller import FACADES, Caller, callers
from harness.crashes import crashed_since, crashes, shared
from harness.daemon import Daemon
from harness.gnome_keyring import GnomeKeyring
from harness.keepassxc import KeePassXC
from harness.keychain import KeychainDouble, compile_double
from harness.kwallet import KWallet
from harness.prompter import Prompter

# Stores take milliseconds and machines are shared: how long one example takes says nothing about it.
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("house")

if os.environ.get("WINEPREFIX") and sys.platform == "win32":
    # Wine 8 loses a wake-up of the proactor loop now and then: the loop sleeps on until its next timer, 30 s away.
    asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())

# A run that is told to end (`timeout`, a CI system) stops the daemons it started, as after Ctrl-C.
signal.signal(signal.SIGTERM, signal.default_int_handler)

# Skips are for machines that lack a part.  CI installs them all (`.ci/run`), so there a skip hides a failure.
_EVERY_PART_IS_HERE = os.environ.get("CI", "").lower() in ("1", "true") and sys.platform.startswith("linux")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-pages", action="store_true", help="write what was seen into docs/interop.md")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Runs a test again, twice at most, when it failed because a real program crashed under it, and says so."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    tries = 1 if item.get_closest_marker("survives") else 3
    for turn in range(tries):
        before = len(crashes)
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        if not (any(report.failed for report in reports) and crashed_since(before)) or turn == tries - 1:
            break
        warnings.warn(f"{item.nodeid} runs once more: {crashes[-1]}", stacklevel=1)
        item._initrequest()
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    return _no_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    return _no_skip((yield))


def _no_skip(report: Any) -> Any:
    if _EVERY_PART_IS_HERE and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and in CI nothing may be: {report.longrepr}"
    return report


# What tells programs of a bus, a screen, or where they run (stores/surroundings.py).
_OF_THE_MACHINE = frozenset(
    {
        "CI",
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "INVOCATION_ID",
        "KUBERNETES_SERVICE_HOST",
        "WAYLAND_DISPLAY",
        "WSL_DISTRO_NAME",
        "container",
    }
)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees, or writes to, the developer's own bus, vault or settings."""
    for name in list(os.environ):
        if name.startswith(("FACTORYWAGER_", "SSH_")) or name in _OF_THE_MACHINE:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    runtime = home / "run"
    runtime.mkdir(0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("FACTORYWAGER_HOME", str(home / "factorywager"))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def bus(own_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    """A private bus that is this process's session bus, with nobody on it."""
    bus = Bus()
    bus.enter(monkeypatch)
    yield bus
    bus.stop()


@pytest.fixture
def keyring(bus: Bus) -> Iterator[GnomeKeyring]:
    """GNOME Keyring, not started yet."""
    keyring = GnomeKeyring(bus)
    yield keyring
    keyring.stop()


@pytest.fixture
def prompter(bus: Bus) -> Iterator[Callable[..., Prompter]]:
    """Puts a double of the dialog on the bus: ``prompter("dismiss")``."""
    started: list[Prompter] = []

    def start(*answers: str) -> Prompter:
        started.append(Prompter(bus, *answers))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def shared_keyring() -> Iterator[Daemon]:
    """One unlocked GNOME Keyring for all tests that only store and read; each uses a service of its own."""
    yield from _shared(GnomeKeyring)


@pytest.fixture(scope="session")
def shared_kwallet() -> Iterator[Daemon]:
    """The same with KWallet."""
    yield from _shared(KWallet)


@pytest.fixture(scope="session")
def shared_keepassxc() -> Iterator[Daemon]:
    """The same with KeePassXC."""
    yield from _shared(KeePassXC)


def _shared(make: Callable[[Bus], Daemon]) -> Iterator[Daemon]:
    bus = Bus()
    daemon = make(bus).start()
    shared.append(daemon)
    yield daemon
    shared.remove(daemon)
    daemon.stop()
    bus.stop()


@pytest.fixture(scope="session")
def keychain_libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The double of macOS's libraries, compiled once."""
    return compile_double(tmp_path_factory.mktemp("libraries"))


@pytest.fixture
def keychain(keychain_libraries: Path, tmp_path: Path) -> Iterator[KeychainDouble]:
    """A double of the macOS Keychain; at the test's end every object is released, and every secret wiped."""
    keychain = KeychainDouble(keychain_libraries, tmp_path / "keychain")
    yield keychain
    keychain.stop()


@pytest.fixture(scope="session")
def prepared_vaults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where vaults are that several tests use, each with a service of its own."""
    return tmp_path_factory.mktemp("vaults")


@pytest.fixture(params=FACADES)
def facade(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def open_secrets(facade: str) -> Iterator[Callable[..., Caller]]:
    """Makes facade objects of the facade under test: ``open_secrets("memory", timeout=1)``."""
    with callers(facade) as start:
        yield start
