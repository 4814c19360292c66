"""`Request`: what an operation may ask of its driver, and those that need no transport."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeAlias, TypeVar

from .deadline import Deadline

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Request(Generic[T_co]):
    """One thing to wait for.  It knows how to be performed in each world; the drivers know nothing else."""

    __slots__ = ()

    def perform(self) -> T_co:
        """Do it on this thread."""
        raise NotImplementedError

    async def perform_async(self) -> T_co:
        """Do it without blocking the running loop."""
        raise NotImplementedError


# What an operation is: yields requests, is sent their results, returns a T.
Flow: TypeAlias = Generator[Request[Any], Any, T]


class Work(Request[T]):
    """A call that blocks for a while (a file, a database, an OS function): in asyncio it goes to a worker thread.

    The call itself must be bounded (a busy timeout, a socket timeout): ``deadline`` frees the asyncio caller, and
    nothing can stop a thread.
    """

    __slots__ = ("_deadline", "_function")

    def __init__(self, function: Callable[[], T], deadline: Deadline) -> None:
        self._function = function
        self._deadline = deadline

    def perform(self) -> T:
        return self._function()

    async def perform_async(self) -> T:
        from .workers import in_worker

        return await in_worker(self._function, self._deadline)


class Abandonable(Work[T]):
    """A call that nothing bounds (an OS function that may wait for a person).

    The blocking driver too gives it a thread, and both drivers leave that behind at the deadline: the call then ends
    whenever it ends, and its result, or its error, is dropped.
    """

    __slots__ = ()

    def perform(self) -> T:
        import threading
        from queue import Empty, SimpleQueue

        outcome: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

        def task() -> None:
            try:
                outcome.put((self._function(), None))
            except BaseException as error:  # noqa: BLE001 - the flow decides what to do with it
                outcome.put((None, error))

        threading.Thread(target=task, name="factorywager-call", daemon=True).start()
        try:
            result, error = outcome.get(timeout=self._deadline.remaining())
        except Empty:
            raise self._deadline.error("the store did not answer") from None
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # None only where T is None


class Pause(Request[None]):
    """Let some seconds pass; for a store that can only be asked again, never for hoping that something is ready."""

    __slots__ = ("_seconds",)

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def perform(self) -> None:
        time.sleep(self._seconds)

    async def perform_async(self) -> None:
        import asyncio

        await asyncio.sleep(self._seconds)
