"""`Source`: where values come from: a file, a pipe, or the environment.  Whatever is wrong with it has a name."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from ...errors import (
    AccessDeniedError,
    ArgumentValueError,
    NotFoundError,
    PlatformError,
    StoreError,
    TooLongError,
)
from ...flow import Deadline, Flow, Work
from ...flow.descriptor import read_into
from ...protocols.formats import registry
from ...protocols.formats.found import Found

if TYPE_CHECKING:
    from ...protocols.formats.found import Format

LONGEST: Final = 16 << 20  # bytes; a longer file is not one of credentials

# NONBLOCK: opening a named pipe that nobody writes to would wait for ever.  Windows has other flags, and no such pipes.
_OPEN: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Source(NamedTuple):
    """What was read.

    Attributes:
        given: the file as the user named it; ``None`` for the environment.
        path: the file itself, absolute and free of symbolic links; ``None`` for what cannot be read a second time.
        format: of the file; ``None`` for the environment.
        raw: every byte of the file.
        found: the values in it.
    """

    given: str | None
    path: str | None
    format: Format | None
    raw: bytes
    found: Sequence[Found]

    def __repr__(self) -> str:
        return f"Source({self.given!r})"

    def by_key(self) -> dict[str, Found]:
        """The values by what the file calls them; made anew by every call."""
        return {found.key: found for found in self.found}


def read(given: str, format_name: str | None, deadline: Deadline) -> Flow[Source]:
    """A file, which may be a pipe (``<(sops -d .env)``).

    Args:
        format_name: of the file; ``None`` to tell by its name.

    Raises:
        NotFoundError, AccessDeniedError, PlatformError: it cannot be opened or read.
        ArgumentValueError: it is a directory or a device, or there is no such format.
        TooLongError: it is longer than `LONGEST`.
        CorruptError: it is not of its format.
        DeadlineError: it is a pipe, and its writer did not finish.
    """
    kind = format_of(given, format_name)

    def work() -> tuple[str | None, bytes]:
        raw, regular = contents(given, deadline)
        return (os.path.realpath(given) if regular else None), raw

    path, raw = yield Work(work, deadline)
    return Source(given, path, kind, raw, kind.read(raw, given, os.environ))


def from_environment() -> Source:
    """The variables of this process."""
    return Source(None, None, None, b"", [Found(key, value) for key, value in os.environ.items()])


def format_of(given: str, name: str | None) -> Format:
    """The format of that name, else the one that knows files of such a name, else dotenv.

    Raises:
        ArgumentValueError: there is no format of that name.
    """
    return registry.by_name(name) if name else registry.recognize(given) or registry.by_name("dotenv")


def contents(path: str, deadline: Deadline) -> tuple[bytes, bool]:
    """All bytes of a file or a pipe, and whether it is a file.  See `read` for what it raises."""
    raw, chunk = bytearray(), memoryview(bytearray(1 << 16))
    try:
        descriptor = os.open(path, _OPEN)
    except OSError as error:
        raise untold(path, error) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            kind = "a directory" if stat.S_ISDIR(mode) else "not a file"
            raise ArgumentValueError(f"{path}: this is {kind}", hint="name a file of variables, such as .env")
        while (size := _read_some(descriptor, chunk, path, deadline)) is not None:
            if not size:
                return bytes(raw), stat.S_ISREG(mode)
            raw += chunk[:size]
            if len(raw) > LONGEST:
                raise TooLongError(f"{path}: a file of credentials has at most {LONGEST:,} bytes")
    finally:
        chunk[:] = bytes(len(chunk))
        os.close(descriptor)
    raise deadline.error(f"{path} did not end")


def _read_some(descriptor: int, chunk: memoryview, path: str, deadline: Deadline) -> int | None:
    try:
        return read_into(descriptor, chunk, deadline)
    except OSError as error:
        raise untold(path, error) from None


def untold(path: str, error: OSError) -> StoreError:
    """The error to raise for a file that cannot be read."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotFoundError(f"{path}: there is no such file", hint="name the file, or use --from-env")
    if error.errno in (errno.EACCES, errno.EPERM):
        return AccessDeniedError(f"{path}: this file cannot be read by you")
    if error.errno == errno.ELOOP:
        return PlatformError(f"{path}: its symbolic links lead in a circle", native=error.errno)
    return PlatformError(f"{path}: {error.strerror}", native=error.errno)
