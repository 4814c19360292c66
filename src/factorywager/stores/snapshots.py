"""`SnapshotWatch`: changes found by comparing what a store holds now with what it held before.

For stores that have no signals: a look must be cheap, because it is taken several times a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..flow import Flow, Pause
from ..model import Change, Ref

# every entry, and a number that grows whenever it is written
Snapshot: TypeAlias = dict[Ref, int]

_SECONDS_BETWEEN_LOOKS = 0.2


class SnapshotWatch:
    """A `Watch` over a function that looks at the store."""

    def __init__(self, store: str, look: Callable[[], Flow[Snapshot]]) -> None:
        self._store = store
        self._look = look
        self._known: Snapshot = {}
        self._pending: list[Change] = []

    def start(self) -> Flow[None]:
        """Take the first look: changes are told from here on."""
        self._known = yield from self._look()

    def next(self) -> Flow[Change]:
        while not self._pending:
            yield Pause(_SECONDS_BETWEEN_LOOKS)
            now = yield from self._look()
            self._pending = list(self._differences(now))
            self._known = now
        return self._pending.pop(0)

    def close(self) -> None:
        self._pending.clear()

    def _differences(self, now: Snapshot) -> list[Change]:
        before = self._known
        found = [Change("deleted", *ref, self._store) for ref in before if ref not in now]
        for ref, revision in now.items():
            if ref not in before:
                found.append(Change("created", *ref, self._store))
            elif before[ref] != revision:
                found.append(Change("changed", *ref, self._store))
        return found
