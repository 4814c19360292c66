"""`Launcher`: whole processes, measured from their start to their end, and their peak memory."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from .measure import Case
from .worker import Child

_CHILD: Final = Path(__file__).with_name("launcher_child.py")


class Launcher(Child):
    """Starts programs under one environment.

    Args:
        directory: where they run.
    """

    def __init__(self, env: Mapping[str, str], directory: str = "/") -> None:
        super().__init__([sys.executable, "-I", "-S", "-X", "utf8", str(_CHILD)], env)
        self._directory = directory

    def time(self, key: str, group: str, who: str, argv: Sequence[str]) -> Case:
        """The time from a program's start to its end."""
        return Case(key, group, who, lambda count: [run[0] for run in self._runs(argv, count)])

    def memory(self, key: str, group: str, who: str, argv: Sequence[str]) -> Case:
        """The most memory it had (``ru_maxrss``)."""
        return Case(key, group, who, lambda count: [run[1] for run in self._runs(argv, count)], unit="bytes")

    def _runs(self, argv: Sequence[str], count: int) -> Sequence[Sequence[float]]:
        runs: Sequence[Sequence[float]] = self.ask("\x1f".join([self._directory, str(count), *argv]))["runs"]
        return runs
