"""`read_into`: bytes from a descriptor that may never deliver any, within a deadline."""

from __future__ import annotations

import os

from .deadline import Deadline

_MOST = 1 << 16  # bytes that one read on Windows gives; its pipes hold less


def read_into(descriptor: int, into: memoryview, deadline: Deadline) -> int | None:
    """Read what is there, at most what fits; how many bytes, 0 at the end, ``None`` when nothing came in time.

    Raises:
        OSError: it cannot be read.
    """
    if os.name == "nt":
        return _read_aside(descriptor, into, deadline)
    from select import select

    ready, _, _ = select([descriptor], [], [], deadline.remaining())
    return os.readv(descriptor, [into]) if ready else None


def _read_aside(descriptor: int, into: memoryview, deadline: Deadline) -> int | None:
    """Windows' ``select`` knows sockets only; a read that never ends keeps a buffer of its own."""
    from ..model.locked import LockedBuffer
    from .aside import aside

    buffer = LockedBuffer(min(len(into), _MOST))

    def read() -> int:
        with open(descriptor, "rb", buffering=0, closefd=False) as stream:
            return stream.readinto(buffer.view) or 0

    size = aside(read, deadline)
    if size is not None:
        into[:size] = buffer.view[:size]
        buffer.wipe()
    return size
