"""The blocking facade: ``from factorywager.blocking import secrets``.  Never imports asyncio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .facade.arguments import MISSING
from .facade.body import SecretsBody
from .facade.guide import ConfigBody, ManagerBody
from .flow.verb import Blocking
from .model import Change

__all__ = ["HybridConfig", "Secrets", "SecretsManager", "secrets"]


class Secrets(Blocking, SecretsBody):
    __doc__ = SecretsBody.__doc__

    @contextmanager
    def lease(self, service: str | Mapping[str, object] = MISSING, name: str = MISSING) -> Iterator[memoryview]:
        """The value's bytes, read-only, in locked memory that is wiped at the end of the ``with`` block.

        Raises:
            NotFoundError: there is no such entry.
        """
        ref = self._ref("get", service, name)
        with self._drive(self._operations.require(ref)).lease() as view:
            yield view

    def watch(self, service: str | None = None) -> Iterator[Change]:
        """Changes to the store as they happen, without end; blocks between them."""
        watch = self._drive(self._operations.watch(self._own_or_all(service)))
        try:
            while True:
                yield self._drive(watch.next())
        finally:
            watch.close()

    def close(self) -> None:
        """Give back the store's connections and keys; the next call opens them again."""
        self._operations.store.close()

    def __enter__(self) -> Secrets:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class SecretsManager(Blocking, ManagerBody):
    __doc__ = ManagerBody.__doc__
    _make_secrets = Secrets


class HybridConfig(Blocking, ConfigBody):
    __doc__ = ConfigBody.__doc__
    _make_secrets = Secrets


secrets = Secrets()
