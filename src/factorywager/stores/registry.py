"""How a store's name becomes a store."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import ArgumentValueError
from .auto import AutoStore, plain_vault
from .store import Store

if TYPE_CHECKING:
    from .vault.store import VaultStore

NAMES = ("auto", "secret-service", "keychain", "credential-manager", "vault", "memory")


def open_store(name: str | None = None, make_vault: Callable[[], VaultStore] = plain_vault) -> Store | AutoStore:
    """The store of that name; ``FACTORYWAGER_STORE``, else ``auto``, when none is given.

    Nothing is connected or unlocked here: that happens in the first operation, under its deadline.

    Args:
        make_vault: makes the vault when it is that, or when ``auto`` comes to it: the command line's can ask for a
            passphrase.

    Raises:
        ArgumentValueError: there is no such store.
    """
    name = name or os.environ.get("FACTORYWAGER_STORE") or "auto"
    match name:
        case "auto":
            return AutoStore(make_vault)
        case "secret-service":
            from .secret_service.store import SecretServiceStore

            return SecretServiceStore()
        case "keychain":
            from .keychain.store import KeychainStore

            return KeychainStore()
        case "credential-manager":
            from .credential_manager.store import CredentialManagerStore

            return CredentialManagerStore()
        case "vault":
            return make_vault()
        case "memory":
            from .memory import MemoryStore

            return MemoryStore()
    raise ArgumentValueError(f"there is no store named {name!r}", hint=f"stores are: {', '.join(NAMES)}")
