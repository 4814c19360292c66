"""`Sandbox`: a place like a container: file systems and an identity of its own, for some commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from .command_line import Done
from .parts import require

_NOBODY = "54321"  # a uid that no passwd file has

# Runs inside: command lines in, what became of them out, through pipes, because nothing there may be writable.
_INSIDE = """
import json, subprocess, sys

results = []
for line in json.load(sys.stdin):
    command = [sys.executable, "-m", "factorywager", *line]
    done = subprocess.run(command, input=b"made-up-value", capture_output=True, start_new_session=True)
    results.append([done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")])
json.dump(results, sys.stdout)
"""


class Sandbox:
    """Runs ``factorywager`` in a mount namespace in which ``prepare`` has been carried out.

    Args:
        box: an empty directory, which ``prepare`` knows as ``$BOX``.
        prepare: lines of sh, run as root of the namespace: mounts, mostly.
        env: all of the program's environment besides PATH and LANG.
        named: whether the program keeps the user it has; else it runs under a uid without a passwd entry, which owns
            what this process's user owns and has no capabilities.
    """

    def __init__(self, box: Path, prepare: str, env: Mapping[str, str], *, named: bool = False) -> None:
        (unshare,) = require("unshare")
        outer = [unshare, "--mount"] if os.geteuid() == 0 else [unshare, "--user", "--map-root-user", "--mount"]
        identity = "" if named else f"{unshare} --user --map-user={_NOBODY} --map-group={_NOBODY} "
        self._argv = [*outer, "sh", "-ec", f'{prepare}\nexec {identity}"$@"', "sh"]
        self._env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "BOX": str(box), **env}
        if subprocess.run([*outer, unshare, "--user", "true"], capture_output=True, check=False).returncode != 0:
            pytest.skip("needs root, or user namespaces, to make a place like a container")

    def run(self, *lines: Sequence[str]) -> list[Done]:
        """Each command line, one after the other, in one and the same place; each has a value on its stdin."""
        done = subprocess.run(
            [*self._argv, sys.executable, "-c", _INSIDE],
            input=json.dumps(lines),
            env=self._env,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [Done(status, out.encode(), err) for status, out, err in json.loads(done.stdout)]
