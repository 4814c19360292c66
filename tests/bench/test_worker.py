"""Processes that measure, and processes that are measured."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

import pytest

from factorywager.services.bench import beside
from factorywager.services.bench.launcher import Launcher
from factorywager.services.bench.measure import Absent, CaseError
from factorywager.services.bench.worker import Child, Worker

_WORKER = """
from factorywager.services.bench.measure import Absent, Case, CaseError
from factorywager.services.bench.worker import serve
def fail(count):
    raise CaseError("it said why")
def leak(count):
    raise ValueError("a value")
def die(count):
    raise SystemExit(3)
def three(count):
    return [3.0] * count
serve([Case(take.__name__, "g", "w", take, secrets=2) for take in (three, fail, leak, die)], [Absent("x", "why")])
"""


@pytest.fixture
def started() -> Iterator[Callable[..., Child]]:
    children: list[Child] = []

    def start(kind: Callable[..., Child], *arguments: object) -> Child:
        children.append(kind(*arguments))
        return children[-1]

    yield start
    for child in children:
        child.stop()


def test_a_worker_tells_what_it_has_and_measures_it(started: Callable[..., Worker]) -> None:
    worker = started(Worker, [sys.executable, "-c", _WORKER], os.environ)
    cases = {case.key: case for case in worker.cases}
    assert list(cases) == ["three", "fail", "leak", "die"]
    assert (cases["three"].group, cases["three"].who, cases["three"].secrets) == ("g", "w", 2)
    assert worker.absent == [Absent("x", "why")]
    assert cases["three"].measure(4) == [3.0] * 4
    with pytest.raises(CaseError, match="it said why"):
        cases["fail"].measure(1)
    with pytest.raises(CaseError, match=r"^ValueError$"):  # the text of an unknown error may quote a value
        cases["leak"].measure(1)
    assert cases["three"].measure(1) == [3.0]
    with pytest.raises(CaseError, match="ended with status 3"):
        cases["die"].measure(1)


def test_a_worker_that_does_not_start() -> None:
    with pytest.raises(CaseError, match="ended with status 7"):
        Worker([sys.executable, "-c", "raise SystemExit(7)"], os.environ)
    with pytest.raises(CaseError, match="cannot be started: No such file"):
        Worker(["/no/such/program"], os.environ)


def test_a_launcher_measures_time_and_memory(started: Callable[..., Launcher]) -> None:
    launcher = started(Launcher, os.environ)
    argv = [sys.executable, "-c", "held = bytearray(64 * 1024 * 1024)"]
    assert len(launcher.time("k", "g", "w", argv).measure(2)) == 2
    memory = launcher.memory("k", "g", "w", argv)
    (held,) = memory.measure(1)
    assert memory.unit == "bytes"
    assert 64 * 1024 * 1024 < held < 128 * 1024 * 1024


def test_a_program_that_fails_is_no_measurement(started: Callable[..., Launcher]) -> None:
    launcher = started(Launcher, os.environ)
    case = launcher.time("k", "g", "w", [sys.executable, "-c", "raise SystemExit(5)"])
    with pytest.raises(CaseError, match="ended with status 5"):
        case.measure(1)


def test_peers_that_are_not_installed_are_left_out_by_name(
    monkeypatch: pytest.MonkeyPatch, started: Callable[..., Launcher]
) -> None:
    launcher = started(Launcher, os.environ)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(beside.importlib.util, "find_spec", lambda name: None)
    assert beside.bun("s", 1, ("get",), os.environ) == beside.BUN
    assert beside.python_keyring("s", 1, os.environ) == beside.PYTHON_KEYRING
    assert beside.secret_tool(launcher, "s", "n") == beside.SECRET_TOOL
    for absent in (beside.BUN, beside.PYTHON_KEYRING, beside.SECRET_TOOL):
        assert "package" in absent.reason


def test_a_peer_that_does_not_start_is_left_out_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "find_bun", lambda: "/bin/false")
    assert beside.bun("s", 1, ("get",), os.environ) == Absent("Bun.secrets", "failed: ended with status 1")
