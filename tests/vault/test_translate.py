"""Every error of the engine and of the file system has a name of ours."""

from __future__ import annotations

import errno

import apsw
import pytest

from factorywager.errors import (
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
from factorywager.stores.vault.translate import translate

ENGINE_ERRORS = [kind for kind in vars(apsw).values() if isinstance(kind, type) and issubclass(kind, apsw.Error)]

MEANINGS = {
    apsw.NotADBError: CorruptError,
    apsw.CorruptError: CorruptError,
    apsw.FormatError: CorruptError,
    apsw.FullError: StorageFullError,
    apsw.BusyError: DeadlineError,
    apsw.LockedError: DeadlineError,
    apsw.ReadOnlyError: AccessDeniedError,
    apsw.PermissionsError: AccessDeniedError,
    apsw.AuthError: AccessDeniedError,
    apsw.CantOpenError: UnavailableError,
    apsw.TooBigError: TooLongError,
    apsw.IOError: PlatformError,
    apsw.SQLError: PlatformError,
}


@pytest.mark.parametrize("kind", ENGINE_ERRORS)
def test_every_engine_error_is_translated_and_none_is_quoted(kind: type[apsw.Error]) -> None:
    error = translate(kind("near 'made-up-value'"), "/somewhere/vault.db")
    assert isinstance(error, StoreError)
    assert error.store == "vault"
    assert "made-up-value" not in f"{error} {error.hint}"


@pytest.mark.parametrize(("kind", "meaning"), MEANINGS.items())
def test_engine_errors_mean(kind: type[apsw.Error], meaning: type[StoreError]) -> None:
    assert type(translate(kind("x"), "/somewhere/vault.db")) is meaning


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        (errno.ENOSPC, StorageFullError),
        (errno.EDQUOT, StorageFullError),
        (errno.EFBIG, StorageFullError),
        (errno.EACCES, AccessDeniedError),
        (errno.EROFS, AccessDeniedError),
        (errno.EPERM, AccessDeniedError),
        (errno.ENOENT, NotFoundError),
        (errno.EIO, PlatformError),
        (errno.ENOTDIR, PlatformError),
    ],
)
def test_a_number_means_the_same_from_the_engine_and_from_the_system(number: int, meaning: type[StoreError]) -> None:
    assert type(translate(OSError(number, "x"), "/somewhere")) is meaning
    if meaning is not NotFoundError:  # the engine opens no file that was not there a moment before
        assert type(translate(apsw.IOError("x"), "/somewhere", number)) is meaning
