"""The wheel that users install: built, installed into a fresh environment, and run there."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import factorywager

ROOT = Path(__file__).parents[2]


def _pip(*argv: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *argv],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    # The build back end comes from this environment, so that building needs no network.
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(directory), str(ROOT))
    (built,) = directory.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; its dependencies are lent by this one (see `_run`)."""
    directory = tmp_path_factory.mktemp("fresh")
    venv.create(directory, with_pip=False, symlinks=True)
    _pip("--python", str(directory / "bin" / "python"), "install", "--no-deps", "--no-index", str(wheel))
    return directory


def _run(installed: Path, *argv: str) -> str:
    # A directory on PYTHONPATH lends its packages, and not its .pth files: the working tree stays out of it.
    env = {"PATH": os.environ["PATH"], "HOME": str(installed), "PYTHONPATH": sysconfig.get_path("purelib")}
    done = subprocess.run(
        [str(installed / "bin" / argv[0]), *argv[1:]],
        env=env,
        cwd=installed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {"factorywager/py.typed", "factorywager/__main__.py", "factorywager/cli/main.py"} <= set(names)
    info = f"factorywager-{factorywager.__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"factorywager", info}
    assert f"{info}/licenses/LICENSE" in names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".db", ".log"))]


def test_every_module_of_the_tree_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.py")} <= names


def test_the_installed_library_works(installed: Path) -> None:
    out = _run(
        installed,
        "python",
        "-c",
        "import factorywager; from factorywager.blocking import Secrets\n"
        "s = Secrets('memory'); s.set('com.example', 'n', 'v')\n"
        "print(factorywager.__file__); print(s.get('com.example', 'n'), factorywager.__version__)",
    )
    path, answer = out.splitlines()
    assert Path(path).is_relative_to(installed)
    assert answer == f"v {factorywager.__version__}"


@pytest.mark.parametrize("program", ["factorywager", "fw"])
def test_the_installed_programs_work(installed: Path, program: str) -> None:
    assert factorywager.__version__ in _run(installed, program, "version")
    assert "get-token" in _run(installed, program, "--help")


def test_every_module_can_be_imported_by_itself(installed: Path) -> None:
    """In one process each would hide the others' missing imports; in processes of their own they cannot."""
    modules = [
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / "src").rglob("*.py"))
        if path.name != "__main__.py"
    ]
    code = (
        "import os, sys, importlib\n"
        "for name in sys.argv[1:]:\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        importlib.import_module(name); os._exit(0)\n"
        "    if os.waitpid(child, 0)[1]: print(name)\n"
    )
    assert _run(installed, "python", "-c", code, *modules) == ""


def test_pytest_finds_the_plug_in(wheel: Path) -> None:
    (points,) = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith("entry_points.txt")]
    text = zipfile.ZipFile(wheel).read(points).decode()
    assert "[pytest11]\nfactorywager = factorywager.testing.plugin" in text
