"""`KnownPaths`: which item is which entry, remembered from one read to the next and dropped by the daemon's signals.

GNOME Keyring emits its signals before it answers the call after them, and the bus keeps the order of one sender's
messages.  So when a reply is here, every change that came before it has been heard, and a path that is still known
is still that entry.  Only of a daemon that is known to do so is anything remembered.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ...model import Ref
from ...protocols import dbus
from ...protocols import secret_service as api
from ...protocols.dbus import Router

# More new items than this are not asked about one by one: then everything is searched for again.
_MOST_STRANGERS = 16
_MOST_PATHS = 16384
_MOST_CHANGES = 4096


class KnownPaths:
    """The memory of one link.

    Attributes:
        epoch: grows with every change; what was found out before a change is not remembered after it.
        strangers: items that appeared or changed and have not been asked who they are; while there are any, one
            of them may be an entry that is known under another path.
    """

    def __init__(self, router: Router, owner: str | None) -> None:
        self.epoch = 0
        self.strangers: set[str] = set()
        self._paths: dict[Ref, str] = {}
        self._refs: dict[str, Ref] = {}
        self._changes: dict[str, int] = {}  # by path, the epoch that its latest change began
        self._oldest = 0  # of changes up to this epoch nothing is known any more
        self._lock = threading.Lock()  # signals are heard on whichever thread reads the connection
        self._signals = router.subscribe(lambda signal: api.is_item_signal(signal) and dbus.sender(signal) == owner)
        self._signals.on_message = self._hear

    def find(self, ref: Ref) -> str | None:
        """The path of the only item that is this entry, if it is known."""
        return self._paths.get(ref)

    def ref(self, path: str) -> Ref | None:
        """The entry that a known path is."""
        return self._refs.get(path)

    def changed(self, path: str, epoch: int) -> bool:
        """Whether an item was changed, or may have been, after ``epoch``: what it was then it need not be now."""
        return epoch < self._oldest or self._changes.get(path, 0) > epoch

    def remember(self, ref: Ref, path: str, epoch: int) -> None:
        """Keep what was found out since ``epoch``, unless something has changed meanwhile."""
        with self._lock:
            if epoch == self.epoch and len(self._paths) < _MOST_PATHS:
                self._forget(ref)  # of an item whose collection was deleted no signal tells
                self._paths[ref] = path
                self._refs[path] = ref

    def forget(self, ref: Ref) -> None:
        with self._lock:
            self._forget(ref)

    def _forget(self, ref: Ref) -> None:
        path = self._paths.pop(ref, None)
        if path is not None:
            self._refs.pop(path, None)

    def introduce(self, paths: Sequence[str], refs: Sequence[Ref | None], epoch: int) -> None:
        """What was asked of strangers since ``epoch``: which entries they are; ``None`` for those that are none, or
        gone.  One that has changed since stays a stranger."""
        with self._lock:
            for path, ref in zip(paths, refs, strict=True):
                if ref is not None and self._paths.get(ref) not in (None, path):
                    self._forget(ref)  # it now has two items; a search will choose
            self.strangers.difference_update([path for path in paths if not self.changed(path, epoch)])

    def _hear(self) -> None:
        with self._lock:
            while self._signals.messages:
                signal = self._signals.take()
                self.epoch += 1
                (path,) = dbus.body(signal, "o")
                self._changes[path] = self.epoch
                ref = self._refs.get(path)
                if ref is not None:
                    self._forget(ref)
                if dbus.member(signal) == "ItemDeleted":
                    self.strangers.discard(path)
                else:
                    self.strangers.add(path)
            if len(self._changes) > _MOST_CHANGES:
                self._changes.clear()
                self._oldest = self.epoch
            if len(self.strangers) > _MOST_STRANGERS:
                self.strangers.clear()
                self._paths.clear()
                self._refs.clear()
