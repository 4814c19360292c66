"""Every native code that is known maps to one class and one hint, in each store that has native codes.

A new store adds one `Native` to `STORES`; a store with a ``translate.py`` that is not in the table is a failure.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import pytest
from jeepney.low_level import Endianness, Header, HeaderFields, Message, MessageFlag, MessageType

from factorywager import errors
from factorywager.errors import StoreError
from factorywager.protocols.received import Received
from factorywager.stores.credential_manager import translate as windows
from factorywager.stores.keychain import translate as macos
from factorywager.stores.secret_service import translate as dbus
from factorywager.stores.vault import translate as vault

ROOMS = Path(dbus.__file__).parents[1]

_D = "org.freedesktop.DBus.Error."
_S = "org.freedesktop.Secret.Error."


class Native(NamedTuple):
    """How one store's platform reports failures.

    Attributes:
        store: as errors name it.
        translate: gives the error for a code.
        meanings: the codes that are known, and what each is raised as.
        unknown: a code that no table has.
    """

    store: str
    translate: Callable[[Any], StoreError]
    meanings: Mapping[Any, type[StoreError]]
    unknown: Any


STORES = {
    "secret_service": Native(
        "secret-service",
        lambda name: dbus.translate(name, ""),
        {
            f"{_S}IsLocked": errors.LockedError,
            f"{_D}ServiceUnknown": errors.UnavailableError,
            f"{_D}NameHasNoOwner": errors.UnavailableError,
            f"{_D}Disconnected": errors.UnavailableError,
            f"{_D}NoServer": errors.UnavailableError,
            f"{_D}Spawn.ExecFailed": errors.UnavailableError,
            f"{_D}Spawn.ServiceNotFound": errors.UnavailableError,
            f"{_D}Timeout": errors.DeadlineError,
            f"{_D}TimedOut": errors.DeadlineError,
            f"{_D}AccessDenied": errors.AccessDeniedError,
            f"{_D}AuthFailed": errors.AccessDeniedError,
            f"{_D}NoMemory": errors.StorageFullError,
            f"{_D}Failed": errors.PlatformError,
            f"{_D}InvalidArgs": errors.PlatformError,
            f"{_D}NotSupported": errors.PlatformError,
            f"{_D}LimitsExceeded": errors.PlatformError,
        },
        "com.example.Error.NobodyKnows",
    ),
    "keychain": Native(
        "keychain",
        macos.translate,
        {code: meaning.error for code, meaning in macos.MEANINGS.items()},
        -1,
    ),
    "credential_manager": Native(
        "credential-manager",
        windows.translate,
        {code: type(windows.translate(code)) for code in windows.CODES},
        999_999,
    ),
    "vault": Native(
        "vault",
        lambda error: vault.translate(error, "/somewhere/vault.db"),
        {
            apsw.NotADBError("x"): errors.CorruptError,
            apsw.CorruptError("x"): errors.CorruptError,
            apsw.FullError("x"): errors.StorageFullError,
            apsw.BusyError("x"): errors.DeadlineError,
            apsw.LockedError("x"): errors.DeadlineError,
            apsw.ReadOnlyError("x"): errors.AccessDeniedError,
            apsw.CantOpenError("x"): errors.UnavailableError,
            apsw.TooBigError("x"): errors.TooLongError,
            apsw.IOError("x"): errors.PlatformError,
            OSError(errno.ENOSPC, "x"): errors.StorageFullError,
            OSError(errno.EDQUOT, "x"): errors.StorageFullError,
            OSError(errno.EACCES, "x"): errors.AccessDeniedError,
            OSError(errno.EROFS, "x"): errors.AccessDeniedError,
            OSError(errno.ENOENT, "x"): errors.NotFoundError,
            OSError(errno.EIO, "x"): errors.PlatformError,
        },
        apsw.SQLError("x"),
    ),
}

# By hand, so that a slip in a room's own table is seen; the rest of such tables is said by hand beside each store
# (tests/unit/test_windows_codes.py, tests/keychain/test_translate.py).
NAMED = {
    ("keychain", -128): errors.CanceledError,
    ("keychain", -25293): errors.AuthenticationError,
    ("keychain", -25308): errors.InteractionNotAllowedError,
    ("keychain", -25315): errors.InteractionRequiredError,
    ("keychain", -25300): errors.NotFoundError,
    ("keychain", -50): errors.PlatformError,
    ("credential_manager", 1312): errors.UnavailableError,
    ("credential_manager", 1783): errors.TooLongError,
}

CODES = [pytest.param(room, code, id=f"{room}-{code!r}") for room, native in STORES.items() for code in native.meanings]


def test_every_store_with_native_codes_is_here() -> None:
    assert set(STORES) == {path.parent.name for path in ROOMS.glob("*/translate.py")}


@pytest.mark.parametrize(("room", "code"), CODES)
def test_a_code_is_one_class_with_one_hint(room: str, code: Any) -> None:
    native = STORES[room]
    error = native.translate(code)
    again = native.translate(code)
    assert type(error) is native.meanings[code]
    assert error.hint
    assert (type(again), again.hint, again.message) == (type(error), error.hint, error.message)
    assert error.store == native.store
    assert error.message[:1] == error.message[:1].lower() or error.message.startswith(("Windows", "Core", "Mac"))


@pytest.mark.parametrize(("room", "code"), NAMED)
def test_what_semantics_names_is_as_it_says(room: str, code: int) -> None:
    assert type(STORES[room].translate(code)) is NAMED[room, code]


@pytest.mark.parametrize("room", STORES)
def test_a_code_nobody_knows_is_a_platform_error_that_says_what_to_do(room: str) -> None:
    error = STORES[room].translate(STORES[room].unknown)
    assert type(error) is errors.PlatformError
    assert error.hint
    assert error.native is not None or room == "vault"


# --- the Secret Service's codes that are acted upon, and not raised ------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (f"{_S}NoSession", dbus.StaleSessionError),
        (f"{_D}NoReply", dbus.StaleSessionError),
        ("org.qtproject.QtDBus.Error.InvalidObjectPath", dbus.StaleSessionError),
        (f"{_S}NoSuchObject", dbus.VanishedError),
        (f"{_D}UnknownObject", dbus.VanishedError),
        (f"{_D}UnknownMethod", dbus.VanishedError),
        (f"{_S}IsLocked", errors.LockedError),
    ],
)
def test_a_reply_s_error_is_acted_upon(name: str, kind: type[Exception]) -> None:
    fields = {HeaderFields.reply_serial: 7, HeaderFields.error_name: name, HeaderFields.signature: "s"}
    header = Header(Endianness.little, MessageType.error, MessageFlag.no_reply_expected, 1, -1, 1, fields)
    with pytest.raises(kind):
        dbus.checked(Received(Message(header, ("Some words.",)).serialise()))
