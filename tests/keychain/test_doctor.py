"""What doctor says of the Keychain, what ``auto`` makes of it, and where other systems have none; over the double."""

from __future__ import annotations

import sys
import warnings
from functools import partial
from pathlib import Path

import pytest

from factorywager.blocking import Secrets
from factorywager.errors import FallbackWarning, UnavailableError
from factorywager.flow import Deadline
from factorywager.flow.blocking import run
from factorywager.stores import native
from factorywager.stores.auto import AutoStore
from factorywager.stores.keychain.store import KeychainStore
from factorywager.stores.registry import NAMES, open_store
from factorywager.stores.store import Finding, Terms
from harness.keychain import KeychainDouble

SERVICE = "com.example.keychain"


def _findings(store: KeychainStore) -> dict[str, Finding]:
    return {finding.what: finding for finding in run(store.examine(Terms(Deadline(20), False)))}


def test_a_healthy_keychain(keychain: KeychainDouble) -> None:
    found = _findings(keychain.open())
    assert [finding.state for finding in found.values()] == ["ok", "ok"]
    assert "login.keychain-db is unlocked" in found["default keychain"].detail
    assert found["signature"].detail == "org.python.python, signed by team BMM5U3QVKW"


def test_a_locked_one(keychain: KeychainDouble) -> None:
    keychain.set(locked=1)
    found = _findings(keychain.open())["default keychain"]
    assert (found.state, found.detail.split()[-1]) == ("note", "locked")
    assert "security unlock-keychain" in (found.hint or "")
    assert keychain.dialogs == 0


@pytest.mark.parametrize(("signature", "words"), [("adhoc", "signed ad hoc"), ("none", "not signed")])
def test_a_python_that_will_be_asked_for_every_entry(keychain: KeychainDouble, signature: str, words: str) -> None:
    keychain.set(signature=signature)
    found = _findings(keychain.open())["signature"]
    assert found.state == "note"
    assert words in found.detail
    assert "vault init --mode sealed" in (found.hint or "")


def test_doctor_never_raises_for_what_it_finds(keychain: KeychainDouble) -> None:
    keychain.set(no_default=1)
    found = _findings(keychain.open())
    assert {finding.state for finding in found.values()} == {"problem"}
    assert all(finding.hint for finding in found.values())


@pytest.mark.skipif(sys.platform == "darwin", reason="there it is")
def test_on_another_system_it_is_not_there() -> None:
    store = open_store("keychain")
    secrets = Secrets(store, interactive=False)
    for call in (lambda: secrets.get(SERVICE, "token"), lambda: secrets.set(SERVICE, "token", "one")):
        with pytest.raises(UnavailableError) as caught:
            call()
        assert "--store" in (caught.value.hint or "")
    assert {finding.state for finding in _findings(store).values()} == {"problem"}


def test_a_library_that_lacks_a_function_is_no_keychain(keychain: KeychainDouble) -> None:
    store = KeychainStore(keychain.paths[0], keychain.paths[0])
    with pytest.raises(UnavailableError):
        Secrets(store, interactive=False).get(SERVICE, "token")


# --- auto ---------------------------------------------------------------------------------------------


@pytest.fixture
def mac(keychain: KeychainDouble, monkeypatch: pytest.MonkeyPatch) -> KeychainDouble:
    """A machine whose own store is the double."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("factorywager.stores.keychain.store.KeychainStore", partial(KeychainStore, *keychain.paths))
    return keychain


def test_auto_takes_the_keychain_on_a_mac(mac: KeychainDouble) -> None:
    auto = AutoStore()
    secrets = Secrets(auto, interactive=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        secrets.set(SERVICE, "token", "one")
    assert (auto.name, auto.reason) == ("keychain", "this user has a default keychain")
    assert Secrets("keychain", interactive=False).get(SERVICE, "token") == "one"


def test_auto_takes_the_vault_where_there_is_no_keychain(mac: KeychainDouble) -> None:
    mac.set(no_default=1)
    secrets = Secrets("auto", interactive=False)
    with pytest.warns(FallbackWarning, match="this user has no default keychain"):
        secrets.set(SERVICE, "token", "one")
    assert secrets.get(SERVICE, "token") == "one"


def test_a_locked_keychain_is_no_reason_for_the_vault(mac: KeychainDouble) -> None:
    mac.set(locked=1)
    from factorywager.errors import InteractionNotAllowedError

    with pytest.raises(InteractionNotAllowedError):
        Secrets("auto", interactive=False).set(SERVICE, "token", "one")


def test_the_sealed_vault_keeps_its_one_entry_in_the_keychain(mac: KeychainDouble, tmp_path: Path) -> None:
    from factorywager.protocols.vault import ENTRY_SERVICE, Mode
    from factorywager.stores.vault.admin import VaultAdmin
    from factorywager.stores.vault.store import VaultStore

    vault = VaultStore(tmp_path / "vault")
    run(VaultAdmin(vault.access).init(Mode.SEALED, Terms(Deadline(20), False)))
    secrets = Secrets(vault, interactive=False)
    secrets.set_many(SERVICE, {f"name{number}": "made-up" for number in range(10)})
    assert len(Secrets("keychain", interactive=False).list(ENTRY_SERVICE)) == 1
    assert Secrets(VaultStore(tmp_path / "vault"), interactive=False).get(SERVICE, "name3") == "made-up"
    vault.close()


def test_every_platform_s_store_can_be_named() -> None:
    assert set(native.NAMES.values()) <= set(NAMES)
