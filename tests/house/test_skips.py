"""In CI a skip is a failure: shown by running a test that skips, and a module that does, under both rules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

SKIPPING_TEST = "import pytest\ndef test_it(): pytest.skip('needs the moon')\ndef test_other(): pass\n"
SKIPPING_MODULE = "import pytest\npytest.importorskip('the_moon')\ndef test_it(): pass\n"


@pytest.mark.parametrize("code", [SKIPPING_TEST, SKIPPING_MODULE], ids=["test", "module"])
@pytest.mark.parametrize(("ci", "passes"), [("true", False), ("", True)])
def test_a_skip_is_a_failure_in_ci_only(code: str, ci: str, passes: bool, tmp_path: Path) -> None:
    module = tmp_path / "test_skipping.py"
    module.write_text(code)
    other = tmp_path / "test_fine.py"
    other.write_text("def test_fine(): pass\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider", "--rootdir", ".", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(TESTS), "CI": ci},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode == 0) is passes, done.stdout + done.stderr
    assert ("1 skipped" in done.stdout) is passes, done.stdout
