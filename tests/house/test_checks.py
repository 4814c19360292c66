"""The checks of the house, as tests: one command runs everything, here and in CI."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

LONGEST_FILE = 400  # lines; past that there are two nouns in the room


def _run(*argv: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *argv], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"


def test_ruff_finds_nothing() -> None:
    _run("ruff", "check", "--quiet", ".")


def test_ruff_would_format_nothing() -> None:
    _run("ruff", "format", "--check", "src", "tests")


def test_mypy_finds_nothing() -> None:
    _run("mypy")


def test_dependencies_point_downwards() -> None:
    code = "import sys; from importlinter.cli import lint_imports_command as run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_public_types_are_what_a_type_checker_sees() -> None:
    _run("mypy", "--strict", "--config-file=", str(Path(__file__).with_name("typed_use.py")))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_no_file_holds_two_nouns(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_every_file_says_what_it_is(path: Path) -> None:
    assert path.read_text().startswith('"""'), "no docstring at the top"


def test_tests_do_not_sleep_and_hope() -> None:
    # to kill or cancel at a moment that varies is not to wait for something
    sleep = re.compile(r"\bsleep\((?!0\)|random\.|delay)|\bpytest\.skip\(\)|\bmark\.skip\b(?!if)")
    guilty = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in TESTS
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if sleep.search(line)
    ]
    assert guilty == []
