"""advapi32's credential functions (wincred.h), by ctypes: a credential is borrowed, and wiped before it is freed.

Only the wide functions, only generic credentials, and blobs as they are: pywin32's and pywin32-ctypes' wrappers take
text and write UTF-16, which Bun cannot read.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from ...errors import UnavailableError
from ...model.locked import LockedBuffer
from .translate import NOT_FOUND, STORE, translate

GENERIC: Final = 1  # CRED_TYPE_GENERIC
LOCAL_MACHINE, ENTERPRISE = 2, 3  # CRED_PERSIST_*

# wincred.h; Windows checks some of them late and names none, so that callers check first
LONGEST_BLOB: Final = 5 * 512  # CRED_MAX_CREDENTIAL_BLOB_SIZE, bytes
LONGEST_TARGET: Final = 32_767  # CRED_MAX_GENERIC_TARGET_NAME_LENGTH, UTF-16 units
LONGEST_USER: Final = 513  # CRED_MAX_USERNAME_LENGTH, UTF-16 units

_TYPES: Final = 8  # CRED_TYPE_MAXIMUM


class Credential(ctypes.Structure):
    """CREDENTIALW.  Strings are copied when they are looked at; the blob is not."""

    _fields_ = (
        ("flags", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("target", ctypes.c_wchar_p),
        ("comment", ctypes.c_wchar_p),
        ("written_low", ctypes.c_uint32),  # FILETIME: two halves, on no 8-byte boundary
        ("written_high", ctypes.c_uint32),
        ("blob_size", ctypes.c_uint32),
        ("blob", ctypes.c_void_p),
        ("persist", ctypes.c_uint32),
        ("attribute_count", ctypes.c_uint32),
        ("attributes", ctypes.c_void_p),
        ("alias", ctypes.c_wchar_p),
        ("user", ctypes.c_wchar_p),
    )

    @property
    def written(self) -> int:
        """When it was last written: units of 100 ns since 1601, UTC."""
        return int(self.written_high) << 32 | int(self.written_low)

    def take(self) -> LockedBuffer:
        """The blob, moved: what is left of it here is zeros."""
        buffer = LockedBuffer(self.blob_size)
        if self.blob_size:
            first = ctypes.c_char.from_buffer(buffer.view)
            ctypes.memmove(ctypes.addressof(first), self.blob, self.blob_size)
            del first  # or the buffer could not be wiped
        self.wipe()
        return buffer

    def fingerprint(self, key: bytes) -> int:
        """Another one after every write: the clock alone could stand still between two."""
        from hashlib import blake2b

        blob = (ctypes.c_char * self.blob_size).from_address(self.blob) if self.blob else b""
        return hash((self.written, blake2b(blob, key=key, digest_size=16).digest()))

    def wipe(self) -> None:
        if self.blob:
            ctypes.memset(self.blob, 0, self.blob_size)


_Pointer = ctypes.POINTER(Credential)


@contextmanager
def read(target: str) -> Iterator[Credential | None]:
    """The credential of that target, for the length of a ``with`` block; ``None`` where there is none."""
    found = _Pointer()
    if not _call("CredReadW", target, GENERIC, 0, ctypes.byref(found)):
        yield None
        return
    try:
        yield found.contents
    finally:
        found.contents.wipe()
        _advapi().CredFree(found)


@contextmanager
def enumerate_credentials(pattern: str | None) -> Iterator[list[Credential]]:
    """The credentials whose targets match, of every type, for the length of a ``with`` block.

    Args:
        pattern: a target, or the beginning of some and ``*``; ``None`` for all that the user has.
    """
    count = ctypes.c_uint32()
    found = ctypes.POINTER(_Pointer)()
    if not _call("CredEnumerateW", pattern, 0, ctypes.byref(count), ctypes.byref(found)):
        yield []
        return
    credentials = [found[at].contents for at in range(count.value)]
    try:
        yield credentials
    finally:
        for credential in credentials:
            credential.wipe()
        _advapi().CredFree(found)


def write(target: str, user: str, value: memoryview, persist: int, comment: str | None = None) -> None:
    """Write a generic credential, in the place of any that has this target.

    Args:
        comment: as Bun does, none; ``""`` to remove one, which without it stays (seen under Wine).
    """
    blob = LockedBuffer(len(value))
    try:
        blob.view[:] = value
        first = ctypes.c_char.from_buffer(blob.view)
        credential = Credential(
            type=GENERIC,
            target=target,
            comment=comment,
            user=user,
            blob=ctypes.addressof(first),
            blob_size=len(value),
            persist=persist,
        )
        try:
            if not _call("CredWriteW", ctypes.byref(credential), 0):
                raise translate(NOT_FOUND)  # Wine's answer to a target of more than 246 characters
        finally:
            del first
    finally:
        blob.wipe()


def delete(target: str) -> bool:
    """Whether there was one."""
    return _call("CredDeleteW", target, GENERIC, 0)


def longest_persistence() -> int:
    """How long this logon session can keep a generic credential: 0 not at all, else a CRED_PERSIST_*."""
    longest = (ctypes.c_uint32 * _TYPES)()
    _call("CredGetSessionTypes", _TYPES, longest)
    return longest[GENERIC]


def _call(function: str, *arguments: Any) -> bool:
    """Whether it succeeded; ``False`` where there is no such credential.

    Raises:
        StoreError: it failed in any other way.
    """
    if getattr(_advapi(), function)(*arguments):
        return True
    code = ctypes.get_last_error() & 0xFFFFFFFF  # type: ignore[attr-defined, unused-ignore]
    if code == NOT_FOUND:
        return False
    raise translate(code)


@functools.cache
def _advapi() -> Any:
    """The library, each function declared.

    Raises:
        UnavailableError: this is not Windows, or one without these functions.
    """
    if sys.platform != "win32":
        raise UnavailableError("there is none on this system", hint="it is a part of Windows", store=STORE)
    try:
        advapi = ctypes.WinDLL("advapi32", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]
        for name, arguments in _SIGNATURES.items():
            getattr(advapi, name).argtypes = arguments
            getattr(advapi, name).restype = ctypes.c_int32
        advapi.CredFree.argtypes = (ctypes.c_void_p,)
        advapi.CredFree.restype = None
    except (OSError, AttributeError):
        raise translate(127) from None
    return advapi


_SIGNATURES: Final[dict[str, tuple[Any, ...]]] = {
    "CredReadW": (ctypes.c_wchar_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.POINTER(_Pointer)),
    "CredEnumerateW": (
        ctypes.c_wchar_p,
        ctypes.c_uint32,
        ctypes.POINTER(ctypes.c_uint32),
        ctypes.POINTER(ctypes.POINTER(_Pointer)),
    ),
    "CredWriteW": (_Pointer, ctypes.c_uint32),
    "CredDeleteW": (ctypes.c_wchar_p, ctypes.c_uint32, ctypes.c_uint32),
    "CredGetSessionTypes": (ctypes.c_uint32, ctypes.POINTER(ctypes.c_uint32)),
}
