"""The blocking facade: ``from factorywager.blocking import secrets``.  Never imports asyncio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from .facade.arguments import MISSING
from .facade.body import SecretsBody
from .facade.guide import ConfigBody, ManagerBody
from .flow.blocking import run
from .flow.verb import Blocking
from .model import Change, Ref
from .stores.store import Watch

T = TypeVar("T")

__all__ = ["HybridConfig", "Secrets", "SecretsManager", "secrets"]


class Secrets(Blocking, SecretsBody):
    __doc__ = SecretsBody.__doc__

    def lease(
        self, service: str | Mapping[str, object] = MISSING, name: str = MISSING
    ) -> AbstractContextManager[memoryview]:
        """The value's bytes, read-only, in locked memory that is wiped at the end of the ``with`` block.

        Raises (in the ``with`` statement):
            NotFoundError: there is no such entry.
        """
        return self._leased(self._ref("get", service, name))

    @contextmanager
    def _leased(self, ref: Ref) -> Iterator[memoryview]:
        with self._drive(self._operations.require(ref)).lease() as view:
            yield view

    def watch(self, service: str | None = None) -> Changes:
        """Changes to the store as they happen, without end; blocks between them.  It begins with this call."""
        return Changes(self._drive(self._operations.watch(self._own_or_all(service))))

    @staticmethod
    def _instantly(value: T) -> T:
        return value

    def close(self) -> None:
        """Give back the store's connections and keys; the next call opens them again."""
        self._close()

    def __enter__(self) -> Secrets:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Changes:
    """An iterator of `Change`s.  ``close`` it, or use it in a ``with`` block, to end the subscription."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def __iter__(self) -> Iterator[Change]:
        return self

    def __next__(self) -> Change:
        return run(self._watch.next())

    def __enter__(self) -> Changes:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._watch.close()


class SecretsManager(Blocking, ManagerBody):
    __doc__ = ManagerBody.__doc__
    _make_secrets = Secrets


class HybridConfig(Blocking, ConfigBody):
    __doc__ = ConfigBody.__doc__
    _make_secrets = Secrets


secrets: Secrets


def __getattr__(name: str) -> object:
    """``secrets`` is made when it is first asked for: a wrong ``FACTORYWAGER_STORE`` concerns nobody else."""
    if name != "secrets":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals().setdefault(name, Secrets())
