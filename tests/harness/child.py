"""Programs in a process of their own: for globals, forks, memory, and an environment that is not the test's."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from .process import Process


def run_python(code: str, env: Mapping[str, str], *, within: float = 60) -> str:
    """What the program prints; a failure of the program is a failure of the test."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=dict(env),
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def run_json(argv: Sequence[str], asked: Any, env: Mapping[str, str], *, within: float = 60) -> Any:
    """What a program answers on stdout to what it is asked on stdin, both JSON."""
    done = subprocess.run(
        argv, input=json.dumps(asked).encode(), env=dict(env), capture_output=True, timeout=within, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return json.loads(done.stdout)


def start_python(code: str, env: Mapping[str, str]) -> Process:
    """The same, left running; it is told to go on by lines on its stdin."""
    return Process([sys.executable, "-u", "-c", textwrap.dedent(code)], env=env, stdin=b"")
