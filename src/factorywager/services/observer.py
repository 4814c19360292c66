"""The one seam through which audit and metrics see operations; never a value passes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

from ..errors import FactoryWagerError
from ..flow import Flow

T = TypeVar("T")


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


def observed(
    flow: Flow[T], observers: Sequence[Observer], store: str, operation: str, service: str | None, name: str | None
) -> Flow[T]:
    """``flow``, with its outcome told to every observer when it ends, however it ends."""
    began = time.perf_counter()
    outcome = "canceled"
    try:
        result = yield from flow
        outcome = "missing" if result is None or result is False else "ok"
        if operation in ("set", "list"):
            outcome = "ok"
        return result
    except FactoryWagerError as error:
        outcome = error.code
        raise
    finally:
        event = Event(operation, store, service, name, outcome, time.perf_counter() - began)
        for observer in observers:
            observer(event)
