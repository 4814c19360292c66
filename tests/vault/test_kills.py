"""Killed at any moment: what was acknowledged is there, what is read was written whole, one key is in force."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import select
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import factorywager.stores.vault as room
from factorywager.model import Ref
from factorywager.protocols.vault import Mode
from factorywager.stores.memory import MemoryStore
from harness.forks import die_at_line, fork, status_of
from vault.workshop import SERVICE, VaultStore, admin, ask, database, problems, put, read, run, terms

WRITERS = 3
NAMES = 4  # for each writer
SHARED = "shared"


def value(writer: int, name: str, number: int) -> str:
    """Tells a reader who wrote it and whether it is whole; several pages long now and then."""
    stem = f"{writer}:{name}:{number}:"
    return stem + hashlib.sha256(stem.encode()).hexdigest() * (120 if number % 7 == 0 else 2)


def number_in(text: str, name: str) -> int:
    """The number of a value, once it is sure to be one that was written for this entry."""
    writer, owner, number, _ = text.split(":")
    assert owner == name
    assert text == value(int(writer), name, int(number)), "half a value"
    return int(number)


class Writer(NamedTuple):
    index: int
    pid: int
    acknowledgements: int  # a pipe


def start_writer(home: Path, index: int, first: int) -> Writer:
    reading, writing = os.pipe()

    def work() -> None:
        os.close(reading)
        store = VaultStore(home)
        number = first
        while True:
            for name in (*(f"w{index}-{which}" for which in range(NAMES)), SHARED):
                put(store, name, value(index, name, number))
                os.write(writing, f"{name}:{number}\n".encode())
            number += 1

    pid = fork(work)
    os.close(writing)
    os.set_blocking(reading, False)
    return Writer(index, pid, reading)


def acknowledged(writer: Writer, until_end: bool) -> list[tuple[str, int]]:
    """What a writer has been promised so far; ``until_end``: and will ever have been."""
    data = b""
    while True:
        try:
            piece = os.read(writer.acknowledgements, 65536)
        except BlockingIOError:
            if not until_end:
                break
            select.select([writer.acknowledgements], [], [], 10)
            continue
        if not piece:
            break
        data += piece
    lines = [line.rpartition(":") for line in data.decode().splitlines()]
    return [(name, int(number)) for name, _, number in lines]


def kill_writers(home: Path, kills: int) -> None:
    promised: dict[str, int] = {}
    writers = [start_writer(home, index, 0) for index in range(WRITERS)]

    def note(writer: Writer, until_end: bool = False) -> None:
        for name, number in acknowledged(writer, until_end):
            if name != SHARED:
                promised[name] = number

    try:
        for _ in range(kills):
            victim = random.choice(writers)
            # not before it has begun to write, and then at any moment of several writes
            select.select([victim.acknowledgements], [], [], 20)
            time.sleep(random.uniform(0, 0.012))
            os.kill(victim.pid, signal.SIGKILL)
            assert status_of(victim.pid) == -signal.SIGKILL
            note(victim, until_end=True)
            os.close(victim.acknowledgements)
            writers.remove(victim)
            for writer in writers:
                note(writer)
            expected = dict(promised)
            store = VaultStore(home)
            for name, number in expected.items():
                text = read(store, name)
                assert text is not None, f"{name}:{number} was acknowledged and is lost"
                assert number_in(text, name) >= number, f"{name}:{number} was acknowledged and is overwritten"
            shared = read(store, SHARED)
            if shared is not None:
                number_in(shared, SHARED)
            store.close()
            own = [number for name, number in expected.items() if name.startswith(f"w{victim.index}-")]
            writers.append(start_writer(home, victim.index, max(own, default=0) + 1))
    finally:
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
            status_of(writer.pid)
            os.close(writer.acknowledgements)
    store = VaultStore(home)
    assert len(promised) == WRITERS * NAMES, "the writers wrote too little for this to show anything"
    assert problems(store) == []
    for name in promised:
        for version in run(store.versions(Ref(SERVICE, name), terms())):
            secret = run(store.get_version(Ref(SERVICE, name), version.number, terms()))
            assert secret is not None
            number_in(secret.reveal(), name)
    store.close()


def test_killed_writers_lose_nothing(home: Path) -> None:
    kill_writers(home, 20)


@pytest.mark.long
def test_five_hundred_killed_writers_lose_nothing(home: Path) -> None:
    kill_writers(home, 500)


# --- init and rekey ---------------------------------------------------------------------------

ENTRIES = {f"entry-{number}": f"made-up-{number}" for number in range(4)}


def killed_at(line: int, work: Callable[[], None]) -> bool:
    def dying() -> None:
        die_at_line(line, room)
        work()

    status = status_of(fork(dying))
    assert status in (0, -signal.SIGKILL), "the work itself failed"
    return status != 0


def each_step(stride: int, before: Callable[[], None], work: Callable[[], None], after: Callable[[int], None]) -> int:
    """Kill ``work`` at one line after the other, until it reaches its end; gives how often it was killed."""
    kills = 0
    line = random.randint(1, stride)
    while True:
        before()
        dead = killed_at(line, work)
        after(line)
        if not dead:
            return kills
        kills += 1
        line += stride


def kill_init(home: Path, stride: int) -> int:
    def before() -> None:
        shutil.rmtree(home, ignore_errors=True)

    def work() -> None:
        put(VaultStore(home), "entry-0", "made-up-0")

    def after(line: int) -> None:
        store = VaultStore(home)
        assert read(store, "entry-0") in (None, "made-up-0"), line
        put(store, "entry-1", "made-up-1")
        assert read(store, "entry-1") == "made-up-1"
        assert problems(store) == [], line
        run(admin(store).rekey(None, terms()))
        assert read(store, "entry-1") == "made-up-1"
        # nothing is left of what the killed process had begun
        assert {path.suffix for path in home.glob("vault-*")} <= {".db", ".db-journal", ".key"}
        database(home)
        store.close()

    return each_step(stride, before, work, after)


def kill_rekey(home: Path, keeper: MemoryStore, into: Mode, stride: int) -> int:
    """A rekey from a key file, into ``into``; the passphrase is known to whoever opens the vault afterwards."""

    def user() -> VaultStore:
        return VaultStore(home, keeper=keeper, passphrase=ask("made up phrase"))

    def everything(store: VaultStore) -> dict[str, str | None]:
        secrets = run(store.get_many(SERVICE, None, terms(interactive=True)))
        return {name: secret.reveal() for name, secret in secrets.items()}

    def before() -> None:
        shutil.rmtree(home, ignore_errors=True)
        store = VaultStore(home)
        for name, text in ENTRIES.items():
            put(store, name, text)
        store.close()

    def work() -> None:
        store = VaultStore(home, keeper=keeper)
        run(admin(store).rekey(into, terms(), ask("made up phrase")))

    def after(line: int) -> None:
        store = user()
        assert everything(store) == ENTRIES, line
        run(admin(store).rekey(Mode.KEY_FILE, terms(interactive=True)))
        store.close()
        store = user()
        assert everything(store) == ENTRIES, line
        assert problems(store) == [], line
        assert len(list(home.iterdir())) <= 4, "leftovers of the killed rekey were not swept"
        store.close()

    return each_step(stride, before, work, after)


def test_a_killed_first_write_leaves_no_vault_or_a_whole_one(home: Path) -> None:
    assert kill_init(home, 31) > 5


def test_a_killed_rekey_leaves_the_old_key_or_the_new_one(home: Path) -> None:
    assert kill_rekey(home, MemoryStore(), Mode.KEY_FILE, 41) > 10


def test_a_killed_change_to_a_passphrase_leaves_the_old_key_or_the_new_one(home: Path) -> None:
    assert kill_rekey(home, MemoryStore(), Mode.PASSPHRASE, 151) > 3


@pytest.mark.long
def test_a_first_write_killed_at_every_line_leaves_no_vault_or_a_whole_one(home: Path) -> None:
    assert kill_init(home, 1) > 300


@pytest.mark.long
def test_a_rekey_killed_at_every_third_line_leaves_the_old_key_or_the_new_one(home: Path) -> None:
    assert kill_rekey(home, MemoryStore(), Mode.KEY_FILE, 3) > 200


def test_rekeys_killed_at_random_moments_under_a_writer_lose_nothing(home: Path) -> None:
    store = VaultStore(home)
    put(store, "first", value(9, "first", 1))
    store.close()
    writer = start_writer(home, 0, 0)
    promised: dict[str, int] = {}
    rekeyed = 0
    try:
        for _ in range(12):

            def work() -> None:
                store = VaultStore(home)
                while True:
                    run(admin(store).rekey(None, terms()))

            pid = fork(work)
            before = (home / "vault.header").read_bytes()
            time.sleep(random.uniform(0.02, 0.08))
            os.kill(pid, signal.SIGKILL)
            status_of(pid)
            promised.update(acknowledged(writer, until_end=False))
            expected = dict(promised)
            rekeyed += (home / "vault.header").read_bytes() != before
            store = VaultStore(home)
            assert read(store, "first") == value(9, "first", 1)
            for name, number in expected.items():
                text = read(store, name)
                assert text is not None
                assert number_in(text, name) >= number, "a rekey lost a write"
            assert problems(store) == []
            store.close()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(writer.pid, signal.SIGKILL)
        assert status_of(writer.pid) == -signal.SIGKILL, "the writer failed"
        os.close(writer.acknowledgements)
    assert rekeyed > 0
    assert promised
