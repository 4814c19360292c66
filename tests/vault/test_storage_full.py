"""A full disk, a full quota, a limit on file sizes: a clear error, and what was stored stays."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from factorywager.errors import StorageFullError
from factorywager.model import Ref, Secret
from factorywager.stores.store import Options
from harness.forks import fork, status_of
from vault.workshop import SERVICE, VaultStore, admin, problems, put, read, run, terms


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    path = tmp_path / "disk"
    path.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", str(path)], check=True)
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def fill(disk: Path, leave: int = 0) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
        file.truncate(max(0, file.tell() - leave))
    return filler


@pytest.mark.parametrize("leave", [0, 4096, 8192, 16384])
def test_a_full_disk_keeps_what_was_stored(small_disk: Path, leave: int) -> None:
    vault = VaultStore(small_disk / "vault")
    put(vault, "entry", "made-up-old")
    filler = fill(small_disk, leave)
    for number in range(3):
        with pytest.raises(StorageFullError) as caught:
            put(vault, "entry", f"made-up-{number}" * 10_000)
        assert "nothing was changed" in (caught.value.hint or "")
        assert read(vault, "entry") == "made-up-old"
    values = {f"entry-{number}": Secret("made-up" * 1000) for number in range(20)}
    with pytest.raises(StorageFullError):
        run(vault.set_many(SERVICE, values, terms(), Options()))
    assert [info.name for info in run(vault.list(None, terms()))] == ["entry"]
    vault.close()
    assert read(vault, "entry") == "made-up-old", "a full disk can be read from"
    assert problems(vault) == []
    filler.unlink()
    put(vault, "entry", "made-up-new")
    assert read(vault, "entry") == "made-up-new"
    vault.close()


@pytest.mark.parametrize("leave", [0, 4096, 8192, 16384, 24576])
def test_a_rekey_on_a_full_disk_changes_nothing(small_disk: Path, leave: int) -> None:
    vault = VaultStore(small_disk / "vault")
    put(vault, "entry", "made-up" * 1000)
    before = sorted(os.listdir(small_disk / "vault"))
    filler = fill(small_disk, leave)
    with pytest.raises(StorageFullError):
        run(admin(vault).rekey(None, terms()))
    assert sorted(os.listdir(small_disk / "vault")) == before
    assert read(vault, "entry") == "made-up" * 1000
    filler.unlink()
    run(admin(vault).rekey(None, terms()))
    assert read(vault, "entry") == "made-up" * 1000
    vault.close()


@pytest.mark.parametrize("leave", [0, 4096, 8192, 16384])
def test_no_vault_is_made_on_a_full_disk(small_disk: Path, leave: int) -> None:
    filler = fill(small_disk, leave)
    vault = VaultStore(small_disk / "vault")
    with pytest.raises(StorageFullError):
        put(vault, "entry", "made-up")
    assert read(vault, "entry") is None
    assert list((small_disk / "vault").glob("*")) == []
    filler.unlink()
    put(vault, "entry", "made-up")
    assert read(vault, "entry") == "made-up"
    vault.close()


def test_a_limit_on_file_sizes_is_a_full_disk_too(home: Path) -> None:
    vault = VaultStore(home)
    put(vault, "entry", "made-up-old")
    vault.close()

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))  # EFBIG; Python ignores SIGXFSZ
        store = VaultStore(home)
        with pytest.raises(StorageFullError):
            run(store.set(Ref(SERVICE, "entry"), Secret("x" * 100_000), terms(), Options()))
        assert read(store, "entry") == "made-up-old"

    assert status_of(fork(work)) == 0
    assert read(vault, "entry") == "made-up-old"
    assert problems(vault) == []
    vault.close()
