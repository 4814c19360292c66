"""`Rules`: what is left out by choice: ``--exclude``, ``.fwignore`` and, where asked for, ``.gitignore``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

OURS: Final = ".fwignore"
GITS: Final = ".gitignore"

_LONGEST: Final = 1 << 20  # bytes of a file of rules that are read


class Rules:
    """The rules that hold below some directories; those of a file deeper down win (gitignore(5)).

    Args:
        patterns: as in a ``.gitignore``, from wherever the scan begins.
        files: the names of files of rules that are followed.
    """

    def __init__(self, patterns: Sequence[str], files: Sequence[str]) -> None:
        self._patterns = _spec(patterns) if patterns else None
        self._files = files
        self._specs: dict[str, list[GitIgnoreSpec]] = {}
        self._root = ""

    def starts(self, root: str) -> None:
        """The walk of another path begins."""
        self._root = _slashed(root).rstrip("/")

    def enters(self, directory: str, names: set[str]) -> None:
        """Read the rules of a directory, which holds files of these names."""
        found = []
        for name in self._files:
            if name in names:
                try:
                    with Path(directory, name).open("rb") as file:
                        text = file.read(_LONGEST).decode("utf-8", "surrogateescape")
                except OSError:
                    continue  # the walk tells that it cannot be read
                found.append(_spec(text.splitlines()))
        if found:
            self._specs[_slashed(directory).rstrip("/")] = found

    def leave_out(self, path: str, is_directory: bool) -> bool:
        """Whether some rule says so."""
        path = _slashed(path)
        if self._patterns is not None:
            below = path[len(self._root) + 1 :] if path.startswith(f"{self._root}/") else path
            if self._patterns.match_file(below + "/" * is_directory):
                return True
        if not self._specs:
            return False
        directory, slash, _ = path.rpartition("/")
        while slash:
            for spec in self._specs.get(directory, ()):
                included = spec.check_file(path[len(directory) + 1 :] + "/" * is_directory).include
                if included is not None:
                    return included
            directory, slash, _ = directory.rpartition("/")
        return False


def _slashed(path: str) -> str:
    """As rules are written, on Windows too."""
    return path if os.sep == "/" else path.replace(os.sep, "/")


def _spec(lines: Sequence[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)
