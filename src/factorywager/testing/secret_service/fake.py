"""`FakeSecretService`: a Secret Service that does what it is told, on a private bus of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from .bus import MessageBus
from .daemon import Daemon
from .faults import Fault, Faults
from .keyring import LOGIN, Item, Keyring
from .personality import GNOME_KEYRING, Personality
from .prompts import User
from .server import Server

# Bun's entries on Linux: how every program that shares them finds them.
_SCHEMA = "com.oven-sh.bun.Secret"


class FakeSecretService:
    """A double of a Secret Service daemon and of the bus it is on, in a thread of this process.

    It is started by ``with``; whatever connects to `address` then finds an unlocked keyring without items.

    Args:
        personality: whose ways it has: `GNOME_KEYRING`, `KWALLET`, `KEEPASSXC`.

    Attributes:
        keyring: what it holds; it survives the daemon's restarts.
        dialogs: what a user would have seen, a line for each.
    """

    def __init__(self, personality: Personality = GNOME_KEYRING) -> None:
        self.personality = personality
        self.keyring = Keyring()
        self.dialogs: list[str] = []
        self._user = User.AGREES
        self._faults = Faults()
        self._lock = threading.RLock()
        self._stand_in: subprocess.Popen[bytes] | None = None
        self._directory: Path | None = None
        self._server: Server | None = None
        self.bus = MessageBus(self._make_daemon, self._process, self._faults)

    def __enter__(self) -> FakeSecretService:
        self._directory = Path(tempfile.mkdtemp(prefix="fw-fake-"))  # short: a socket's path may have 107 bytes
        self.bus.start()
        self._server = Server(self.bus, str(self._directory / "bus"), self._lock)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._server is not None:
            self._server.close()
        if self._stand_in is not None:
            self._stand_in.communicate()  # it ends with its input
        if self._directory is not None:
            shutil.rmtree(self._directory)

    @property
    def address(self) -> str:
        """For ``DBUS_SESSION_BUS_ADDRESS``."""
        return f"unix:path={self._directory}/bus"

    # --- what goes wrong ----------------------------------------------------------------------

    def arm(self, fault: Fault, member: str | None = None, *, skip: int = 0, times: int | None = None) -> None:
        """Switch a fault on; see `Faults.arm`.  ``member`` counts for what happens to a call as a whole."""
        with self._lock:
            self._faults.arm(fault, member, skip=skip, times=times)

    def reset(self, personality: Personality | None = None) -> None:
        """As new: no faults, an agreeing user, an empty keyring, a new daemon; connections stay."""
        with self._lock:
            self.disarm()
            self.user = User.AGREES
            self.keyring = Keyring()
            self.dialogs.clear()
            if personality is not None:
                self.personality = personality
                self._end_stand_in()
            self.bus.activates = True
            self.restart()
            self.bus.calls.clear()

    def disarm(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._faults.disarm()

    @property
    def user(self) -> User:
        """Who sits before the screen."""
        return self._user

    @user.setter
    def user(self, user: User) -> None:
        with self._lock:
            self._user = user
            if self.bus.daemon is not None:
                self.bus.daemon.prompts.user = user

    # --- the daemon's life --------------------------------------------------------------------

    def kill(self, *, activates: bool = False) -> None:
        """End the daemon; with ``activates`` the next call to it starts another."""
        with self._lock:
            self.bus.activates = activates
            self.bus.kill()
        self._nudge()

    def restart(self) -> None:
        """End the daemon and start another, with the same keyring and without the sessions."""
        with self._lock:
            self.bus.kill()
            self.bus.start()
        self._nudge()

    def calls(self) -> list[str]:
        """The methods that were called on the service so far, in order."""
        with self._lock:
            return list(self.bus.calls)

    # --- what it holds ------------------------------------------------------------------------

    def put(self, service: str, name: str, value: bytes) -> Item:
        """An entry as Bun writes it, stored behind every client's back."""
        with self._lock:
            attributes = {"xdg:schema": _SCHEMA, "service": service, "account": name}
            return self.keyring.add(self.keyring.collections[LOGIN], attributes, value, f"{service}/{name}")

    def values(self, service: str, name: str) -> list[bytes]:
        """The values of all items that are this entry."""
        wanted = {"xdg:schema": _SCHEMA, "service": service, "account": name}
        with self._lock:
            return [item.value for _, item in self.keyring.items() if item.matches(wanted)]

    def lock(self, locked: bool = True) -> None:
        """Lock every collection, or unlock them without a prompt."""
        with self._lock:
            for collection in self.keyring.collections.values():
                collection.locked = locked

    # --- within -------------------------------------------------------------------------------

    def _make_daemon(self, name: str) -> Daemon:
        return Daemon(name, self.personality, self.keyring, self._faults, self._user, self.dialogs)

    def _process(self) -> int:
        """A process of the daemon's name, for clients that look at who it is; it does nothing."""
        if self._stand_in is None:
            assert self._directory is not None
            program = self._directory / self.personality.program
            if not program.exists():
                program.symlink_to(shutil.which("cat") or os.devnull)
            self._stand_in = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)  # noqa: S603 - cat
        return self._stand_in.pid

    def _end_stand_in(self) -> None:
        if self._stand_in is not None:
            self._stand_in.communicate()
            self._stand_in = None

    def _nudge(self) -> None:
        if self._server is not None:
            self._server.nudge()
