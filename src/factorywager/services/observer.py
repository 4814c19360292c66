"""The one seam through which audit and metrics see operations; never a value passes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias


class Event(NamedTuple):
    """One finished operation.

    Attributes:
        operation: ``get``, ``set``, ``delete``, ``list``, …
        store: the store's name.
        service, name: the entry, or ``None`` where the operation has none or several.
        outcome: ``ok``, ``missing``, the error's ``code``, or ``canceled`` (the task was, or Ctrl-C).
        seconds: how long it took.
    """

    operation: str
    store: str
    service: str | None
    name: str | None
    outcome: str
    seconds: float


Observer: TypeAlias = Callable[[Event], None]
