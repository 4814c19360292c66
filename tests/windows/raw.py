"""`Credentials`: credentials as another program reads and writes them, with nothing of the code under test.

``pywin32-ctypes``' declarations of advapi32, which write whatever bytes they are given at this level.
"""

from __future__ import annotations

import ctypes
from ctypes import wintypes
from typing import Any, NamedTuple

GENERIC, DOMAIN_PASSWORD = 1, 2


class _Credential(ctypes.Structure):
    _fields_ = (
        ("Flags", wintypes.DWORD),
        ("Type", wintypes.DWORD),
        ("TargetName", wintypes.LPWSTR),
        ("Comment", wintypes.LPWSTR),
        ("LastWritten", wintypes.FILETIME),
        ("CredentialBlobSize", wintypes.DWORD),
        ("CredentialBlob", wintypes.LPBYTE),
        ("Persist", wintypes.DWORD),
        ("AttributeCount", wintypes.DWORD),
        ("Attributes", wintypes.LPVOID),
        ("TargetAlias", wintypes.LPWSTR),
        ("UserName", wintypes.LPWSTR),
    )


class Found(NamedTuple):
    target: str
    user: str | None
    blob: bytes
    persist: int
    comment: str | None


class Credentials:
    """Reads and writes single credentials, and remembers what to take away again."""

    def __init__(self) -> None:
        self._advapi: Any = ctypes.WinDLL("advapi32", use_last_error=True)
        self._written: set[tuple[str, int]] = set()

    def write(
        self, target: str, user: str | None, blob: bytes, *, kind: int = GENERIC, comment: str | None = None
    ) -> None:
        data = (wintypes.BYTE * len(blob)).from_buffer_copy(blob)
        credential = _Credential(
            Type=kind, TargetName=target, UserName=user, Comment=comment, Persist=2, CredentialBlobSize=len(blob)
        )
        credential.CredentialBlob = ctypes.cast(data, wintypes.LPBYTE)
        if not self._advapi.CredWriteW(ctypes.byref(credential), 0):
            raise ctypes.WinError(ctypes.get_last_error())
        self._written.add((target, kind))

    def read(self, target: str) -> Found | None:
        pointer = ctypes.POINTER(_Credential)()
        if not self._advapi.CredReadW(target, GENERIC, 0, ctypes.byref(pointer)):
            assert ctypes.get_last_error() == 1168
            return None
        found = pointer.contents
        blob = ctypes.string_at(found.CredentialBlob, found.CredentialBlobSize)
        result = Found(found.TargetName, found.UserName, blob, found.Persist, found.Comment)
        self._advapi.CredFree(pointer)
        return result

    def clear(self) -> None:
        for target, kind in self._written:
            self._advapi.CredDeleteW(target, kind, 0)
