"""Where the key lives: a key file, a passphrase, one entry in another store."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from factorywager.errors import (
    AccessDeniedError,
    ArgumentValueError,
    AuthenticationError,
    ConflictError,
    CorruptError,
    InteractionNotAllowedError,
    LockedError,
    NotFoundError,
    UnavailableError,
)
from factorywager.model import Ref, Secret
from factorywager.protocols.vault import ENTRY_SERVICE, Mode
from factorywager.stores.memory import MemoryStore
from factorywager.stores.store import Options
from factorywager.stores.vault import kernel_keyring
from harness.process import eventually
from vault.workshop import SERVICE, VaultStore, admin, ask, key_file, problems, put, read, run, terms

PHRASE = "made up phrase of several wörds"


@pytest.fixture
def passphrase_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "passphrase"
    path.touch(0o600)
    path.write_text(PHRASE + "\n")
    monkeypatch.setenv("FACTORYWAGER_VAULT_PASSPHRASE_FILE", str(path))
    return path


# --- key file ---------------------------------------------------------------------------------


def test_the_first_write_makes_a_vault_with_a_key_file_and_says_so_once(vault: VaultStore, home: Path) -> None:
    created: list[str] = []
    vault.on_created = created.append
    assert not run(admin(vault).status(terms())).exists
    assert read(vault, "entry") is None
    assert run(vault.list(None, terms())) == []
    assert not home.exists(), "reading makes nothing"
    put(vault, "entry", "made-up")
    put(vault, "entry", "made-up-again")
    assert created == [str(home)]
    status = run(admin(vault).status(terms()))
    assert status.exists
    assert (status.mode, status.locked, status.entries, status.format) == (Mode.KEY_FILE, False, 1, 1)
    assert status.size > 0
    for path in (home, *home.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_key_file_elsewhere_is_made_once_and_kept_by_a_rekey(
    vault: VaultStore, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "stick.key"
    monkeypatch.setenv("FACTORYWAGER_VAULT_KEY_FILE", str(elsewhere))
    put(vault, "entry", "made-up")
    key = elsewhere.read_bytes()
    assert len(key) == 32
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600
    assert not list(home.glob("*.key"))
    run(admin(vault).rekey(None, terms()))
    assert elsewhere.read_bytes() == key
    vault.close()
    monkeypatch.delenv("FACTORYWAGER_VAULT_KEY_FILE")
    assert read(vault, "entry") == "made-up", "the vault remembers where its key file is"
    # and back into the vault's directory
    run(admin(vault).rekey(None, terms()))
    elsewhere.unlink()
    vault.close()
    assert read(vault, "entry") == "made-up"
    key_file(home)


def test_a_key_file_of_the_users_own_is_taken(
    vault: VaultStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provided = tmp_path / "provided.key"
    provided.touch(0o600)
    provided.write_bytes(b"k" * 32)
    monkeypatch.setenv("FACTORYWAGER_VAULT_KEY_FILE", str(provided))
    put(vault, "entry", "made-up")
    assert provided.read_bytes() == b"k" * 32
    vault.close()
    provided.write_bytes(b"x" * 32)
    with pytest.raises(AuthenticationError, match="key file"):
        read(vault, "entry")
    provided.write_bytes(b"k" * 31)
    with pytest.raises(CorruptError, match="31 bytes"):
        read(vault, "entry")


# --- passphrase -------------------------------------------------------------------------------


def test_a_passphrase_from_a_file_opens_the_vault(vault: VaultStore, passphrase_file: Path, home: Path) -> None:
    status = run(admin(vault).init(Mode.PASSPHRASE, terms()))
    assert (status.mode, status.locked, status.entries) == (Mode.PASSPHRASE, True, 0)
    assert b"argon2id 65536 3 1 " in (home / "vault.header").read_bytes()
    put(vault, "entry", "made-up")
    vault.close()
    assert read(vault, "entry") == "made-up"
    vault.close()
    passphrase_file.write_text("another")
    with pytest.raises(AuthenticationError, match="passphrase is wrong"):
        read(vault, "entry")
    passphrase_file.write_text("")
    with pytest.raises(AuthenticationError):
        read(vault, "entry")
    passphrase_file.write_text("x" * 5000)
    with pytest.raises(ArgumentValueError, match="longer"):
        read(vault, "entry")
    passphrase_file.write_text(PHRASE + "\r\n")
    assert read(vault, "entry") == "made-up"


def test_a_passphrase_file_that_others_can_read_is_refused(vault: VaultStore, passphrase_file: Path) -> None:
    passphrase_file.chmod(0o644)
    with pytest.raises(AccessDeniedError, match="others") as caught:
        run(admin(vault).init(Mode.PASSPHRASE, terms()))
    assert caught.value.hint == f"run: chmod 600 {passphrase_file}"
    passphrase_file.unlink()
    with pytest.raises(NotFoundError, match=str(passphrase_file)):
        run(admin(vault).init(Mode.PASSPHRASE, terms()))


def test_many_threads_open_with_a_passphrase_at_once(
    vault: VaultStore, passphrase_file: Path, open_vault: Callable[..., VaultStore]
) -> None:
    """Each with a store of its own: with several lanes, two of OpenSSL's Argon2id at once would wait for ever."""
    run(admin(vault).init(Mode.PASSPHRASE, terms()))
    put(vault, "entry", "made-up")
    found: list[str | None] = []
    stores = [open_vault() for _ in range(6)]
    threads = [
        threading.Thread(target=lambda store=store: found.append(read(store, "entry")), daemon=True) for store in stores
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == ["made-up"] * len(stores)


def test_a_user_is_asked_where_that_is_allowed_and_only_then(open_vault: Callable[..., VaultStore]) -> None:
    asked = []

    def answer() -> Secret:
        asked.append(PHRASE)
        return Secret(PHRASE)

    vault = open_vault(passphrase=answer)
    run(admin(vault).init(Mode.PASSPHRASE, terms(), ask(PHRASE)))
    put(vault, "entry", "made-up")
    vault.close()
    with pytest.raises(LockedError) as caught:
        read(vault, "entry")
    assert "vault unlock" in (caught.value.hint or "")
    assert asked == []
    secret = run(vault.get(Ref(SERVICE, "entry"), terms(interactive=True)))
    assert secret is not None
    assert secret.reveal() == "made-up"
    assert read(vault, "entry") == "made-up", "open is open"
    assert len(asked) == 1


def test_a_vault_without_a_way_to_its_passphrase_is_locked_and_says_so(vault: VaultStore) -> None:
    with pytest.raises(InteractionNotAllowedError):
        run(admin(vault).init(Mode.PASSPHRASE, terms()))
    with pytest.raises(ArgumentValueError, match="empty"):
        run(admin(vault).init(Mode.PASSPHRASE, terms(), ask("")))
    run(admin(vault).init(Mode.PASSPHRASE, terms(), ask(PHRASE)))
    vault.close()
    (finding,) = [one for one in run(vault.examine(terms())) if one.state == "note"]
    assert "locked" in finding.detail
    assert problems(vault) == []
    with pytest.raises(LockedError):
        put(vault, "entry", "made-up")


# --- the kernel's keyring ---------------------------------------------------------------------


def test_unlock_and_lock(vault: VaultStore, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(admin(vault).init(Mode.PASSPHRASE, terms()))
    put(vault, "entry", "made-up")
    status = run(admin(vault).unlock(60, terms()))
    assert not status.locked
    assert 55 < status.seconds_left <= 60
    monkeypatch.delenv("FACTORYWAGER_VAULT_PASSPHRASE_FILE")
    vault.close()
    assert read(vault, "entry") == "made-up"
    run(admin(vault).unlock(600, terms()))  # longer, without asking again
    assert run(admin(vault).status(terms())).seconds_left > 500
    assert run(admin(vault).lock(terms())) is True
    with pytest.raises(LockedError):
        read(vault, "entry")
    assert run(admin(vault).lock(terms())) is False
    assert run(admin(vault).status(terms())).locked


def test_an_unlocked_vault_locks_itself(
    vault: VaultStore, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(admin(vault).init(Mode.PASSPHRASE, terms()))
    run(admin(vault).unlock(1, terms()))
    monkeypatch.delenv("FACTORYWAGER_VAULT_PASSPHRASE_FILE")
    eventually(lambda: run(admin(vault).status(terms())).locked, "the kernel forgets the key", within=5)
    vault.close()
    with pytest.raises(LockedError):
        read(vault, "entry")
    # and can be unlocked again after that
    monkeypatch.setenv("FACTORYWAGER_VAULT_PASSPHRASE_FILE", str(passphrase_file))
    assert not run(admin(vault).unlock(60, terms())).locked
    assert run(admin(vault).lock(terms()))


def test_a_kept_key_is_of_no_use_after_a_rekey(vault: VaultStore, passphrase_file: Path) -> None:
    run(admin(vault).init(Mode.PASSPHRASE, terms()))
    run(admin(vault).unlock(60, terms()))
    header = vault.access.home.read().header
    run(admin(vault).rekey(None, terms(), ask("another made-up phrase")))
    assert kernel_keyring.find(header) is None
    vault.close()
    with pytest.raises(AuthenticationError):
        read(vault, "entry")


def test_a_kernel_without_keyrings_is_said_so(
    vault: VaultStore, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_keyring, "_CALLS", {})  # as on a machine whose call numbers are not known: ENOSYS
    run(admin(vault).init(Mode.PASSPHRASE, terms()))
    with pytest.raises(UnavailableError, match="kernel keyring"):
        run(admin(vault).unlock(60, terms()))
    assert run(admin(vault).lock(terms())) is False
    put(vault, "entry", "made-up")
    assert read(vault, "entry") == "made-up"


def test_only_a_passphrase_can_be_locked(vault: VaultStore) -> None:
    with pytest.raises(NotFoundError, match="no vault"):
        run(admin(vault).lock(terms()))
    put(vault, "entry", "made-up")
    for flow in (admin(vault).lock(terms()), admin(vault).unlock(60, terms())):
        with pytest.raises(ConflictError, match="key-file"):
            run(flow)


# --- sealed -----------------------------------------------------------------------------------


def test_one_entry_in_another_store_seals_the_vault(open_vault: Callable[..., VaultStore], home: Path) -> None:
    keeper = MemoryStore()
    vault = open_vault(keeper=keeper)
    status = run(admin(vault).init(Mode.SEALED, terms()))
    assert (status.mode, status.locked) == (Mode.SEALED, False)
    for number in range(5):
        put(vault, f"entry-{number}", "made-up" * 1000)
    (info,) = run(keeper.list(None, terms()))
    assert info.service == ENTRY_SERVICE
    assert info.name.startswith(f"{status.vault_id}-")
    value = run(keeper.get(Ref(info.service, info.name), terms()))
    assert value is not None
    assert len(bytes.fromhex(value.reveal())) == 32
    vault.close()
    assert read(vault, "entry-4") == "made-up" * 1000
    run(admin(vault).rekey(None, terms()))
    (after,) = run(keeper.list(None, terms()))
    assert after.name != info.name, "the old key is gone from the other store"
    assert read(open_vault(keeper=keeper), "entry-4") == "made-up" * 1000
    run(admin(vault).rekey(Mode.KEY_FILE, terms()))
    assert run(keeper.list(None, terms())) == []
    assert read(open_vault(), "entry-4") == "made-up" * 1000


def test_a_lost_or_foreign_entry_is_an_error_and_no_new_vault(open_vault: Callable[..., VaultStore]) -> None:
    keeper = MemoryStore()
    vault = open_vault(keeper=keeper)
    run(admin(vault).init(Mode.SEALED, terms()))
    put(vault, "entry", "made-up")
    (info,) = run(keeper.list(None, terms()))
    entry = Ref(info.service, info.name)

    def give(text: str) -> None:
        run(keeper.set(entry, Secret(text), terms(), Options()))
        vault.close()

    give("0" * 64)
    with pytest.raises(AuthenticationError, match="not this vault's"):
        read(vault, "entry")
    for text in ("not a key", "g" * 64):
        give(text)
        with pytest.raises(CorruptError, match="not a key"):
            read(vault, "entry")
    run(keeper.delete(entry, terms()))
    with pytest.raises(NotFoundError, match=info.name):
        put(vault, "entry", "made-up")
    assert run(keeper.list(None, terms())) == []


def test_a_keeper_that_fails_leaves_nothing_behind(open_vault: Callable[..., VaultStore], home: Path) -> None:
    class Refusing(MemoryStore):
        def set(self, *arguments: object) -> object:
            raise LockedError("made-up refusal", store="keeper")

    vault = open_vault(keeper=Refusing())
    with pytest.raises(LockedError, match="made-up refusal"):
        run(admin(vault).init(Mode.SEALED, terms()))
    assert list(home.iterdir()) == []
    put(vault, "entry", "made-up")
    before = sorted(home.iterdir())
    with pytest.raises(LockedError, match="made-up refusal"):
        run(admin(vault).rekey(Mode.SEALED, terms()))
    assert sorted(home.iterdir()) == before
    assert read(vault, "entry") == "made-up"


# --- from one to another ----------------------------------------------------------------------


@pytest.mark.parametrize("into", list(Mode))
@pytest.mark.parametrize("mode", list(Mode))
def test_a_rekey_goes_from_any_mode_to_any(open_vault: Callable[..., VaultStore], mode: Mode, into: Mode) -> None:
    keeper = MemoryStore()
    vault = open_vault(keeper=keeper, passphrase=ask(PHRASE))
    first = run(admin(vault).init(mode, terms(), ask(PHRASE)))
    for number in range(12):
        put(vault, "entry", f"made-up-{number}")
    before = run(vault.list(None, terms())), run(vault.versions(Ref(SERVICE, "entry"), terms()))
    status = run(admin(vault).rekey(into, terms(interactive=True), ask("new made-up phrase")))
    assert (status.mode, status.vault_id) == (into, first.vault_id)
    fresh = open_vault(keeper=keeper, passphrase=ask("new made-up phrase"))
    run(fresh.get(Ref(SERVICE, "entry"), terms(interactive=True)))
    assert (run(fresh.list(None, terms())), run(fresh.versions(Ref(SERVICE, "entry"), terms()))) == before
    assert read(fresh, "entry") == "made-up-11"
    assert problems(fresh) == []


def test_an_existing_vault_is_not_made_again(vault: VaultStore) -> None:
    put(vault, "entry", "made-up")
    with pytest.raises(ConflictError, match="already"):
        run(admin(vault).init(Mode.PASSPHRASE, terms(), ask(PHRASE)))
    assert read(vault, "entry") == "made-up"
