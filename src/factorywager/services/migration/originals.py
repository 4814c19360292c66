"""Changing a file so that at every instant one or the other whole version of it stands under its name.

The new version is written beside the file as a draft, with the file's own mode, owner, attributes and access list.
Then the two change places in one step, and what came out is looked at: were it anything else than what was expected,
somebody else's change, they change back.  A draft never holds a value that the file did not.
"""

# pathlib costs 5 ms at start-up, and knows no descriptors
# ruff: noqa: PTH105, PTH108, PTH116, PTH118, PTH120

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Literal

from ...errors import AccessDeniedError, ConflictError, PlatformError, StorageFullError, StoreError
from ...flow import Deadline
from . import windows_files
from .source import contents, untold

# renameat2(2)
_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)

# Windows has no symbolic links to fear here, and would write line ends of its own
_DRAFT: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

Match = Callable[[bytes], bool]


def draft(path: str, migration: str, number: int, direction: Literal["new", "old"]) -> str:
    """Where the draft of a migration's ``number``-th file lies; the two directions must not meet each other's."""
    return os.path.join(os.path.dirname(path), f".factorywager-{migration}-{number}.{direction}")


def examine(path: str) -> os.stat_result:
    """The file's status, where it is one that can be changed.

    Raises:
        NotFoundError: it is gone.
        ConflictError: it has several names; the others would go on holding the values.
    """
    found = status(path)
    if found.st_nlink > 1:
        raise ConflictError(
            f"{path} has {found.st_nlink} names (hard links), and under the others the values would stay",
            hint="remove the other names, or leave --blank and --replace out",
        )
    return found


def status(path: str) -> os.stat_result:
    """stat(2), its failures in this project's words."""
    try:
        return os.stat(path)
    except OSError as error:
        raise untold(path, error) from None


def read(path: str) -> bytes | None:
    """The file's bytes; ``None`` where there is none."""
    try:
        raw, _ = contents(path, Deadline(10))
    except LookupError:  # NotFoundError
        return None
    return raw


def write_draft(path: str, at: str, data: bytes, mode: int | None = None) -> None:
    """Write a draft for the file at ``path`` and make it last.

    Args:
        mode: for a file that is not there to take it from.

    Raises:
        AccessDeniedError: the directory cannot be written to, or the file's owner or attributes cannot be kept.
        StorageFullError: there is no room.
    """
    try:
        descriptor = os.open(at, _DRAFT, 0o600)
    except OSError as error:
        raise _failed(path, error) from None
    try:
        try:
            with memoryview(data) as rest:
                done = 0
                while done < len(rest):
                    done += os.write(descriptor, rest[done:])
            if os.name != "nt":
                _dress(descriptor, path, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if os.name == "nt":  # by name, and what is read-only can no longer be opened for writing
            _dress_by_name(at, path, mode)
    except OSError as error:
        remove(at)
        raise _failed(path, error) from None


def _dress_by_name(at: str, path: str, mode: int | None) -> None:
    """`_dress` on Windows.  A file made anew takes its access list from its directory, as it once did."""
    if mode is None:
        windows_files.dress(at, path)
    else:
        os.chmod(at, mode)  # noqa: PTH101


def _dress(descriptor: int, path: str, mode: int | None) -> None:
    """Give a draft the file's owner, mode, and extended attributes (access control lists are some of them)."""
    if mode is not None:
        os.fchmod(descriptor, mode)
        return
    like, own = os.stat(path), os.fstat(descriptor)
    if (like.st_uid, like.st_gid) != (own.st_uid, own.st_gid):
        os.fchown(descriptor, like.st_uid, like.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
    if not hasattr(os, "listxattr"):
        return
    for name in os.listxattr(path):
        value = os.getxattr(path, name)
        try:
            os.setxattr(descriptor, name, value)
        except OSError:
            # a label that the system gives by itself (SELinux) needs no setting, and may not be set
            if name not in os.listxattr(descriptor) or os.getxattr(descriptor, name) != value:
                raise


def swap(path: str, at: str, expected: Match) -> None:
    """Put the draft in the file's place, if the file is what is expected.

    Raises:
        ConflictError: it is not; it stays as it is.
    """
    try:
        if not _exchange(at, path):
            _replace(path, at, expected)
            sync_directory(path)
            return
    except FileNotFoundError:
        remove(at)
        raise _changed(path) from None
    except OSError as error:
        remove(at)
        raise _failed(path, error) from None
    # from here on, what lies under the draft's name may be all there is of somebody's work
    try:
        out = read(at)
        if out is None or not expected(out):
            _exchange(at, path)
            remove(at)
            raise _changed(path)
        os.unlink(at)
        sync_directory(path)
    except OSError as error:
        raise _failed(path, error) from None


def _replace(path: str, at: str, expected: Match) -> None:
    """Where files cannot change places: a change between the look and the rename, microseconds, would be lost."""
    out = read(path)
    if out is None or not expected(out):
        remove(at)
        raise _changed(path)
    if os.name == "nt":
        windows_files.replace(at, path)
    else:
        os.replace(at, path)


def place(path: str, at: str) -> None:
    """Put a draft where there is no file.

    Raises:
        ConflictError: there is one by now.
    """
    try:
        if os.name == "nt":
            os.rename(at, path)  # noqa: PTH104 - replaces nothing on Windows
        else:
            os.link(at, path)  # unlike rename(2) it replaces nothing
            os.unlink(at)
        sync_directory(path)
    except FileExistsError:
        remove(at)
        raise _changed(path) from None
    except OSError as error:
        remove(at)
        raise _failed(path, error) from None


def settle(path: str, at: str, source: Match, target: Match) -> None:
    """Tidy up after a process that was killed while it put the draft ``at`` in the place of ``path``.

    Args:
        source, target: what the file was expected to be before, and was to be after.

    Raises:
        ConflictError: there is no telling which of the two is whose.
    """
    waiting = read(at)
    if waiting is None:
        return
    standing = read(path)
    if standing is not None and target(standing) and not source(waiting) and not target(waiting):
        _exchange(at, path)  # it was killed between the exchange and the look: what came out is somebody's change
    elif standing is None or not (source(standing) or target(standing) or source(waiting) or target(waiting)):
        raise ConflictError(
            f"{path} was changed while a migration was interrupted", hint=f"see what of {at} you need, and remove it"
        )
    remove(at)


def remove(at: str) -> None:
    """Remove a draft, if it is there and can be; `settle` tries again."""
    with suppress(OSError):
        if os.name == "nt":
            windows_files.remove(at)
        else:
            os.unlink(at)


def sync_directory(path: str) -> None:
    """Make the names in the file's directory last (fsync(2)); Windows has no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exchange(first: str, second: str) -> bool:
    """Let two files change places in one step (renameat2(2)); ``False`` where the system cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, TypeError, OSError):  # not Linux, or a C library without it
        return False
    if renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), second)


def _changed(path: str) -> ConflictError:
    return ConflictError(
        f"{path} was changed by somebody else meanwhile, and is left as it is",
        hint="`factorywager migrate --undo` takes the migration back; then look at the file and try again",
    )


def _failed(path: str, error: OSError) -> StoreError:
    if error.errno in _FULL:
        return StorageFullError(f"there is no room for a new version of {path}", hint="the file is as it was")
    if error.errno in _DENIED:
        return AccessDeniedError(
            f"{path} cannot be replaced by you: {(error.strerror or '').lower()}",
            hint="its directory must be yours to write to, and the file your own; it is as it was",
        )
    return PlatformError(f"{path}: {error.strerror}", native=error.errno)
