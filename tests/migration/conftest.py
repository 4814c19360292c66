from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from factorywager.stores.vault.store import VaultStore
from harness.gnome_keyring import GnomeKeyring
from migration.workshop import Workshop


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the file is, and nothing else."""
    path = tmp_path / "project"
    path.mkdir()
    return path


@pytest.fixture
def on_vault(directory: Path) -> Workshop:
    return Workshop(lambda: VaultStore(os.environ["FACTORYWAGER_HOME"]), directory / ".env")


@pytest.fixture(params=["vault", "secret service"])
def workshop(request: pytest.FixtureRequest, directory: Path) -> Workshop:
    find: Any = request.getfixturevalue
    if request.param == "vault":
        return find("on_vault")
    keyring: GnomeKeyring = find("keyring").start()
    from factorywager.stores.secret_service.store import SecretServiceStore

    def revive() -> None:
        keyring.stop()
        keyring.start()

    return Workshop(
        SecretServiceStore,
        directory / ".env",
        kills=60,
        alive=lambda: keyring.alive,
        revive=revive,
    )
