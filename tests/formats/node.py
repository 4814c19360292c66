"""Real Node and npm, from the wheel that ships them: one process answers all questions of a test run."""

from __future__ import annotations

import atexit
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from harness.parts import node_home


class Node:
    """A process of Node that reads files as Node and npm do."""

    def __init__(self) -> None:
        home = node_home()
        modules = home / "lib/node_modules/npm/node_modules"
        self._process = subprocess.Popen(
            [str(home / "bin/node"), str(Path(__file__).with_name("reader.mjs")), str(modules)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.kill)

    def ask(self, what: str, text: str, environment: dict[str, str] | None = None) -> Any:
        """What ``npmrc`` or ``dotenv`` of this text is."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"what": what, "text": text, "env": environment or {}}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@cache
def node() -> Node:
    return Node()
