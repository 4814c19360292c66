"""`CommandLine`: runs the real program as a child; `replay`, which holds what it says against a page of text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_PATIENCE = 60.0


class Done(NamedTuple):
    """How a child ended."""

    status: int
    out: bytes
    err: str


class CommandLine:
    """``python -m factorywager`` on the vault of this test's own home, in a directory of its own.

    Args:
        directory: where the commands run.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.env = {**os.environ, "FACTORYWAGER_STORE": "vault", "TZ": "UTC", "COLUMNS": "120"}

    def __call__(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Done:
        """Run one command without a terminal."""
        return self._finish([sys.executable, "-m", "factorywager", *arguments], stdin, env)

    def shell(self, line: str) -> Done:
        """Run one line of sh in which ``factorywager`` is the program."""
        return self._finish(
            ["sh", "-c", f'factorywager() {{ "$PYTHON" -m factorywager "$@"; }}\n{line}'],
            b"",
            {"PYTHON": sys.executable},
        )

    def _finish(self, command: list[str], stdin: bytes, env: Mapping[str, str] | None) -> Done:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            cwd=self.directory,
            env={**self.env, **(env or {})},
            timeout=_PATIENCE,
            check=False,
            start_new_session=True,  # no controlling terminal, wherever the tests were started
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())


def replay(page: str, run: CommandLine) -> None:
    """Run every line of ``page`` that begins with ``$`` and compare.

    Below such a line stands what goes to stdout as it is, what goes to stderr behind ``! ``, and ``? N`` for an
    exit status other than 0.  ``…`` stands for any text within a line.
    """
    for step in re.split(r"^\$ ", page, flags=re.M)[1:]:
        command, _, expected = step.rstrip("\n").partition("\n")
        done = run.shell(command)
        said = [*done.out.decode("utf-8", "backslashreplace").splitlines()]
        said += [f"! {line}" for line in done.err.splitlines()]
        said += [f"? {done.status}"] * (done.status != 0)
        wanted = [line for line in expected.splitlines() if line]
        assert len(said) == len(wanted), _difference(command, wanted, said)
        for line, want in zip(said, wanted, strict=True):
            assert re.fullmatch(".*".join(map(re.escape, want.split("…"))), line), _difference(command, wanted, said)


def _difference(command: str, wanted: list[str], said: list[str]) -> str:
    return "\n".join([f"$ {command}", "--- expected", *wanted, "--- said", *said])
