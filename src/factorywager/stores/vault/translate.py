"""What the engine and the file system can raise, in this project's words.  Nothing else may escape the vault."""

from __future__ import annotations

import errno

from ...errors import (
    AccessDeniedError,
    CorruptError,
    DeadlineError,
    NotFoundError,
    PlatformError,
    StorageFullError,
    StoreError,
    TooLongError,
    UnavailableError,
)

STORE = "vault"

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP)

_DAMAGED_HINT = "run `factorywager doctor`; a damaged vault is restored from a backup"
_FULL_HINT = "free some space, or move the vault with FACTORYWAGER_HOME; nothing was changed"
_LOOK_HINT = "`factorywager doctor` looks closer"
_BUSY_HINT = "another process is writing to it; try again, or raise the limit with --timeout"


def translate(error: Exception, path: str, number: int = 0) -> StoreError:  # noqa: PLR0911 - a table
    """The error to raise instead of ``error``.

    Args:
        error: an ``apsw.Error`` or an ``OSError``.
        path: the file concerned.
        number: the errno behind an engine's error, where the engine knows it.
    """
    if isinstance(error, OSError):
        return _from_errno(error.errno or 0, str(error.filename or path), error.strerror or "")
    kind = type(error).__name__  # apsw's classes are SQLite's result codes, by name
    if kind in ("IOError", "CantOpenError", "FullError", "ReadOnlyError", "PermissionsError") and number in (
        *_FULL,
        *_DENIED,
    ):
        return _from_errno(number, path, "")
    match kind:
        case "NotADBError" | "CorruptError" | "FormatError" | "EmptyError" | "MismatchError":
            return CorruptError(f"{path} is damaged, or is another vault's", hint=_DAMAGED_HINT, store=STORE)
        case "FullError":
            return _from_errno(errno.ENOSPC, path, "")
        case "BusyError" | "LockedError":
            return DeadlineError(f"{path} is busy", hint=_BUSY_HINT, store=STORE)
        case "ReadOnlyError" | "PermissionsError" | "AuthError":
            return _from_errno(errno.EACCES, path, "")
        case "CantOpenError":
            return UnavailableError(
                f"{path} cannot be opened", hint="`factorywager doctor` shows what is there", store=STORE
            )
        case "TooBigError":
            return TooLongError(
                "the value is longer than the vault can hold", hint="keep it in a file, and its key here", store=STORE
            )
    # Only the class and SQLite's code: a message of the engine's may quote what it was given.
    result = getattr(error, "extendedresult", None)
    return PlatformError(
        f"the vault's engine failed with {kind} on {path}", hint=_LOOK_HINT, store=STORE, native=result
    )


def _from_errno(number: int, path: str, text: str) -> StoreError:
    if number in _FULL:
        return StorageFullError(f"there is no room to write {path}", hint=_FULL_HINT, store=STORE)
    if number == errno.EROFS:
        return AccessDeniedError(
            f"{path} is on a read-only file system", hint="FACTORYWAGER_HOME moves the vault elsewhere", store=STORE
        )
    if number in _DENIED:
        return AccessDeniedError(
            f"no permission to use {path}", hint="FACTORYWAGER_HOME moves the vault elsewhere", store=STORE
        )
    if number == errno.ENOENT:
        return NotFoundError(f"{path} does not exist", hint="look for a slip in the path", store=STORE)
    return PlatformError(
        f"{path}: {text.lower() or 'input/output error'}", hint=_LOOK_HINT, store=STORE, native=number or None
    )
