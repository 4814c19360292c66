"""What the vault's tests share: how to drive a store, and processes that die at a chosen moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from factorywager.flow import Deadline
from factorywager.flow.blocking import run
from factorywager.model import Ref, Secret
from factorywager.stores.store import Options, Store, Terms
from factorywager.stores.vault.admin import VaultAdmin
from factorywager.stores.vault.store import VaultStore

__all__ = ["SERVICE", "VaultAdmin", "VaultStore", "admin", "run"]

SERVICE = "com.example.vault"


def terms(seconds: float | None = 20.0, *, interactive: bool = False) -> Terms:
    return Terms(Deadline(seconds), interactive)


def admin(store: VaultStore) -> VaultAdmin:
    return VaultAdmin(store.access)


def put(store: Store, name: str, value: str, seconds: float = 20.0) -> None:
    run(store.set(Ref(SERVICE, name), Secret(value), terms(seconds), Options()))


def read(store: Store, name: str) -> str | None:
    secret = run(store.get(Ref(SERVICE, name), terms()))
    return None if secret is None else secret.reveal()


def ask(passphrase: str) -> Callable[[], Secret]:
    return lambda: Secret(passphrase)


def problems(store: VaultStore) -> list[str]:
    return [
        f"{finding.what}: {finding.detail}" for finding in run(store.examine(terms())) if finding.state == "problem"
    ]


def database(home: Path) -> Path:
    (path,) = home.glob("vault-*.db")
    return path


def key_file(home: Path) -> Path:
    (path,) = home.glob("vault-*.key")
    return path
