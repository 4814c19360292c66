"""`Bench`: which cases there are, and everything that has to run for them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from vaults import GROUPS, Vaults, renamed

from daemons import SERVICE, Keyring
from factorywager.services.bench import beside
from factorywager.services.bench.corner import names
from factorywager.services.bench.launcher import Launcher
from factorywager.services.bench.measure import Absent, Case
from factorywager.services.bench.worker import Worker

_HERE = Path(__file__).parent
_BIN = Path(sys.executable).parent
_KEYRING_RS = Absent("keyring-rs", "not installed: `npm install --prefix benchmarks` fetches @napi-rs/keyring")

NAME = names(1)[0]
COMMAND_LINE = "one secret, from the command line"
MEMORY = "peak memory of the command line"
IMPORT = "importing, a whole process"

# What any Python program that reads a secret over D-Bus has to import.
_IMPORTS = "import jeepney.io.blocking, cryptography.hazmat.primitives.ciphers"


class Bench:
    """Starts what is needed; stops it when ``stack`` is closed.

    Args:
        only: groups whose names do not contain this are left out.
    """

    def __init__(self, stack: ExitStack, only: str = "") -> None:
        self.cases: list[Case] = []
        self.absent: list[Absent] = []
        self._only = only
        self._stack = stack
        own = Keyring(stack, 50)
        self._add_reads(own)
        self._add_many(Keyring(stack, 1000))
        for size in (10, 10_000):
            self._add_growth(Keyring(stack, size).env, size)
        self._add_processes(own)
        self._add_vaults()

    def add(self, found: Worker | Case | Absent, rename: Callable[[Case], Case] = lambda case: case) -> None:
        if isinstance(found, Absent):
            if found not in self.absent:
                self.absent.append(found)
        elif isinstance(found, Case):
            if self._only in (case := rename(found)).group:
                self.cases.append(case)
        else:
            self._stack.callback(found.stop)
            for each in [*found.cases, *found.absent]:
                self.add(each, rename)

    # --- the Secret Service -------------------------------------------------------------------

    def _add_reads(self, own: Keyring) -> None:
        kinds = ["get", "async_get", "get_many_50", "gather_50", "set", "cached", "environment"]
        self.add(library(own.env, "secret-service", *kinds, "ping", "daemon_get", "daemon_get_50"))
        self.add(beside.bun(SERVICE, 50, ("get", "all_50", "set"), own.env))
        theirs = Keyring(self._stack, 0)  # entries of another form: a daemon of its own, with as many
        self.add(beside.python_keyring(SERVICE, 50, theirs.env))
        self._keyring_launcher = self._launcher(theirs.env)
        self.add(self._keyring_rs())

    def _add_many(self, own: Keyring) -> None:
        self.add(library(own.env, "secret-service", "get_many_500", "gather_1000", "daemon_get_500"))
        self.add(beside.bun(SERVICE, 1000, ("all_1000",), own.env))
        self._add_growth(own.env, 1000, "get_many_50")

    def _add_growth(self, env: Mapping[str, str], size: int, *more: str) -> None:
        def rename(case: Case) -> Case:
            return case._replace(key=f"{case.key}_of_{size}", group=f"{case.group} among {size:,}")

        self.add(library(env, "secret-service", "get", "daemon_get", *more, size=size), rename)
        self.add(beside.bun(SERVICE, size, ("get",), env), rename)

    def _keyring_rs(self) -> Worker | Absent:
        program = beside.find_bun()
        if program is None or not (_HERE / "node_modules/@napi-rs/keyring").exists():
            return _KEYRING_RS
        script = str(_HERE / "workers/keyring_rs.mjs")
        return Worker([program, script, SERVICE, "50"], Keyring(self._stack, 0).env)

    # --- whole processes ----------------------------------------------------------------------

    def _add_processes(self, own: Keyring) -> None:
        launcher = self._launcher(own.env)
        self.add(beside.cold(launcher, "secret-service", SERVICE, NAME))
        self.add(beside.empty_interpreter(launcher))
        self._add_program(launcher, "library", "factorywager get", [_BIN / "factorywager", "get", NAME])
        if (_BIN / "keyring").exists():
            argv = [_BIN / "keyring", "get", f"{SERVICE}.keyring", NAME]
            self._add_program(self._keyring_launcher, "keyring", "keyring get", argv)
        else:
            self.add(beside.PYTHON_KEYRING)
        if program := beside.find_bun():
            self._add_program(launcher, "bun", "bun get.ts", [program, _HERE / "get.ts", SERVICE, NAME])
        if not isinstance(tool := beside.secret_tool(launcher, SERVICE, NAME), Absent):
            self.add(tool._replace(key="secret_tool.command", group=COMMAND_LINE))
        self.add(tool)
        self._add_program(launcher, "imports", "python, only the imports", [sys.executable, "-c", _IMPORTS])
        for key, module in (("library.import", "factorywager"), ("library.import_blocking", "factorywager.blocking")):
            argv = [sys.executable, "-c", f"import {module}"]
            self.add(launcher.time(key, IMPORT, f"python -c 'import {module}'", argv))
        self.add(beside.empty_interpreter(launcher)._replace(key="python.import_nothing", group=IMPORT))

    def _add_program(self, launcher: Launcher, key: str, who: str, argv: list[str | Path]) -> None:
        words = [str(word) for word in argv]
        self.add(launcher.time(f"{key}.command", COMMAND_LINE, who, words))
        self.add(launcher.memory(f"{key}.memory", MEMORY, who, words))

    def _launcher(self, env: Mapping[str, str]) -> Launcher:
        launcher = Launcher({**env, "FACTORYWAGER_SERVICE": SERVICE})
        self._stack.callback(launcher.stop)
        return launcher

    # --- vaults -------------------------------------------------------------------------------

    def _add_vaults(self) -> None:
        if not any(self._only in group for group in GROUPS):
            return
        vaults = Vaults(self._stack)
        self.add(library(vaults.env, "vault", "get", "get_many_1000"), renamed)
        for found in (*vaults.ours(), *vaults.peers()):
            self.add(found)


def library(env: Mapping[str, str], store: str, *kinds: str, size: int = 1000) -> Worker:
    """This library in a process of its own."""
    argv = [sys.executable, str(_HERE / "workers/library.py"), store, SERVICE, str(size), *kinds]
    return Worker(argv, {**env, "FACTORYWAGER_INTERACTIVE": "0"})
