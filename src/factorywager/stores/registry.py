"""How a store's name becomes a store."""

from __future__ import annotations

import os

from ..errors import ArgumentValueError
from .auto import AutoStore
from .store import Store

NAMES = ("auto", "secret-service", "vault", "memory")


def open_store(name: str | None = None) -> Store | AutoStore:
    """The store of that name; ``FACTORYWAGER_STORE``, else ``auto``, when none is given.

    Nothing is connected or unlocked here: that happens in the first operation, under its deadline.

    Raises:
        ArgumentValueError: there is no such store.
    """
    name = name or os.environ.get("FACTORYWAGER_STORE") or "auto"
    match name:
        case "auto":
            return AutoStore()
        case "secret-service":
            from .secret_service.store import SecretServiceStore

            return SecretServiceStore()
        case "vault":
            from .vault.store import VaultStore

            return VaultStore()
        case "memory":
            from .memory import MemoryStore

            return MemoryStore()
    raise ArgumentValueError(f"there is no store named {name!r}", hint=f"stores are: {', '.join(NAMES)}")
