from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vault.workshop import VaultStore


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the vault under test is, or will be."""
    return tmp_path / "vault"


@pytest.fixture
def open_vault(home: Path) -> Iterator[Callable[..., VaultStore]]:
    """Opens the vault under test, as often as wanted, each time as another user of it."""
    opened: list[VaultStore] = []

    def start(**options: object) -> VaultStore:
        opened.append(VaultStore(home, **options))
        return opened[-1]

    yield start
    for store in opened:
        store.close()


@pytest.fixture
def vault(open_vault: Callable[..., VaultStore]) -> VaultStore:
    return open_vault()
