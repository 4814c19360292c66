"""The Linux kernel's keyring as a place for an opened master key, until a time the user sets (keyrings(7)).

One ``user`` key per vault generation in the session keyring: gone with the login session (or with the user's last
process, where logins have none of their own), unreadable to other sessions, never swapped out with the process,
revoked by `forget`.  The payload is the key and the Unix time of its expiry, because the kernel tells a key's
remaining time only in words.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
import time
from typing import NamedTuple

from ...errors import UnavailableError
from ...model.locked import LockedBuffer
from ...protocols.vault import KEY_BYTES, Header
from .translate import STORE

_SESSION_KEYRING = -3
_GET_ID, _REVOKE, _SEARCH, _READ, _SET_TIMEOUT = 0, 3, 10, 11, 15  # keyctl(2)

# add_key and keyctl in each architecture's <asm/unistd.h>; glibc has no wrappers
_CALLS = {
    "x86_64": (248, 250),
    "aarch64": (217, 219),
    "riscv64": (217, 219),
    "i686": (286, 288),
    "armv7l": (309, 311),
    "ppc64le": (269, 271),
    "s390x": (278, 280),
}

_PAYLOAD = struct.Struct(f"<{KEY_BYTES}sd")


class Kept(NamedTuple):
    """A master key that was found, and how long it stays (seconds)."""

    master: LockedBuffer
    seconds: float


def keep(header: Header, master: LockedBuffer, seconds: float) -> None:
    """Keep ``master`` for ``seconds``, in the place of any kept before.

    Raises:
        UnavailableError: there is no kernel keyring to use here.
    """
    with_expiry = LockedBuffer(_PAYLOAD.size)
    try:
        with_expiry.view[:KEY_BYTES] = master.view
        with_expiry.view[KEY_BYTES:] = struct.pack("<d", time.time() + seconds)
        payload = (ctypes.c_char * _PAYLOAD.size).from_buffer(with_expiry.view)
        serial = _add_key(_description(header), payload)
        del payload
    finally:
        with_expiry.wipe()
    whole_seconds = max(1, round(seconds))
    if _keyctl(_SET_TIMEOUT, serial, whole_seconds) < 0:
        # without its timeout the key would stay as long as the session: not what was asked
        error = _unavailable(ctypes.get_errno())
        _keyctl(_REVOKE, serial)
        raise error


def find(header: Header) -> Kept | None:
    """The kept master key; ``None`` where there is none, and where there is no kernel keyring."""
    serial = _search(header)
    if serial is None:
        return None
    buffer = LockedBuffer(_PAYLOAD.size)
    payload = (ctypes.c_char * _PAYLOAD.size).from_buffer(buffer.view)
    size = _keyctl(_READ, serial, payload, _PAYLOAD.size)
    del payload
    if size != _PAYLOAD.size:
        buffer.wipe()
        return None
    (expiry,) = struct.unpack("<d", buffer.view[KEY_BYTES:])
    buffer.shrink(KEY_BYTES)
    return Kept(buffer, max(0.0, expiry - time.time()))


def forget(header: Header) -> bool:
    """Revoke the kept master key; gives whether there was one."""
    serial = _search(header)
    return serial is not None and _keyctl(_REVOKE, serial) == 0


def _description(header: Header) -> bytes:
    return f"factorywager:vault:{header.entry}".encode()


def _search(header: Header) -> int | None:
    serial = _keyctl(_SEARCH, _session(), b"user", _description(header), 0)
    return serial if serial >= 0 else None


def _session() -> int:
    """The session keyring's serial number.

    Where nothing has made one for the login (no pam_keyinit: containers, cron), asking without "create" gives the
    user's session keyring, which all of the user's processes share.  add_key(2) on the special name would make a new
    one there, and it would end with this process.
    """
    return _keyctl(_GET_ID, _SESSION_KEYRING, 0)


def _add_key(description: bytes, payload: ctypes.Array[ctypes.c_char]) -> int:
    """add_key(2)."""
    serial = _call(0, b"user", description, payload, ctypes.c_size_t(len(payload)), _session())
    if serial < 0:
        raise _unavailable(ctypes.get_errno())
    return serial


def _keyctl(operation: int, *arguments: object) -> int:
    return _call(1, operation, *arguments)


def _call(which: int, *arguments: object) -> int:
    numbers = _CALLS.get(os.uname().machine) if sys.platform == "linux" else None
    if numbers is None:
        ctypes.set_errno(errno.ENOSYS)
        return -1
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    widened = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    return int(syscall(ctypes.c_long(numbers[which]), *widened))


def _unavailable(number: int) -> UnavailableError:
    if number == errno.EDQUOT:
        return UnavailableError("the kernel's keyring is full for this user", hint="see keyctl(1)", store=STORE)
    return UnavailableError(
        f"there is no kernel keyring to keep the key in ({os.strerror(number).lower()})",
        hint="containers often forbid it; FACTORYWAGER_VAULT_PASSPHRASE_FILE gives the passphrase instead",
        store=STORE,
    )
