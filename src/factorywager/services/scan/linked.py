"""Where the repository of a linked work tree or a submodule is: their ``.git`` is a file (gitrepository-layout(5))."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from .opening import open_found

REPOSITORY: Final = frozenset({"HEAD", "objects", "refs"})  # what a repository has, bare or not

_TARGET: Final = "gitdir: "
_LONGEST: Final = 8192  # bytes of a path


def repository_of(link: str) -> str | None:
    """The directory of the objects and refs that a ``.git`` file leads to; ``None`` when it leads to no repository.

    Raises:
        OSError: the file cannot be read.
    """
    line = _first_line(Path(link))
    if not line.startswith(_TARGET):
        return None
    own = Path(link).parent / line.removeprefix(_TARGET)
    try:
        common = own / _first_line(own / "commondir")
    except FileNotFoundError:
        common = own  # of a submodule, which shares it with nobody
    return os.path.normpath(common) if all((common / name).exists() for name in REPOSITORY) else None


def _first_line(path: Path) -> str:
    descriptor = open_found(path)
    try:
        return os.fsdecode(os.read(descriptor, _LONGEST)).partition("\n")[0]
    finally:
        os.close(descriptor)
