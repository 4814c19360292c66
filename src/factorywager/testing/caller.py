"""`Caller`: either facade, called the same way, so that a test has one body for both."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

FACADES: Final = ("blocking", "asyncio")


class Caller:
    """Wraps a facade object; a verb called on this gives its value, in either facade.

    Args:
        wrapped: a `Secrets`, `AsyncSecrets`, manager or configuration.
        loop: where an asynchronous facade's awaitables run; ``None`` for a blocking one.
    """

    def __init__(self, wrapped: Any, loop: asyncio.AbstractEventLoop | None) -> None:
        self.wrapped = wrapped
        self.loop = loop

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self.wrapped, name)
        if not callable(attribute):
            return attribute

        def call(*args: Any, **kwargs: Any) -> Any:
            return self.settle(attribute(*args, **kwargs))

        return call

    def settle(self, result: Any) -> Any:
        if not inspect.isawaitable(result):
            return result
        assert self.loop is not None
        return self.loop.run_until_complete(result)

    @contextmanager
    def lease(self, *args: Any, **kwargs: Any) -> Iterator[memoryview]:
        manager = self.wrapped.lease(*args, **kwargs)
        if self.loop is None:
            with manager as view:
                yield view
            return
        view = self.settle(manager.__aenter__())
        try:
            yield view
        except BaseException as error:
            if not self.settle(manager.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            self.settle(manager.__aexit__(None, None, None))

    def together(self, chains: list[Callable[[Any], Any]]) -> list[Any]:
        """Run each chain of calls at the same time as the others: threads, or tasks of one loop.

        A chain is a generator function that is given the bare facade, yields what its verbs return and is sent
        their values.
        """
        if self.loop is not None:

            async def gather() -> list[Any]:
                return await asyncio.gather(*(self._await_chain(chain) for chain in chains))

            return self.loop.run_until_complete(gather())
        return in_threads([partial(self._run_chain, chain) for chain in chains])

    def _run_chain(self, chain: Callable[[Any], Any]) -> Any:
        steps = chain(self.wrapped)
        try:
            value = next(steps)
            while True:
                value = steps.send(value)
        except StopIteration as end:
            return end.value

    async def _await_chain(self, chain: Callable[[Any], Any]) -> Any:
        steps = chain(self.wrapped)
        try:
            awaitable = next(steps)
            while True:
                try:
                    value = await awaitable
                except BaseException as error:  # noqa: BLE001 - raised inside the chain, as blocking verbs are
                    awaitable = steps.throw(error)
                else:
                    awaitable = steps.send(value)
        except StopIteration as end:
            return end.value


def in_threads(functions: list[Callable[[], Any]]) -> list[Any]:
    """Each function on a thread of its own, all started at once; the first error is raised here."""
    results: list[Any] = [None] * len(functions)
    errors: list[BaseException] = []
    start = threading.Barrier(len(functions))

    def run(index: int) -> None:
        start.wait()
        try:
            results[index] = functions[index]()
        except BaseException as error:  # noqa: BLE001 - raised where they were started
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a thread is stuck"
    if errors:
        raise errors[0]
    return results


def make_caller(facade: str, kind: str = "Secrets", /, *args: Any, **kwargs: Any) -> Caller:
    """A facade object of the given kind (``Secrets``, ``SecretsManager``, ``HybridConfig``) with its own loop."""
    if facade == "blocking":
        from factorywager import blocking

        return Caller(getattr(blocking, kind)(*args, **kwargs), None)
    from factorywager import aio

    name = "AsyncSecrets" if kind == "Secrets" else kind
    return Caller(getattr(aio, name)(*args, **kwargs), asyncio.new_event_loop())


def close_caller(caller: Caller) -> None:
    """Close the facade object and its loop."""
    if caller.loop is None:
        caller.wrapped.close()
    else:
        caller.settle(caller.wrapped.aclose())
        caller.loop.run_until_complete(caller.loop.shutdown_asyncgens())
        caller.loop.close()


@contextmanager
def callers(facade: str) -> Iterator[Callable[..., Caller]]:
    """Gives a function that makes `Secrets` of this facade: ``start(store, timeout=1)``; closes them at the end."""
    opened: list[Caller] = []

    def start(*args: Any, **kwargs: Any) -> Caller:
        opened.append(make_caller(facade, "Secrets", *args, **kwargs))
        return opened[-1]

    try:
        yield start
    finally:
        for one in opened:
            close_caller(one)
