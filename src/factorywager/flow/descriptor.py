"""`read_into`: bytes from a descriptor that may never deliver any, within a deadline."""

from __future__ import annotations

import os

from .deadline import Deadline


def read_into(descriptor: int, into: memoryview, deadline: Deadline) -> int | None:
    """Read what is there, at most what fits; how many bytes, 0 at the end, ``None`` when nothing came in time.

    Raises:
        OSError: it cannot be read.
    """
    if os.name == "nt":
        return _read_on_thread(descriptor, into, deadline)
    from select import select

    ready, _, _ = select([descriptor], [], [], deadline.remaining())
    return os.readv(descriptor, [into]) if ready else None


def _read_on_thread(descriptor: int, into: memoryview, deadline: Deadline) -> int | None:
    """Windows' ``select`` knows sockets only.  A read that never ends stays behind, with its thread and its buffer."""
    import threading

    from ..model.locked import LockedBuffer

    buffer = LockedBuffer(len(into))
    outcome: list[int | OSError] = []

    def read() -> None:
        try:
            with open(descriptor, "rb", buffering=0, closefd=False) as stream:
                outcome.append(stream.readinto(buffer.view))
        except OSError as error:
            outcome.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(deadline.remaining())
    if not outcome:
        return None
    try:
        (size,) = outcome
        if isinstance(size, OSError):
            raise size
        into[:size] = buffer.view[:size]
        return size
    finally:
        buffer.wipe()
