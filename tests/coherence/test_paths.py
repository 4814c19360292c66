"""What is remembered of an item never gives a wrong value, nor an old one, whatever another program does meanwhile."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factorywager.errors import AmbiguousError, InteractionNotAllowedError, LockedError
from harness.bus import Bus
from harness.caller import Caller
from harness.gnome_keyring import GnomeKeyring
from harness.process import Process

from .diary import Diary, Read

SERVICE = "com.example.coherence"
NAMES = ["alpha", "beta", "gamma"]
TESTS = Path(__file__).parents[1]


class Reader:
    """Reads through a facade, and notes when and what."""

    def __init__(self) -> None:
        self.reads: list[Read] = []

    def one(self, name: str):
        """A chain (see `Caller.together`)."""

        def chain(facade: Any):
            began = time.monotonic()
            try:
                outcome = yield facade.get(SERVICE, name)
            except (AmbiguousError, InteractionNotAllowedError, LockedError) as error:
                outcome = type(error).__name__
            self.reads.append(Read(began, time.monotonic(), name, outcome))

        return chain

    def several(self, names: list[str] | None):
        def chain(facade: Any):
            began = time.monotonic()
            try:
                found = yield facade.get_many(SERVICE, names)
            except (AmbiguousError, InteractionNotAllowedError, LockedError):
                return  # of which entry it speaks is not the question here
            ended = time.monotonic()
            self.reads.extend(Read(began, ended, name, found.get(name)) for name in names or NAMES)

        return chain


def _one_by_one(reader: Reader, secrets: Caller, chance: random.Random) -> None:
    secrets.together([reader.one(chance.choice(NAMES))])


def _together(reader: Reader, secrets: Caller, chance: random.Random) -> None:
    secrets.together([reader.one(chance.choice(NAMES)) for _ in range(5)])


def _named(reader: Reader, secrets: Caller, chance: random.Random) -> None:
    secrets.together([reader.several(NAMES)])


def _all(reader: Reader, secrets: Caller, chance: random.Random) -> None:
    secrets.together([reader.several(None)])


WAYS = [_one_by_one, _together, _named, _all]


@pytest.fixture
def churn(keyring: GnomeKeyring, bus: Bus):
    keyring.start()
    started: list[Process] = []

    def start(seed: int) -> Process:
        program = str(Path(__file__).with_name("churn.py"))
        env = {**os.environ, "PYTHONPATH": str(TESTS)}
        argv = [sys.executable, program, bus.address, SERVICE, str(seed), *NAMES]
        started.append(Process(argv, env=env, stdin=b"\n"))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def _read_while_it_changes(
    churn: Callable[[int], Process], secrets: Caller, way: Callable[..., None], seed: int, enough: int
) -> None:
    reader = Reader()
    chance = random.Random(seed)
    other = churn(seed)
    other.wait_for_line("[")
    while len(reader.reads) < enough:
        way(reader, secrets, chance)
    other.close_stdin()
    assert other.wait() == 0, other.errors
    diary = Diary(other.lines)
    # A list of all is no snapshot: it may lack an entry that moves from item to item while the list is made.
    wrong = diary.wrong([read for read in reader.reads if way is not _all or read.outcome is not None])
    assert not wrong, f"{len(wrong)} of {len(reader.reads)} reads, {len(diary.states)} changes; the first: {wrong[0]}"
    values = [read.outcome for read in reader.reads if read.outcome is not None]
    assert len(values) > enough // 10  # it was not all absence
    assert len(diary.states) > enough // 10  # nor all peace


@pytest.mark.parametrize("way", WAYS)
def test_no_wrong_value_while_another_program_changes_everything(churn, open_secrets, way) -> None:
    secrets = open_secrets("secret-service", interactive=False, timeout=20)
    _read_while_it_changes(churn, secrets, way, seed=1, enough=500)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", WAYS)
def test_ten_thousand_reads(churn, open_secrets, way) -> None:
    secrets = open_secrets("secret-service", interactive=False, timeout=20)
    _read_while_it_changes(churn, secrets, way, seed=random.randrange(1 << 30), enough=10_000)
