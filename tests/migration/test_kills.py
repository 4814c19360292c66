"""Killed at any moment, then resumed or undone: no value is lost, no file is damaged, nothing is left lying about.

``MIGRATION_KILLS`` sets how many kills the long selection makes on each store: 1,000 on the vault take about two
minutes, on GNOME Keyring about nine.
"""

from __future__ import annotations

import os
import random
import signal
import time
from itertools import count

import pytest

import factorywager.services.migration as room
from factorywager.errors import UnavailableError
from factorywager.services.migration.plan import Treatment
from harness.forks import die_at_line, fork, status_of
from migration.workshop import Workshop, die_at, text

KILLED = -signal.SIGKILL


def settle(workshop: Workshop, original: bytes, values: dict[str, str], forwards: bool) -> str:
    """Check what a killed process left, go on or go back, check again; how it was found."""
    assert workshop.lost(values) == []
    resumed = workshop.resume() if forwards else False
    assert workshop.lost(values) == []
    if workshop.file.read_bytes() != original:
        assert not forwards or workshop.left_over() == []
        assert workshop.held() == values, "the file was changed before the store had everything"
        assert not set(values.values()) & set(workshop.in_file().values())
    undone = workshop.undo()
    assert workshop.file.read_bytes() == original
    assert workshop.file.stat().st_mode & 0o777 == 0o640
    assert workshop.held() == {}
    assert workshop.left_over() == []
    return "resumed" if resumed else "undone" if undone else "nothing begun"


def prepare(workshop: Workshop, entries: int) -> tuple[bytes, dict[str, str]]:
    workshop.file.write_text(text(entries, f"{random.getrandbits(40):x}"))
    workshop.file.chmod(0o640)
    return workshop.file.read_bytes(), workshop.in_file()


def kill_at_random(workshop: Workshop, kills: int) -> dict[str, int]:
    """``kills`` migrations of 40 values, each killed at a moment of its own; how they were found, counted."""
    original, values = prepare(workshop, 40)
    begun = time.monotonic()
    assert status_of(fork(workshop.migrate)) == 0
    whole = time.monotonic() - begun
    assert settle(workshop, original, values, True) == "undone"
    found: dict[str, int] = {}
    for number in range(kills):
        treatment = (Treatment.BLANK, Treatment.REPLACE)[number % 2]
        original, values = prepare(workshop, 40)
        begun = time.monotonic()
        pid = fork(lambda: workshop.migrate(treatment))  # noqa: B023
        time.sleep(random.uniform(0, whole))
        os.kill(pid, signal.SIGKILL)
        if status_of(pid) == 0:  # it was over: what is asked of the others holds for it all the same
            whole = (9 * whole + time.monotonic() - begun) / 10
        try:
            how = settle(workshop, original, values, number % 3 != 0)
        except UnavailableError:
            # now and then GNOME Keyring 42 itself dies of a client that goes away; its file has what it acknowledged
            assert not workshop.alive(), "the daemon is there"
            workshop.revive()
            found["daemon died"] = found.get("daemon died", 0) + 1
            how = settle(workshop, original, values, number % 3 != 0)
        found[how] = found.get(how, 0) + 1
    return found


def test_killed_at_each_named_step(workshop: Workshop) -> None:
    original, values = prepare(workshop, 5)
    for number in count(1):
        status = status_of(fork(lambda: workshop.migrate(Treatment.REPLACE, die_at(number))))  # noqa: B023
        settle(workshop, original, values, number % 2 == 0)
        if status != KILLED:
            assert status == 0
            break
    assert number == 11  # recorded, drafted, five stored, verified, changed, done: ten, and the one that lived


def test_an_undoing_killed_at_each_named_step(workshop: Workshop) -> None:
    original, values = prepare(workshop, 3)
    for number in count(1):
        workshop.migrate()
        status = status_of(fork(lambda: workshop.undo(die_at(number))))  # noqa: B023
        assert workshop.lost(values) == []
        settle(workshop, original, values, number % 2 == 0)
        if status != KILLED:
            assert status == 0
            break
    assert number == 7  # undoing, restored, three taken back, done: six


def kill_at_lines(workshop: Workshop, every: int) -> int:
    """Migrations, and undoings, killed at every so many-th line of this room's code; how many died."""
    killed = 0
    original, values = prepare(workshop, 3)
    for undoing in (False, True):
        for number in count(random.randint(1, every), every):
            if undoing:
                workshop.migrate()

            def work() -> None:
                die_at_line(number, room)  # noqa: B023
                workshop.undo() if undoing else workshop.migrate()  # noqa: B023

            status = status_of(fork(work))
            settle(workshop, original, values, random.random() < 0.5)
            if status != KILLED:
                assert status == 0
                break
            killed += 1
    return killed


def test_killed_at_many_lines(on_vault: Workshop) -> None:
    assert kill_at_lines(on_vault, 37) > 10


def test_killed_at_random_moments(workshop: Workshop) -> None:
    found = kill_at_random(workshop, 16)
    assert sum(count for how, count in found.items() if how != "daemon died") == 16


@pytest.mark.long
def test_killed_at_every_few_lines(on_vault: Workshop) -> None:
    assert kill_at_lines(on_vault, 4) > 100


@pytest.mark.long
@pytest.mark.timeout(3600)  # for those who ask for more
def test_hundreds_killed_at_random_moments(workshop: Workshop) -> None:
    kills = int(os.environ.get("MIGRATION_KILLS", "0")) or workshop.kills
    found = kill_at_random(workshop, kills)
    print(kills, found)
    assert found["resumed"] > kills / 20
    assert found["undone"] > kills / 20
