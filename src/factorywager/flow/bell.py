"""`Bell`: one asyncio task waits for a callback, at the latest until a deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .deadline import Deadline

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future


class Bell:
    """Rung at most once, on the loop's own thread.  Cheaper than `asyncio.wait_for`, which makes a task of it."""

    __slots__ = ("_future", "_loop")

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._future: Future[None] = loop.create_future()

    def ring(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    async def heard(self, deadline: Deadline, what: str) -> None:
        """Wait for the ring; raise ``deadline.error(what)`` when it does not come in time."""
        remaining = deadline.remaining()
        alarm = None if remaining is None else self._loop.call_later(remaining, self._expire, deadline, what)
        try:
            await self._future
        finally:
            if alarm is not None:
                alarm.cancel()

    def _expire(self, deadline: Deadline, what: str) -> None:
        if not self._future.done():
            self._future.set_exception(deadline.error(what))
