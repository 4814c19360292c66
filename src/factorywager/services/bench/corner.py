"""`Corner`: a throw-away service in a store, with made-up values."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Sequence
from typing import Final

from ...flow import Flow
from ...model import Ref, Secret
from ..operations import Operations

WRITTEN: Final = "written"  # the entry that is overwritten; the others are only read


def made_up(number: int) -> str:
    """A value as long as a token usually is."""
    return f"made-up-{number:05}-{'0123456789abcdef' * 2}"


def names(count: int) -> list[str]:
    return [f"entry-{number:05}" for number in range(count)]


class Corner:
    """A service with a random name and ``size`` entries, once filled.

    Args:
        operations: on the store.
        service: its name, when it should not be a random one.
    """

    def __init__(self, operations: Operations, size: int, service: str | None = None) -> None:
        self._operations = operations
        self.service = service or f"com.factorywager.bench.{randomness.token_hex(4)}"
        self.names: Sequence[str] = names(size)

    def fill(self) -> Flow[None]:
        values = {name: Secret(made_up(number)) for number, name in enumerate([*self.names, WRITTEN])}
        return self._operations.set_many(self.service, values)

    def clear(self) -> Flow[int]:
        """Delete whatever there is of it, also after an interrupted `fill`; gives how many entries that was."""
        deleted = 0
        for name in [*self.names, WRITTEN]:
            deleted += yield from self._operations.delete(Ref(self.service, name))
        return deleted
