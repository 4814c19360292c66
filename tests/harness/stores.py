"""The stores that every suite runs over, and how a test opens each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factorywager.stores.store import Store
from factorywager.testing.samples import BYTE_ORDER_MARK, CONTROL_CHARACTERS, LINE_ENDS, NONCHARACTERS

from .daemon import Daemon

OS_STORE = {"win32": "credential manager", "darwin": "keychain"}.get(sys.platform, "secret service")
KEYCHAIN = "keychain over the double"
KWALLET, KEEPASSXC = "secret service of KWallet", "secret service of KeePassXC"
VAULTS = ("vault with a key file", "vault with a passphrase", f"vault sealed in the {OS_STORE}")
STORES = ("memory", OS_STORE, *((KWALLET, KEEPASSXC, KEYCHAIN) if sys.platform == "linux" else ()), *VAULTS)

# Each Secret Service by the fixture of the daemon behind it.
_DAEMONS = {"secret service": "shared_keyring", KWALLET: "shared_kwallet", KEEPASSXC: "shared_keepassxc"}

# Of the odd texts, those that a daemon would store as another name: they are refused.
UNKEEPABLE_NAMES = {
    KWALLET: frozenset({BYTE_ORDER_MARK}),
    KEEPASSXC: frozenset({BYTE_ORDER_MARK, CONTROL_CHARACTERS, LINE_ENDS, NONCHARACTERS}),
}
STORES_OF_ANY_NAME = tuple(kind for kind in STORES if kind not in UNKEEPABLE_NAMES)


def open_store(kind: str, home: Path, find: Callable[[str], Any]) -> Store:
    """An empty store, or one whose other tests use services of their own.

    Args:
        find: gives a fixture by its name (``request.getfixturevalue``): what a kind does not need is not started.
    """
    if kind == "memory":
        from factorywager.stores.memory import MemoryStore

        return MemoryStore()
    if kind == "credential manager":
        from factorywager.stores.credential_manager.store import CredentialManagerStore

        return CredentialManagerStore()
    if kind == "keychain":
        enter_home(find)
        from factorywager.stores.keychain.store import KeychainStore

        return KeychainStore()
    if kind in _DAEMONS:
        enter_bus(find, kind)
        from factorywager.stores.secret_service.store import SecretServiceStore

        return SecretServiceStore()
    if kind == KEYCHAIN:
        return find("keychain").open()
    return _open_vault(kind, home, find)


def enter_home(find: Callable[[str], Any]) -> None:
    """The user's own home, below which macOS keeps the list of keychains."""
    import pwd

    find("monkeypatch").setenv("HOME", pwd.getpwuid(os.getuid()).pw_dir)


def enter_bus(find: Callable[[str], Any], kind: str = "secret service") -> Daemon:
    """Makes the bus of a shared daemon the test's own."""
    daemon: Daemon = find(_DAEMONS[kind])
    monkeypatch: pytest.MonkeyPatch = find("monkeypatch")
    daemon.bus.enter(monkeypatch)
    return daemon


def _open_vault(kind: str, home: Path, find: Callable[[str], Any]) -> Store:
    """A key file needs no preparing; the other modes are made once, since stretching a passphrase is slow by design."""
    from factorywager.stores.vault.store import VaultStore

    if kind == VAULTS[0]:
        return VaultStore(home)
    prepared: Path = find("prepared_vaults") / kind.replace(" ", "-")
    if kind == VAULTS[1]:
        phrase = prepared.with_suffix(".phrase")
        find("monkeypatch").setenv("FACTORYWAGER_VAULT_PASSPHRASE_FILE", str(phrase))
        if not phrase.exists():
            phrase.touch(0o600)
            phrase.write_text("made up phrase\n")
            _init(VaultStore(prepared), "PASSPHRASE")
    else:
        if OS_STORE == "secret service":
            enter_bus(find)
        elif OS_STORE == "keychain":
            enter_home(find)
        if not prepared.exists():
            _init(VaultStore(prepared), "SEALED")
    return VaultStore(prepared)


def _init(vault: Any, mode: str) -> None:
    from factorywager.flow import Deadline, blocking
    from factorywager.protocols.vault import Mode
    from factorywager.stores.store import Terms
    from factorywager.stores.vault.admin import VaultAdmin

    blocking.run(VaultAdmin(vault.access).init(Mode[mode], Terms(Deadline(20), False)))
    vault.close()
