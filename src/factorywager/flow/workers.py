"""A few threads of our own for calls that block, so that a stuck one starves nobody's ``asyncio.to_thread``."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from .deadline import Deadline

T = TypeVar("T")

_MOST_THREADS = 8


class _Workers:
    """Daemon threads, started one by one as they are needed: an executor would hold up the interpreter's exit."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0

    def submit(self, task: Callable[[], None]) -> None:
        with self._lock:
            if self._idle > 0:
                self._idle -= 1
            elif self._threads < _MOST_THREADS:
                self._threads += 1
                threading.Thread(target=self._serve, name=f"factorywager-{self._threads}", daemon=True).start()
        self._queue.put(task)

    def _serve(self) -> None:
        while True:
            self._queue.get()()
            with self._lock:
                self._idle += 1


_workers = _Workers()


def _reset() -> None:
    global _workers  # noqa: PLW0603
    _workers = _Workers()  # threads do not survive a fork


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset)


async def in_worker(function: Callable[[], T], deadline: Deadline) -> T:
    """Run ``function`` on a worker thread; raise `DeadlineError` when the deadline passes first.

    The thread cannot be stopped: it finishes its call, and its result, or its error, is dropped.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(set_outcome: Callable[[Any], None], outcome: Any) -> None:
        if not future.done():
            set_outcome(outcome)

    def task() -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - the flow decides what to do with it
            outcome: tuple[Callable[[Any], None], Any] = (future.set_exception, error)
        else:
            outcome = (future.set_result, result)
        with contextlib.suppress(RuntimeError):  # the loop was closed while we worked
            loop.call_soon_threadsafe(settle, *outcome)

    _workers.submit(task)
    try:
        return await asyncio.wait_for(future, deadline.remaining())
    except TimeoutError:
        if future.cancelled():
            raise deadline.error("the store did not answer") from None
        raise
