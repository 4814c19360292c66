"""The vault's directory: where it is, and who may look into it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from factorywager.errors import AccessDeniedError, StoreError, UnavailableError
from factorywager.stores.vault import engine
from factorywager.stores.vault.home import Home
from harness.forks import fork, status_of
from vault.workshop import VaultStore, admin, database, key_file, problems, put, read, run, terms

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become, or give files to, another user")


def test_the_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FACTORYWAGER_HOME", str(tmp_path / "a"))
    assert Home().path == str(tmp_path / "a")
    assert Home(tmp_path / "b").path == str(tmp_path / "b")
    monkeypatch.delenv("FACTORYWAGER_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Home().path == str(tmp_path / "data" / "factorywager")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")  # to be ignored, says the specification
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Home().path == str(tmp_path / ".local" / "share" / "factorywager")


@needs_root
def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FACTORYWAGER_HOME", "HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)

    def work() -> None:
        os.setuid(54321)  # in no passwd file
        with pytest.raises(UnavailableError, match="no home directory") as caught:
            put(VaultStore(), "entry", "made-up")
        assert "FACTORYWAGER_HOME" in (caught.value.hint or "")

    assert status_of(fork(work)) == 0


@needs_root
def test_a_directory_that_cannot_be_written_is_an_error(home: Path) -> None:
    home.mkdir(0o700)

    def work() -> None:
        os.setuid(54321)
        store = VaultStore(home / "inner")
        with pytest.raises(AccessDeniedError):
            put(store, "entry", "made-up")
        with pytest.raises(AccessDeniedError):
            read(store, "entry")

    assert status_of(fork(work)) == 0
    (home / "file").touch()
    with pytest.raises(StoreError):
        put(VaultStore(home / "file"), "entry", "made-up")


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_files_are_private_whatever_the_umask(home: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store = VaultStore(home)
        put(store, "entry", "made-up")
        run(admin(store).rekey(None, terms()))
        put(store, "entry", "made-up-again")
        store.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert len(list(home.iterdir())) == 4
    for path in home.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


PARTS: list[Callable[[Path], Path]] = [lambda home: home, lambda home: home / "vault.header", key_file, database]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("mode", [0o040, 0o020, 0o004, 0o002])
def test_what_others_can_use_is_refused_with_the_remedy(
    vault: VaultStore, home: Path, part: Callable[[Path], Path], mode: int
) -> None:
    put(vault, "entry", "made-up")
    vault.close()
    path = part(home)
    own = stat.S_IMODE(path.stat().st_mode)
    path.chmod(own | mode)
    for use in (lambda: read(vault, "entry"), lambda: put(vault, "entry", "made-up-new")):
        with pytest.raises(AccessDeniedError, match="others may use") as caught:
            use()
        assert caught.value.hint == f"run: chmod {own:o} {path}"
    assert any("others may use" in found for found in problems(vault))
    path.chmod(own)
    assert read(vault, "entry") == "made-up"


@needs_root
@pytest.mark.parametrize("part", PARTS)
def test_what_belongs_to_another_user_is_refused(vault: VaultStore, home: Path, part: Callable[[Path], Path]) -> None:
    put(vault, "entry", "made-up")
    vault.close()
    os.chown(part(home), 54321, -1)
    with pytest.raises(AccessDeniedError, match="user 54321"):
        read(vault, "entry")


@pytest.mark.parametrize("part", PARTS[1:])
def test_a_symbolic_link_in_a_files_place_is_not_followed(
    vault: VaultStore, home: Path, tmp_path: Path, part: Callable[[Path], Path]
) -> None:
    put(vault, "entry", "made-up")
    vault.close()
    path = part(home)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AccessDeniedError):
        read(vault, "entry")


def test_a_directory_reached_through_a_symbolic_link_serves(home: Path, tmp_path: Path) -> None:
    home.mkdir(0o700)
    (tmp_path / "link").symlink_to(home)
    store = VaultStore(tmp_path / "link")
    put(store, "entry", "made-up")
    assert read(VaultStore(home), "entry") == "made-up"
    store.close()


def test_plain_apsw_is_refused(vault: VaultStore, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It installs over the same module, and would write everything in the clear."""
    import apsw

    put(vault, "entry", "made-up")
    vault.close()
    monkeypatch.delattr(apsw, "mc_version")
    with pytest.raises(UnavailableError, match="without encryption"):
        read(vault, "entry")
    with pytest.raises(UnavailableError, match="without encryption"):
        put(VaultStore(home.with_name("other")), "entry", "made-up")
    assert list(home.with_name("other").iterdir()) == []
    monkeypatch.setitem(__import__("sys").modules, "apsw", None)
    with pytest.raises(UnavailableError, match="not installed"):
        engine._apsw()


def test_a_vault_being_made_is_not_taken_for_one_that_lost_its_header(tmp_path: Path) -> None:
    """Looked at all the while that three processes make it, of which two fail to."""
    seen = {True: 0, False: 0}
    for number in range(30):
        home = Home(tmp_path / f"vault-{number}")
        seen[home.read() is None] += 1
        makers = [fork(lambda home=home: put(VaultStore(home.path), "entry", "made-up")) for _ in range(3)]
        while makers:
            seen[home.read() is None] += 1
            pid, status = os.waitpid(makers[0], os.WNOHANG)
            if pid:
                assert status == 0
                makers.pop(0)
    assert all(seen.values()), seen
