"""`Daemon`: what every real Secret Service has in common: a process that owns the name, frozen and killed at will."""

from __future__ import annotations

import signal
from typing import Self

from .bus import Bus
from .crashes import crashes
from .process import Process
from .raw_service import LOGIN, NAME, RawService


class Daemon:
    """One provider of ``org.freedesktop.secrets`` on a private bus; subclasses start and lock it.

    Attributes:
        collection: object path of the collection that the library stores in.
    """

    collection = LOGIN

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self._daemon: Process | None = None

    def start(self) -> Self:
        """Running, with its collection unlocked."""
        raise NotImplementedError

    def lock(self) -> None:
        """As the desktop does when its user goes away."""
        raise NotImplementedError

    def unlock_without_prompt(self) -> None:
        """As when its user comes back."""
        raise NotImplementedError

    def save(self) -> None:
        """Returns once all it has acknowledged is in its file."""
        self.lock()  # both KWallet and KeePassXC write what they close
        self.unlock_without_prompt()

    @property
    def process(self) -> Process:
        assert self._daemon is not None, "not started"
        return self._daemon

    @property
    def alive(self) -> bool:
        return self.process.running

    def raw(self) -> RawService:
        return RawService(self.bus, self.collection)

    def freeze(self) -> None:
        """It stays on the bus and answers nothing."""
        self.process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send(signal.SIGCONT)

    def kill(self) -> None:
        """As the kernel does when memory is short; returns once the bus has noticed."""
        self.process.stop(signal.SIGKILL)
        self.bus.wait_for_owner(NAME, owned=False)

    def stop(self) -> None:
        if self._daemon is not None:
            self.note_crash()
            self._daemon.stop()
            if self.bus.alive:
                self.bus.wait_for_owner(NAME, owned=False)
            self._daemon = None

    def note_crash(self) -> bool:
        """See `MayCrash`."""
        crashed = self._daemon is not None and self._daemon.crashed
        if crashed:
            self.process.wait()
            last = next((line for line in reversed(self.process.errors) if line), "no word")
            crashes.append(f"{self.process.argv[0]} ended by itself, with status {self.process.status}, saying: {last}")
        return crashed

    def restart(self) -> None:
        self.kill()
        self.start()
