"""`aside`: a blocking call that Windows cannot wait for with a limit, made on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from .deadline import Deadline

T = TypeVar("T")


def aside(function: Callable[[], T], deadline: Deadline) -> T | None:
    """What ``function`` gives or raises; ``None`` when it did not end in time.

    A call that never ends stays behind with its thread, which does not hold up the interpreter's exit.
    """
    given: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            given.append(function())
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(deadline.remaining())
    if raised:
        raise raised[0]
    return given[0] if given else None
