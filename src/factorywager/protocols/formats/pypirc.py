"""``~/.pypirc``: an INI file, a section for each index (twine's reading)."""

from __future__ import annotations

from . import ini
from .found import ends_with

name = "pypirc"
read = ini.read


def recognizes(file: str) -> bool:
    """Where twine keeps it."""
    return ends_with(file, ".pypirc")
