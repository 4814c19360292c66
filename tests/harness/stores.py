"""The stores that every suite runs over, and how a test opens each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factorywager.stores.store import Store

from .gnome_keyring import GnomeKeyring

VAULTS = ("vault with a key file", "vault with a passphrase", "vault sealed in the secret service")
STORES = ("memory", "secret service", *VAULTS)


def open_store(kind: str, home: Path, find: Callable[[str], Any]) -> Store:
    """An empty store, or one whose other tests use services of their own.

    Args:
        find: gives a fixture by its name (``request.getfixturevalue``): what a kind does not need is not started.
    """
    if kind == "memory":
        from factorywager.stores.memory import MemoryStore

        return MemoryStore()
    if kind == "secret service":
        enter_bus(find)
        from factorywager.stores.secret_service.store import SecretServiceStore

        return SecretServiceStore()
    return _open_vault(kind, home, find)


def enter_bus(find: Callable[[str], Any]) -> GnomeKeyring:
    """Makes the shared keyring's bus the test's own."""
    keyring: GnomeKeyring = find("shared_keyring")
    monkeypatch: pytest.MonkeyPatch = find("monkeypatch")
    keyring.bus.enter(monkeypatch)
    return keyring


def _open_vault(kind: str, home: Path, find: Callable[[str], Any]) -> Store:
    from factorywager.stores.vault.store import VaultStore

    return VaultStore(home)
