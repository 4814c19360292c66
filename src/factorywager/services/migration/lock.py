"""The lock that lets one migration at a time touch a store's records; the system gives it back when its owner dies."""

from __future__ import annotations

import errno
import os
from typing import Final

from ...errors import AccessDeniedError, PlatformError
from ...flow import Deadline, Flow, Pause, Work

_PAUSE: Final = 0.02  # seconds between two tries: flock(2) itself cannot wait until a moment


def acquire(path: str, deadline: Deadline) -> Flow[int]:
    """A descriptor that holds the lock until it is closed.

    Raises:
        DeadlineError: another migration held it until the deadline.
        AccessDeniedError, PlatformError: the file cannot be made.
    """
    descriptor: int = yield Work(lambda: _open(path), deadline)
    try:
        while not _try(descriptor):
            if deadline.passed:
                raise deadline.error(
                    "another migration did not end", hint="wait for it, or raise the limit with --timeout"
                )
            yield Pause(_PAUSE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise AccessDeniedError(f"{path} cannot be written by you") from None
        raise PlatformError(f"{path}: {error.strerror}", native=error.errno) from None


def _try(descriptor: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise PlatformError(f"the lock on migrations: {error.strerror}", native=error.errno) from None
    return True
