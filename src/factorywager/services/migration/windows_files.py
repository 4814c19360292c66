"""What Windows keeps of a file beside its bytes: who may do what with it, and its attributes (read-only, hidden, …)."""

# pathlib costs 5 ms at start-up
# ruff: noqa: PTH101

from __future__ import annotations

import ctypes
import os
import stat
from typing import Any

# winnt.h, fileapi.h
_DACL = 4
_INVALID = 0xFFFFFFFF
_SETTABLE = 0x1 | 0x2 | 0x4 | 0x20 | 0x2000  # read-only, hidden, system, archive, not content indexed


def dress(at: str, like: str) -> None:
    """Give the file ``at`` the access list and the attributes of another.

    Raises:
        OSError: they cannot be read or set.
    """
    advapi, kernel = _library("advapi32"), _library("kernel32")
    needed = ctypes.c_uint32()
    advapi.GetFileSecurityW(like, _DACL, None, 0, ctypes.byref(needed))  # says how long it is
    descriptor = ctypes.create_string_buffer(needed.value)
    _check(advapi.GetFileSecurityW(like, _DACL, descriptor, needed, ctypes.byref(needed)))
    _check(advapi.SetFileSecurityW(at, _DACL, descriptor))
    kernel.GetFileAttributesW.restype = ctypes.c_uint32
    attributes = kernel.GetFileAttributesW(like)
    _check(attributes != _INVALID)
    _check(kernel.SetFileAttributesW(at, ctypes.c_uint32(attributes & _SETTABLE)))


def replace(at: str, path: str) -> None:
    """As `os.replace`, also where the file to be replaced is read-only; then it is not so for that instant.

    Raises:
        OSError: it cannot be; the file is as it was.
    """
    mode = os.stat(path).st_mode  # noqa: PTH116
    if mode & stat.S_IWRITE:
        os.replace(at, path)  # noqa: PTH105
        return
    os.chmod(path, mode | stat.S_IWRITE)
    try:
        os.replace(at, path)  # noqa: PTH105
    except OSError:
        os.chmod(path, mode)
        raise


def remove(path: str) -> None:
    """As `os.unlink`, also where the file is read-only.

    Raises:
        OSError: it cannot be removed.
    """
    os.chmod(path, stat.S_IWRITE)
    os.unlink(path)  # noqa: PTH108


def _library(name: str) -> Any:
    return ctypes.WinDLL(name, use_last_error=True)  # type: ignore[attr-defined]


def _check(done: object) -> None:
    if not done:
        raise ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined]
