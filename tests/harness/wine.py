"""`Wine`: a Windows of this test session's own, in which Windows programs run, with the Windows CPython in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .crashes import crashes
from .parts import require
from .process import Process
from .terminal import Terminal
from .windows_python import kept, windows_python

_PATIENCE = 120.0  # seconds

_SOURCES = Path(__file__).parents[2] / "src"

# Registry and file system as `wineboot` makes them; ``windows`` is large and is only read, so it is shared.
_SHARED = ("drive_c", "windows")


class Done(NamedTuple):
    """How a Windows program ended."""

    status: int
    out: bytes
    err: str


class Wine:
    """A prefix: its registry, which holds the credentials, is this object's own.

    One program is kept running from `start` to `stop`: with it Wine's services stay up, and the next program starts
    in a third of a second instead of three.
    """

    def __init__(self, directory: Path) -> None:
        self._wine, self._server = require("wine64", "wineserver64")
        self._python = windows_python()
        self.prefix = directory / "prefix"
        _copy_prefix(kept("prefix", [_version(self._wine), Path(__file__).read_text()], self._boot), self.prefix)
        self.env = {
            **{name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ},
            "HOME": str(directory),
            "WINEPREFIX": str(self.prefix),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",  # no .NET, no browser: it would ask to install them
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
        }
        self._company: Process | None = None
        self._served_by: set[int] = set()

    def start(self) -> Wine:
        say = "import sys; print('READY', flush=True); sys.stdin.read()"
        self._company = Process([self._wine, str(self._python / "python.exe"), "-c", say], env=self.env, stdin=b"")
        self._company.wait_for_line("READY", within=_PATIENCE)
        self._served_by = self._servers()
        return self

    def note_crash(self) -> bool:
        """See `MayCrash`.  The registry is in the server's memory: with another server, what was written is gone."""
        servers = self._servers()
        crashed = servers != self._served_by
        if crashed:
            crashes.append(f"Wine's server was {self._served_by}, and now is {servers or 'gone'}")
            self.stop()
        return crashed

    def stop(self) -> None:
        subprocess.run([self._server, "-k"], env=self.env, timeout=_PATIENCE, check=False)
        for orphan in self._processes():  # its server has crashed; the streams it holds open would never end
            with suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
        if self._company is not None:
            self._company.stop()

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        within: float = _PATIENCE,
    ) -> Done:
        """Run a Windows program.  Its output goes through pipes: a regular file stops Python under Wine 8 dead."""
        done = subprocess.run(
            [self._wine, *map(str, argv)],
            env={**self.env, **(env or {})},
            input=stdin,
            capture_output=True,
            timeout=within,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode(errors="replace"))

    def python(self, *argv: str, **options) -> Done:
        """Run the Windows CPython."""
        return self.run([self._python / "python.exe", *argv], **options)

    def factorywager(self, *argv: str, env: Mapping[str, str] | None = None, **options) -> Done:
        """Run our command line, out of this working tree."""
        return self.python(
            "-m", "factorywager", *argv, env={"PYTHONPATH": self.path(_SOURCES), **(env or {})}, **options
        )

    def console(self, *argv: str, env: Mapping[str, str], directory: Path) -> Terminal:
        """The Windows CPython at a console of its own, on a terminal that leaves all to it."""
        program = [self._wine, str(self._python / "python.exe"), *argv]
        env = {**self.env, "TERM": "xterm", "PYTHONPATH": self.path(_SOURCES), **env}
        return Terminal(program, env=env, directory=directory, raw=True)

    def path(self, path: Path) -> str:
        """A path of this machine as Windows programs see it."""
        return "Z:" + str(path).replace("/", "\\")

    def _processes(self) -> dict[int, str]:
        """The processes of this prefix and their names, orphans whose server is gone among them."""
        mark = f"WINEPREFIX={self.prefix}".encode()
        return {
            int(process.name): _read(process / "comm").decode(errors="replace").strip()
            for process in Path("/proc").glob("[0-9]*")
            if mark in _read(process / "environ").split(b"\0")
        }

    def _servers(self) -> set[int]:
        return {number for number, name in self._processes().items() if name.startswith("wineserver")}

    def _boot(self, home: Path, recipe: list[str]) -> None:
        env = {**os.environ, "WINEPREFIX": str(home / "prefix"), "WINEDEBUG": "-all", "HOME": str(home)}
        env["WINEDLLOVERRIDES"] = "mscoree,mshtml="
        env.pop("DISPLAY", None)
        for argv in ([self._wine, "wineboot", "-i"], [self._server, "-w"]):  # -w: its registry is on disk then
            subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=True)
        # where Bun looks for it; Python finds the one beside it
        shutil.copy(self._python / "bcryptprimitives.dll", home.joinpath("prefix", *_SHARED, "system32"))


def _copy_prefix(made: Path, prefix: Path) -> None:
    def ignore(directory: str, names: list[str]) -> list[str]:
        return [_SHARED[1]] if Path(directory).name == _SHARED[0] else []

    shutil.copytree(made / "prefix", prefix, symlinks=True, ignore=ignore)
    prefix.joinpath(*_SHARED).symlink_to(made.joinpath("prefix", *_SHARED))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # the process has ended meanwhile
        return b""


def _version(wine: str) -> str:
    return subprocess.run([wine, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
