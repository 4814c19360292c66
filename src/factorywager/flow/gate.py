"""`Gate`: one flow at a time through a stretch of code: one prompt on the screen, one connection being made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .deadline import Deadline
from .request import Request

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future


class Gate:
    """A lock that a blocking thread and an asyncio task can both wait for.

    Use::

        yield gate.enter(deadline)
        try:
            ...
        finally:
            gate.leave()
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._lock = threading.Lock()
        self._waiting: list[tuple[AbstractEventLoop, Future[None]]] = []

    def enter(self, deadline: Deadline) -> Request[None]:
        """A request that ends once the caller is alone inside; raises `DeadlineError` when it took too long."""
        return _Entry(self, deadline)

    def leave(self) -> None:
        """Let the next one in."""
        self._lock.release()
        waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_wake, future)


def _wake(future: Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class _Entry(Request[None]):
    __slots__ = ("_deadline", "_gate")

    def __init__(self, gate: Gate, deadline: Deadline) -> None:
        self._gate = gate
        self._deadline = deadline

    def perform(self) -> None:
        remaining = self._deadline.remaining()
        if not self._gate._lock.acquire(timeout=-1 if remaining is None else remaining):
            raise self._deadline.error(f"{self._gate.what} was not free")

    async def perform_async(self) -> None:
        import asyncio

        gate = self._gate
        loop = asyncio.get_running_loop()
        while True:
            # Enlist before trying: a leave() between a failed try and the enlisting would otherwise wake nobody.
            future: Future[None] = loop.create_future()
            entry = (loop, future)
            gate._waiting.append(entry)
            if gate._lock.acquire(blocking=False):
                if entry in gate._waiting:
                    gate._waiting.remove(entry)
                return
            try:
                await asyncio.wait_for(future, self._deadline.remaining())
            except TimeoutError:
                raise self._deadline.error(f"{gate.what} was not free") from None
