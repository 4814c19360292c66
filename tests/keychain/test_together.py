"""Several programs on one Keychain, some of them killed; over the double, whose items are whole files under a lock.

What is shown is the store's part: that adding and then updating loses nothing between programs, and that a killed
program leaves no half of a change behind.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factorywager.blocking import Secrets
from harness.keychain import KeychainDouble
from harness.process import Process

SERVICE = "com.example.keychain.crew"
CREW = Path(__file__).with_name("crew.py")


@pytest.fixture
def start(keychain: KeychainDouble) -> Iterator[Callable[[str, str], Process]]:
    started: list[Process] = []

    def run(task: str, worker: str) -> Process:
        argv = [sys.executable, "-u", str(CREW), *keychain.paths, str(keychain.directory), task, worker]
        process = Process(argv, env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}, stdin=b"")
        started.append(process)
        process.wait_for_line("READY")
        return process

    yield run
    for process in started:
        process.stop(signal.SIGKILL)


def test_programs_at_once_lose_nothing(keychain: KeychainDouble, start: Callable[[str, str], Process]) -> None:
    crew = [start("write", f"worker{number}") for number in range(4)]
    for process in crew:
        process.write(b"\n")
    for process in crew:
        process.wait_for_line("DONE", within=60)
    found = Secrets(keychain.open(), interactive=False).get_many(SERVICE)
    found.pop("contended", None)
    assert found == {f"worker{worker}-{number}": f"made-up-{number}" for worker in range(4) for number in range(40)}


def test_one_of_many_programs_creates_an_entry(keychain: KeychainDouble, start: Callable[[str, str], Process]) -> None:
    crew = [start("create", f"worker{number}") for number in range(6)]
    for process in crew:
        process.write(b"\n")
    said = [process.wait_for_line("ED") for process in crew]
    assert sorted(said) == ["ADOPTED"] * 5 + ["CREATED"]
    winner = f"worker{said.index('CREATED')}"
    assert Secrets(keychain.open(), interactive=False).get(SERVICE, "shared") == winner


def _kill_and_look(keychain: KeychainDouble, start: Callable[[str, str], Process], rounds: int) -> None:
    secrets = Secrets(keychain.open(), interactive=False)
    for turn in range(rounds):
        worker = f"victim{turn}"
        process = start("for ever", worker)
        process.write(b"\n")
        process.wait_for_line(f"STORED {1 + turn % 7}")
        process.stop(signal.SIGKILL)
        promised = int([line for line in process.lines if line.startswith("STORED")][-1].split()[1])
        value = secrets.get(SERVICE, worker)
        assert value is not None
        # what was acknowledged, or the next one, which was under way; whole
        assert value in (f"{promised:08}" * 500, f"{promised + 1:08}" * 500)
        secrets.set(SERVICE, worker, "after")
        assert secrets.get(SERVICE, worker) == "after"


def test_a_killed_program_leaves_no_half(keychain: KeychainDouble, start: Callable[[str, str], Process]) -> None:
    _kill_and_look(keychain, start, 5)


@pytest.mark.long
def test_two_hundred_killed_programs_leave_none(keychain: KeychainDouble, start: Callable[[str, str], Process]) -> None:
    _kill_and_look(keychain, start, 200)
