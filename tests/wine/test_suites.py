"""The suites that run on Windows, run there: a failure or a skip in Wine is a failure here."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import pytest

from harness.wine import Wine

ROOT = Path(__file__).parents[2]

# The others are about the Secret Service, Linux' memory, forks, signals or file modes.
_NOT_ONLY_LINUX = (
    *("unit/test_cache.py", "unit/test_errors.py", "unit/test_facade.py"),
    *("unit/test_flow.py", "unit/test_practices.py", "unit/test_secret.py", "unit/test_set_many.py"),
    *("unit/test_suspicion.py", "unit/test_windows_codes.py"),
    *("vault/test_damage.py", "vault/test_formats.py", "vault/test_store.py", "vault/test_translate.py"),
)


def _run(wine: Wine, directory: Path, *selection: str) -> Counter[str]:
    """Run pytest there; how many tests passed, by the last part of their file's name."""
    report = directory / "report.xml"
    done = wine.python(
        *("-m", "pytest", "-c", wine.path(ROOT / "pyproject.toml"), "--rootdir", wine.path(ROOT), "--tb=short"),
        *(f"--junitxml={wine.path(report)}", f"--basetemp={wine.path(directory / 'scratch')}"),
        *selection,
        env={"PYTHONPATH": f"{wine.path(ROOT / 'src')};{wine.path(ROOT / 'tests')}", "CI": ""},
        within=280,
    )
    said = done.out.decode(errors="replace") + done.err
    assert done.status == 0, said
    cases = list(ElementTree.parse(report).iter("testcase"))
    assert [case.attrib["name"] for case in cases if len(case)] == [], said  # children: failure, error, skipped
    return Counter(case.attrib["classname"].removesuffix(".TestStores").rpartition(".")[2] for case in cases)


def test_the_conformance_suite_passes_on_credential_manager(wine: Wine, tmp_path: Path) -> None:
    suite = wine.path(ROOT / "tests/conformance/test_stores.py")
    passed = _run(wine, tmp_path, suite, "-k", "[credential")
    assert passed["test_stores"] > 140


def test_the_tests_of_credential_manager_pass(wine: Wine, tmp_path: Path) -> None:
    passed = _run(wine, tmp_path, wine.path(ROOT / "tests/windows"))
    assert passed["test_entries"] > 30
    assert passed["test_calls"] > 40


@pytest.mark.long
def test_the_unit_and_vault_suites_pass(wine: Wine, tmp_path: Path) -> None:
    suites = [wine.path(ROOT / "tests" / suite) for suite in _NOT_ONLY_LINUX]
    passed = _run(wine, tmp_path, *suites, "-k", "not fork and not nothing_may_be_locked")
    assert set(passed) == {Path(suite).stem for suite in _NOT_ONLY_LINUX}
    assert passed.total() > 400


@pytest.mark.long
def test_the_conformance_suite_passes_on_the_other_stores(wine: Wine, tmp_path: Path) -> None:
    suite = wine.path(ROOT / "tests/conformance/test_stores.py")
    passed = _run(wine, tmp_path, suite, "-k", "not [credential and not passphrase")
    assert passed["test_stores"] > 420
