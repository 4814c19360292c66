"""The documentation is run, and held against the code."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from factorywager import errors
from factorywager.stores.registry import NAMES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def _examples() -> list[object]:
    found = []
    for page in PAGES:
        for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S), 1):
            found.append(pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}"))
    return found


@pytest.mark.parametrize("example", _examples())
def test_example_runs(example: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "FACTORYWAGER_HOME": str(tmp_path / "vault"),
        "FACTORYWAGER_STORE": "vault",
    }
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr


def _concrete(kind: type[errors.FactoryWagerError]) -> list[type[errors.FactoryWagerError]]:
    return ([kind] if kind.code else []) + [leaf for child in kind.__subclasses__() for leaf in _concrete(child)]


@pytest.mark.parametrize("kind", _concrete(errors.FactoryWagerError), ids=lambda kind: kind.__name__)
def test_error_is_documented(kind: type[errors.FactoryWagerError]) -> None:
    page = (ROOT / "docs/reference/errors.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{kind.__name__}`")]
    assert f"| `{kind.code}` | {kind.exit_status} |" in row
    drawn = [line for line in (errors.__doc__ or "").splitlines() if f"─ {kind.__name__} " in line]
    assert len(drawn) == 1
    assert drawn[0].split()[-2:] == [kind.code, str(kind.exit_status)]


def test_codes_and_exit_statuses_are_distinct() -> None:
    kinds = _concrete(errors.StoreError)
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert len({kind.exit_status for kind in kinds}) == len(kinds)


def test_warnings_are_documented() -> None:
    page = (ROOT / "docs/reference/errors.md").read_text()
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, Warning):
            assert f"| `{name}` |" in page


def test_environment_variables_are_documented() -> None:
    page = (ROOT / "docs/reference/environment.md").read_text()
    used = set()
    for source in (ROOT / "src").rglob("*.py"):
        used |= set(re.findall(r"FACTORYWAGER_[A-Z_]*[A-Z]", source.read_text()))
    assert used <= set(re.findall(r"FACTORYWAGER_[A-Z_]*[A-Z]", page))
    assert set(re.findall(r"FACTORYWAGER_[A-Z_]*[A-Z]", page)) <= used


def test_stores_are_documented() -> None:
    page = (ROOT / "README.md").read_text()
    for name in NAMES:
        assert f"`{name}`" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target
