"""`GnomeKeyring`: the real daemon on a private bus, started, locked, killed and frozen as a test needs it."""

from __future__ import annotations

from pathlib import Path

from .bus import Bus, CallError
from .daemon import Daemon
from .parts import require
from .process import Process, eventually
from .raw_service import LOGIN, NAME, RawService

PASSWORD = "correct horse"


class GnomeKeyring(Daemon):
    """gnome-keyring-daemon with only its Secret Service, whose login keyring opens with ``PASSWORD``."""

    def __init__(self, bus: Bus) -> None:
        super().__init__(bus)
        (self._program,) = require("gnome-keyring-daemon")

    def start(self, *, unlocked: bool = True) -> GnomeKeyring:
        """With its login keyring, made when there is none; ``unlocked=False`` as after a login without a password."""
        if not unlocked and not self._login_file.exists():
            self.start().stop()
        self._launch(unlocked=unlocked)
        with self.raw() as raw:
            eventually(lambda: _is_locked(raw) is not unlocked, "the login keyring is as asked")
        return self

    def start_without_login(self) -> GnomeKeyring:
        """As in WSL and over SSH: the daemon runs, and there is no collection behind the default alias."""
        self._login_file.unlink(missing_ok=True)
        self._launch(unlocked=False)
        return self

    def _launch(self, *, unlocked: bool) -> None:
        argv = [self._program, "--foreground", "--components=secrets"]
        if unlocked:
            self._daemon = Process([*argv, "--unlock"], env=self.bus.env, stdin=PASSWORD.encode())
            self._daemon.close_stdin()  # it reads the password to the end of the file
        else:
            self._daemon = Process(argv, env=self.bus.env)
        self.bus.wait_for_owner(NAME)

    @property
    def _login_file(self) -> Path:
        return self.bus.home / ".local/share/keyrings/login.keyring"

    def lock(self, collection: str = LOGIN) -> None:
        with self.raw() as raw:
            raw.lock(collection)
            eventually(lambda: raw.locked(collection), "the collection is locked")

    def unlock_without_prompt(self, collection: str = LOGIN) -> None:
        with self.raw() as raw:
            raw.unlock(PASSWORD, collection)

    def save(self) -> None:
        """It writes its file before it answers."""


def _is_locked(raw: RawService) -> bool | None:
    """``None`` while the collection is still being loaded."""
    try:
        return raw.locked()
    except CallError:
        return None
