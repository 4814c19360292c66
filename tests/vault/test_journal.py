"""What a crash leaves for the next process to roll back, and why the journal is not a write-ahead log."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
from pathlib import Path

import apsw
import pytest

from factorywager.errors import CorruptError
from factorywager.model import Ref, Secret
from harness.forks import fork, status_of
from vault.workshop import SERVICE, VaultStore, database, problems, put, read, terms

OLD = {f"entry-{number}": f"made-up-old-{number}" * 100 for number in range(30)}
NEW = {name: value.replace("old", "new") for name, value in OLD.items()}


@pytest.fixture
def crashed(home: Path) -> Path:
    """A vault whose writer was killed with half of a large change in the database file already."""
    store = VaultStore(home)
    for name, value in OLD.items():
        put(store, name, value)
    store.close()

    def work() -> None:
        store = VaultStore(home)
        assert read(store, "entry-0") == OLD["entry-0"]
        with store.access.writing(terms().deadline) as opened:
            opened.engine.execute("pragma cache_size=2; pragma cache_spill=2")
            for name, value in NEW.items():
                opened.entries.set(Ref(SERVICE, name), Secret(value), None)
            os.kill(os.getpid(), signal.SIGKILL)

    before = database(home).read_bytes()
    assert status_of(fork(work)) == -signal.SIGKILL
    assert database(home).read_bytes() != before, "nothing to roll back: this would show nothing"
    assert journal(home).stat().st_size > 0
    return home


def journal(home: Path) -> Path:
    (path,) = home.glob("vault-*.db-journal")
    return path


def test_a_half_written_change_is_rolled_back(crashed: Path) -> None:
    store = VaultStore(crashed)
    assert {name: read(store, name) for name in OLD} == OLD
    assert problems(store) == []
    store.close()


def test_a_damaged_journal_gives_no_wrong_value(crashed: Path, tmp_path: Path) -> None:
    """It may undo the rollback itself (docs/adr/0002): then pages of two states are read, and say so."""
    size = journal(crashed).stat().st_size
    offsets = [*range(0, 28, 3), 512, 513, 515, 600, 4607, 4608, *random.sample(range(size), 40)]
    rolled_back = noticed = 0
    for number, offset in enumerate(offsets):
        home = tmp_path / f"damaged-{number}"
        shutil.copytree(crashed, home)
        raw = bytearray(journal(home).read_bytes())
        raw[offset] ^= 1 << random.randrange(8)
        journal(home).write_bytes(raw)
        store = VaultStore(home)
        values: dict[str, str | None] = {}
        for name in OLD:
            with contextlib.suppress(CorruptError):
                values[name] = read(store, name)
        assert all(value in (OLD[name], NEW[name]) for name, value in values.items()), offset
        if values == OLD and not problems(store):
            rolled_back += 1
        else:
            noticed += bool(problems(store))
        store.close()
    assert rolled_back + noticed == len(offsets)
    assert noticed, "no damage was done: this shows nothing"


def test_a_write_ahead_log_would_lose_acknowledged_writes_to_one_flipped_bit(tmp_path: Path) -> None:
    """The reason for `journal_mode=truncate`, on the engine alone: a log is read up to its first bad checksum, and
    what was committed behind that is silently gone.  When this fails, the choice can be made anew."""
    path = tmp_path / "wal.db"

    def connect(file: Path) -> apsw.Connection:
        connection = apsw.Connection(str(file))
        connection.execute(f"pragma cipher='chacha20'; pragma key='raw:{'ab' * 32}'").fetchall()
        return connection

    writer = connect(path)
    writer.execute("pragma journal_mode=wal; pragma wal_autocheckpoint=0; create table t (x)").fetchall()
    for number in range(5):
        writer.execute("insert into t values (?)", (number,))
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{path}{suffix}", f"{tmp_path / 'copy.db'}{suffix}")
    writer.close()
    log = tmp_path / "copy.db-wal"
    raw = bytearray(log.read_bytes())
    raw[-2000] ^= 1
    log.write_bytes(raw)
    reader = connect(tmp_path / "copy.db")
    assert [row[0] for row in reader.execute("select x from t")] == [0, 1, 2, 3]
    assert reader.execute("pragma integrity_check").fetchall() == [("ok",)]
    reader.close()
