"""Reading a ``.env`` file: whatever is wrong with it has a name of its own."""

from __future__ import annotations

import errno
import os
import select
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
from ..protocols.dotenv import Assignment, parse

LONGEST: Final = 1 << 20  # bytes; a longer file is not one of variables


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
    raw = bytearray()
    try:
        # NONBLOCK: opening a named pipe that nobody writes to would wait for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            kind = "a directory" if stat.S_ISDIR(mode) else "not a file"
            raise ArgumentValueError(f"{path}: this is {kind}", hint="name a file of variables, such as .env")
        while select.select([descriptor], [], [], deadline.remaining())[0]:
            try:
                chunk = os.read(descriptor, 1 << 16)
            except OSError as error:
                raise _unreadable(path, error) from None
            if not chunk:
                return raw
            raw += chunk
            if len(raw) > LONGEST:
                raise TooLongError(f"{path}: a file of variables has at most {LONGEST:,} bytes")
    finally:
        os.close(descriptor)
    raise deadline.error(f"{path} did not end")


def _unreadable(path: str, error: OSError) -> NotFoundError | AccessDeniedError | PlatformError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotFoundError(f"{path}: there is no such file", hint="name the file, or use --from-env")
    if error.errno in (errno.EACCES, errno.EPERM):
        return AccessDeniedError(f"{path}: this file cannot be read by you")
    return PlatformError(f"{path}: {error.strerror}", native=error.errno)
