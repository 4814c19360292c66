"""Each daemon, killed and started again under load: what may be lost, what may not, and that its clients recover.

GNOME Keyring writes its file before it answers.  KWallet and KeePassXC write theirs a moment after, so that a kill
takes with it what they have acknowledged within that moment, whichever client asks; never what was in the file.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from factorywager import Secrets
from factorywager.errors import (
    CorruptError,
    DeadlineError,
    InteractionNotAllowedError,
    LockedError,
    PlatformError,
    UnavailableError,
)
from harness.bus import Bus
from harness.caller import FACADES, close_caller, make_caller
from harness.daemon import Daemon
from harness.gnome_keyring import GnomeKeyring
from harness.keepassxc import KeePassXC
from harness.kwallet import KWallet
from harness.process import eventually
from harness.raw_service import RawService, bun_attributes
from harness.timing import GRACE

from .verbs import SERVICE

SETTLED = f"{SERVICE}.settled"
TIMEOUT = 10.0  # seconds; of every call
WRITERS, NAMES = 3, 7

# KeePassXC takes most of a second to start: 60 are a minute, the 200 are for those who set the variable.
KILLS = {GnomeKeyring: 200, KWallet: 200, KeePassXC: int(os.environ.get("KILLS_OF_KEEPASSXC", "60"))}

# Away, not unlocked again yet, or replaced twice during one call (PlatformError), a daemon acknowledges nothing.
NOT_ACKNOWLEDGED = (UnavailableError, LockedError, InteractionNotAllowedError, DeadlineError, PlatformError)


@pytest.fixture(
    params=[GnomeKeyring, KWallet, partial(KeePassXC, autosave=True)], ids=["gnome", "kwallet", "keepassxc"]
)
def daemon(request: pytest.FixtureRequest, bus: Bus) -> Iterator[Daemon]:
    daemon: Daemon = request.param(bus).start()
    yield daemon
    daemon.stop()


class Writer(threading.Thread):
    """Replaces its entries in turn, with one client all along, and notes what was acknowledged.

    Attributes:
        acknowledged: by name, the value that is stored, if nothing went wrong since.
        written: by name, every value that may ever be stored.
        count: how many writes were acknowledged.
        longest: seconds that the slowest call took.
        unexpected: what ended it, if anything.
    """

    def __init__(self, number: int, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.names = [f"writer{number}-{turn}" for turn in range(NAMES)]
        self.acknowledged: dict[str, str] = {}
        self.written: dict[str, set[str]] = {name: set() for name in self.names}
        self.count = 0
        self.longest = 0.0
        self.unexpected: BaseException | None = None
        self._over = over
        facade = FACADES[number % len(FACADES)]
        self._secrets = make_caller(facade, "Secrets", "secret-service", interactive=False, timeout=TIMEOUT)

    def run(self) -> None:
        turn = 0
        try:
            while not self._over.is_set():
                self.write(self.names[turn % NAMES], f"turn {turn} " + "x" * (turn % 500))
                turn += 1
        except BaseException as error:
            self.unexpected = error

    def write(self, name: str, value: str) -> None:
        self.acknowledged.pop(name, None)  # until it is acknowledged, either value may be the stored one
        self.written[name].add(value)
        began = time.monotonic()
        try:
            self._secrets.set(SERVICE, name, value)
        except NOT_ACKNOWLEDGED:
            self._over.wait(0.01)
        else:
            self.acknowledged[name] = value
            self.count += 1
        finally:
            self.longest = max(self.longest, time.monotonic() - began)

    def close(self) -> None:
        close_caller(self._secrets)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_hundreds_of_kills_under_load(daemon: Daemon) -> None:
    secrets = Secrets("secret-service", interactive=False, timeout=TIMEOUT)
    settled = {f"entry{number}": f"in the file {number}" for number in range(10)}
    secrets.set_many(SETTLED, settled)
    daemon.save()

    over = threading.Event()
    writers = [Writer(number, over) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for _ in range(KILLS[type(daemon)]):
        before = [writer.count for writer in writers]
        eventually(
            lambda: (
                not daemon.alive  # KeePassXC crashes by itself now and then, which is one kill more
                or any(writer.count > count for writer, count in zip(writers, before, strict=True))  # noqa: B023
            ),
            "the clients that have been there from the start write again",
        )
        daemon.restart()
    over.set()
    for writer in writers:
        writer.join(TIMEOUT + GRACE)
        assert not writer.is_alive()
        assert writer.unexpected is None
        assert writer.longest < TIMEOUT + GRACE

    assert secrets.get_many(SETTLED) == settled
    _judge(daemon, secrets, writers)

    for writer in writers:  # the same clients, once the daemon is left alone
        for name in writer.names:
            writer.write(name, f"last {name}")
        assert writer.acknowledged == {name: f"last {name}" for name in writer.names}
        writer.close()
    stored = secrets.get_many(SERVICE)
    assert stored == {name: value for writer in writers for name, value in writer.acknowledged.items()}
    secrets.close()


def _judge(daemon: Daemon, secrets: Secrets, writers: list[Writer]) -> None:
    """GNOME Keyring holds what it acknowledged; the others one of what was written, whole, or nothing."""
    found: dict[str, str | None] = {}
    lost: list[str] = []
    with daemon.raw() as raw:
        for writer in writers:
            for name in writer.names:
                try:
                    found[name] = secrets.get(SERVICE, name)
                    assert found[name] is None or found[name] in writer.written[name]
                except CorruptError:
                    found[name] = ""
                assert found[name] == _seen_by_another_client(raw, name)
                if name in writer.acknowledged and found[name] != writer.acknowledged[name]:
                    lost.append(name)
    if isinstance(daemon, GnomeKeyring):
        assert lost == []


def _seen_by_another_client(raw: RawService, name: str) -> str | None:
    """Empty where the daemon has kept the item and lost its value."""
    items = raw.search(bun_attributes(SERVICE, name))
    return raw.value(items[0]).decode() if items else None
