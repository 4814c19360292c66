"""``pip.conf``: an INI file; a password stands in the URLs of its indexes, so the whole URL is the value."""

from __future__ import annotations

from . import ini
from .found import ends_with

name = "pip"
read = ini.read


def recognizes(file: str) -> bool:
    """``pip.conf``, ``pip.ini`` on Windows."""
    return ends_with(file, "pip.conf", "pip.ini")
