"""The asyncio facade: ``from factorywager import secrets``.  Its verbs are plain functions that give awaitables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from .facade.arguments import MISSING
from .facade.body import SecretsBody
from .facade.guide import ConfigBody, ManagerBody
from .flow.verb import Asynchronous
from .model import Change, Ref

T = TypeVar("T")

__all__ = ["AsyncSecrets", "HybridConfig", "SecretsManager", "secrets"]


class AsyncSecrets(Asynchronous, SecretsBody):
    __doc__ = SecretsBody.__doc__

    def lease(
        self, service: str | Mapping[str, object] = MISSING, name: str = MISSING
    ) -> AbstractAsyncContextManager[memoryview]:
        """The value's bytes, read-only, in locked memory that is wiped at the end of the ``async with`` block.

        Raises (in the ``async with`` statement):
            NotFoundError: there is no such entry.
        """
        return self._leased(self._ref("get", service, name))

    @asynccontextmanager
    async def _leased(self, ref: Ref) -> AsyncIterator[memoryview]:
        with (await self._drive(self._operations.require(ref))).lease() as view:
            yield view

    def watch(self, service: str | None = None) -> AsyncIterator[Change]:
        """Changes to the store as they happen, without end.  It begins with the first step of the iteration."""
        return self._changes(self._own_or_all(service))

    async def _changes(self, service: str | None) -> AsyncIterator[Change]:
        watch = await self._drive(self._operations.watch(service))
        try:
            while True:
                yield await self._drive(watch.next())
        finally:
            watch.close()

    @staticmethod
    async def _instantly(value: T) -> T:
        return value

    async def aclose(self) -> None:
        """Give back the store's connections and keys; the next call opens them again."""
        self._close()

    async def __aenter__(self) -> AsyncSecrets:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()


class SecretsManager(Asynchronous, ManagerBody):
    __doc__ = ManagerBody.__doc__
    _make_secrets = AsyncSecrets


class HybridConfig(Asynchronous, ConfigBody):
    __doc__ = ConfigBody.__doc__
    _make_secrets = AsyncSecrets


secrets: AsyncSecrets


def __getattr__(name: str) -> object:
    """``secrets`` is made when it is first asked for: a wrong ``FACTORYWAGER_STORE`` concerns nobody else."""
    if name != "secrets":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals().setdefault(name, AsyncSecrets())
