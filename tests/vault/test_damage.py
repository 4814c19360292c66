"""Damage and substitution: the right value or a clear error, never a wrong value, never an empty vault."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from factorywager.errors import AuthenticationError, CorruptError, NotFoundError, StoreError
from factorywager.model import Ref
from vault.workshop import SERVICE, VaultStore, admin, database, key_file, problems, put, read, run, terms

VALUES = {f"entry-{number}": f"made-up-{number}-" * (1 + 60 * number) for number in range(5)}
CLEAR = (CorruptError, AuthenticationError, NotFoundError)  # the last: a key file that is not there


@pytest.fixture
def pristine(tmp_path: Path) -> Path:
    """A closed vault with a few entries, one of them over several pages, one with versions, one deleted."""
    path = tmp_path / "pristine"
    store = VaultStore(path)
    for name, value in VALUES.items():
        put(store, name, value)
    put(store, "entry-0", "made-up-later")
    put(store, "entry-0", VALUES["entry-0"])
    put(store, "gone", "made-up-and-gone")
    run(store.delete(Ref(SERVICE, "gone"), terms()))
    store.close()
    return path


def check(home: Path, what: str) -> None:
    """Every read gives the right value or a clear error, at least one thing is reported, nothing is made anew."""
    before = sorted(os.listdir(home))
    store = VaultStore(home)
    try:
        for name, value in VALUES.items():
            with contextlib.suppress(*CLEAR):
                assert read(store, name) == value, what
        assert problems(store), f"{what}: not noticed by the examination"
        assert [name for name in sorted(os.listdir(home)) if "journal" not in name] == [
            name for name in before if "journal" not in name
        ], what
    finally:
        store.close()


def each_change(pristine: Path, home: Path, find: Callable[[Path], Path], changes: Callable[[bytes], object]) -> None:
    shutil.copytree(pristine, home)
    path = find(home)
    original = path.read_bytes()
    for what, changed in changes(original):
        path.write_bytes(changed)
        check(home, f"{path.name} {what}")


def header(home: Path) -> Path:
    return home / "vault.header"


def flips(offsets: Callable[[int], list[int]]) -> Callable[[bytes], object]:
    def changes(original: bytes) -> object:
        for offset in offsets(len(original)):
            changed = bytearray(original)
            changed[offset] ^= 1 << random.randrange(8)
            yield f"flipped at {offset}", bytes(changed)

    return changes


def cuts(sizes: Callable[[int], list[int]]) -> Callable[[bytes], object]:
    def changes(original: bytes) -> object:
        for size in sizes(len(original)):
            yield f"cut to {size}", original[:size]

    return changes


@pytest.mark.parametrize("find", [header, key_file, database])
def test_a_flipped_bit_is_noticed(pristine: Path, home: Path, find: Callable[[Path], Path]) -> None:
    # the database's plain first bytes, the ends of pages, and a sample of the rest
    edges = [0, 15, 16, 17, 18, 20, 23, 24, 99, 100, 4063, 4064, 4079, 4080, 4095, 4096]
    each_change(
        pristine,
        home,
        find,
        flips(lambda size: [at for at in edges if at < size] + random.sample(range(size), min(size, 60)) + [size - 1]),
    )


@pytest.mark.parametrize("find", [header, key_file, database])
def test_a_truncated_file_is_noticed(pristine: Path, home: Path, find: Callable[[Path], Path]) -> None:
    edges = [0, 1, 15, 16, 100, 511, 512, 4095, 4096, 8192]
    each_change(
        pristine,
        home,
        find,
        cuts(lambda size: [at for at in edges if at < size] + random.sample(range(size), min(size, 20)) + [size - 1]),
    )


@pytest.mark.long
@pytest.mark.parametrize("find", [header, key_file, database])
def test_any_flipped_byte_is_noticed(pristine: Path, home: Path, find: Callable[[Path], Path]) -> None:
    each_change(pristine, home, find, flips(lambda size: list(range(size))))


@pytest.mark.long
@pytest.mark.parametrize("find", [header, key_file, database])
def test_any_truncation_is_noticed(pristine: Path, home: Path, find: Callable[[Path], Path]) -> None:
    each_change(pristine, home, find, cuts(lambda size: list(range(0, size, 1 if size < 1000 else 16))))


def test_an_entry_moved_onto_anothers_place_is_not_read(pristine: Path) -> None:
    store = VaultStore(pristine)
    assert read(store, "entry-1") == VALUES["entry-1"]
    with store.access.writing(terms().deadline) as opened:
        sealed = opened.engine.value("select sealed from versions where name = 'entry-2'")
        opened.engine.execute("update versions set sealed = ? where name = 'entry-1'", (sealed,))
    with pytest.raises(CorruptError, match=f"{SERVICE}/entry-1"):
        read(store, "entry-1")
    assert read(store, "entry-2") == VALUES["entry-2"]
    assert any("entry-1" in found for found in problems(store))
    # nor with all that belongs to it: the revision it was sealed for is bound as well
    with store.access.writing(terms().deadline) as opened:
        opened.engine.execute("delete from versions where name = 'entry-1'")
        opened.engine.execute("update versions set name = 'entry-1' where name = 'entry-2'")
        opened.engine.execute("delete from entries where name = 'entry-1'")
        opened.engine.execute("update entries set name = 'entry-1' where name = 'entry-2'")
    with pytest.raises(CorruptError):
        read(store, "entry-1")
    store.close()


def test_an_earlier_version_does_not_pass_for_the_current_one(pristine: Path) -> None:
    store = VaultStore(pristine)
    put(store, "entry-1", "made-up-newer")
    with store.access.writing(terms().deadline) as opened:
        old = opened.engine.value("select sealed from versions where name = 'entry-1' and number = 1")
        opened.engine.execute("update versions set sealed = ? where name = 'entry-1' and number = 2", (old,))
    with pytest.raises(CorruptError):
        read(store, "entry-1")
    store.close()


def test_an_entry_without_a_value_is_damage_and_not_missing(pristine: Path) -> None:
    store = VaultStore(pristine)
    assert read(store, "entry-3") == VALUES["entry-3"]
    with store.access.writing(terms().deadline) as opened:
        opened.engine.execute("delete from versions where name = 'entry-3'")
    with pytest.raises(CorruptError):
        read(store, "entry-3")
    assert any("entry-3" in found for found in problems(store))
    store.close()


@pytest.mark.parametrize("find", [header, key_file, database])
def test_another_vaults_file_is_refused(
    pristine: Path, home: Path, tmp_path: Path, find: Callable[[Path], Path]
) -> None:
    shutil.copytree(pristine, home)
    other = tmp_path / "other"
    store = VaultStore(other)
    put(store, "entry-0", "made-up-stranger")
    store.close()
    shutil.copyfile(find(other), find(home))
    check(home, f"another vault's {find(home).name}")


def test_a_missing_database_is_damage(pristine: Path) -> None:
    database(pristine).unlink()
    store = VaultStore(pristine)
    with pytest.raises(CorruptError, match="missing"):
        read(store, "entry-0")
    with pytest.raises(CorruptError, match="missing"):
        put(store, "entry-0", "made-up")
    assert not list(pristine.glob("vault-*.db"))


def test_a_missing_header_is_damage_and_no_new_vault(pristine: Path) -> None:
    header(pristine).unlink()
    store = VaultStore(pristine)
    with pytest.raises(CorruptError, match="missing"):
        read(store, "entry-0")
    with pytest.raises(CorruptError, match="missing"):
        put(store, "entry-0", "made-up")
    with pytest.raises(CorruptError, match="missing"):
        run(admin(store).status(terms()))
    assert not header(pristine).exists()


def test_a_missing_key_file_is_its_own_error_and_no_new_vault(pristine: Path) -> None:
    key_file(pristine).unlink()
    store = VaultStore(pristine)
    with pytest.raises(NotFoundError, match="key file") as caught:
        put(store, "entry-0", "made-up")
    assert "backup" in (caught.value.hint or "")
    assert not list(pristine.glob("vault-*.key"))


def test_what_was_left_of_no_vault_is_no_vault(pristine: Path) -> None:
    # a key file, a journal and an editor's copy: nothing that a header could be missing from
    header(pristine).unlink()
    database(pristine).unlink()
    (pristine / "vault.header~").write_text("x")
    store = VaultStore(pristine)
    assert read(store, "entry-0") is None
    put(store, "entry-0", "made-up-anew")
    assert read(store, "entry-0") == "made-up-anew"
    store.close()


def test_a_rekey_of_a_damaged_vault_changes_nothing(pristine: Path) -> None:
    store = VaultStore(pristine)
    assert read(store, "entry-1") == VALUES["entry-1"]
    with store.access.writing(terms().deadline) as opened:
        opened.engine.execute("update versions set sealed = cast(x'00' || sealed as blob) where name = 'entry-1'")
    before = {path.name: path.read_bytes() for path in pristine.iterdir()}
    with pytest.raises(StoreError, match="damaged"):
        run(admin(store).rekey(None, terms()))
    assert {path.name: path.read_bytes() for path in pristine.iterdir()} == before
    assert read(store, "entry-2") == VALUES["entry-2"]
    store.close()
