"""`open_found`: how a scan opens what it comes upon: never through a link, nor waiting for a pipe's other end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

# Windows has none but the last, without which it would end a file at a control-Z.
_FLAGS: Final = ("O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK", "O_NOFOLLOW", "O_BINARY")
_READ: Final = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in _FLAGS)


def open_found(path: str | Path) -> int:
    """A descriptor of the file, for reading.

    Raises:
        OSError: it cannot be opened, or is a link.
    """
    return os.open(path, _READ)
