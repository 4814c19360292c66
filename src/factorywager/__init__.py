"""Bun.secrets for Python: credentials in the operating system's own store, shared with Bun entry by entry.

    from factorywager import secrets                 # asynchronous, the default store
    from factorywager.blocking import secrets        # the same, blocking; never imports asyncio
    from factorywager import AsyncSecrets, Secrets   # your own: Secrets(store="vault", service="com.example.tool")

Every name is imported when it is first used, so that a program pays only for what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors
    from .aio import AsyncSecrets, HybridConfig, SecretsManager, secrets
    from .blocking import Secrets
    from .errors import FactoryWagerError
    from .model import Change, Info, Ref, Secret
    from .services.observer import Event
    from .stores.memory import MemoryStore

__version__ = "1.3.8"

_HOME = {
    "AsyncSecrets": ".aio",
    "HybridConfig": ".aio",
    "SecretsManager": ".aio",
    "secrets": ".aio",
    "Secrets": ".blocking",
    "FactoryWagerError": ".errors",
    "Change": ".model",
    "Info": ".model",
    "Ref": ".model",
    "Secret": ".model",
    "Event": ".services.observer",
    "MemoryStore": ".stores.memory",
}

__all__ = [
    "AsyncSecrets",
    "Change",
    "Event",
    "FactoryWagerError",
    "HybridConfig",
    "Info",
    "MemoryStore",
    "Ref",
    "Secret",
    "Secrets",
    "SecretsManager",
    "errors",
    "secrets",
]


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module(".errors", __name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
