"""Reading a ``.env`` file: whatever is wrong with it has a name of its own."""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

from ..errors import (
    AccessDeniedError,
    ArgumentValueError,
    CorruptError,
    NotFoundError,
    PlatformError,
    TooLongError,
)
from ..flow import Deadline, Flow, Work
from ..flow.descriptor import read_into
from ..protocols.dotenv import Assignment, parse

LONGEST: Final = 1 << 20  # bytes; a longer file is not one of variables

# NONBLOCK: opening a named pipe that nobody writes to would wait for ever.  Windows has other flags, and no such pipes.
_OPEN: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def read(path: str, deadline: Deadline) -> Flow[dict[str, Assignment]]:
    """The variables of the file at ``path``, which may be a pipe (``<(sops -d .env)``).

    Raises:
        NotFoundError, AccessDeniedError, PlatformError: it cannot be opened or read.
        ArgumentValueError: it is a directory or a device.
        TooLongError: it is longer than `LONGEST`.
        CorruptError: it is not UTF-8 text, or a line is no assignment.
        DeadlineError: it is a pipe, and its writer did not finish.
    """
    raw = yield Work(lambda: _read(path, deadline), deadline)
    return parse(_text(raw, path), os.environ, path)


def _text(raw: bytearray, path: str) -> str:
    try:
        if 0 in raw:
            raise CorruptError(f"{path}: this is a binary file")
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CorruptError(f"{path}, line {line}: this is not UTF-8 text") from None
    finally:
        raw[:] = bytes(len(raw))


def _read(path: str, deadline: Deadline) -> bytearray:
    raw, chunk = bytearray(), memoryview(bytearray(1 << 16))
    try:
        descriptor = os.open(path, _OPEN)
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            kind = "a directory" if stat.S_ISDIR(mode) else "not a file"
            raise ArgumentValueError(f"{path}: this is {kind}", hint="name a file of variables, such as .env")
        while (size := _read_some(descriptor, chunk, path, deadline)) is not None:
            if not size:
                return raw
            raw += chunk[:size]
            if len(raw) > LONGEST:
                raise TooLongError(f"{path}: a file of variables has at most {LONGEST:,} bytes")
    finally:
        chunk[:] = bytes(len(chunk))
        os.close(descriptor)
    raise deadline.error(f"{path} did not end")


def _read_some(descriptor: int, chunk: memoryview, path: str, deadline: Deadline) -> int | None:
    try:
        return read_into(descriptor, chunk, deadline)
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: str, error: OSError) -> NotFoundError | AccessDeniedError | PlatformError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotFoundError(f"{path}: there is no such file", hint="name the file, or use --from-env")
    if error.errno in (errno.EACCES, errno.EPERM):
        return AccessDeniedError(f"{path}: this file cannot be read by you")
    return PlatformError(f"{path}: {error.strerror}", native=error.errno)
