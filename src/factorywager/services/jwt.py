"""The JWT signing key: made here, shown to nobody, and never lost by making another."""

from __future__ import annotations

import os
from typing import Final

from ..errors import ConflictError
from ..flow import Flow
from ..model import Ref, Secret
from ..model.locked import LockedBuffer
from .operations import Operations

KEY_BYTES: Final = 32  # RFC 7518, section 3.2: HS256 wants a key of at least 256 bits

_HEX = b"0123456789abcdef"


def make_key() -> Secret:
    """`KEY_BYTES` random bytes as lower-case hexadecimal digits, the form of the guide.

    Drawn one at a time: an object of one byte is shared by the whole interpreter, so no other memory than the
    locked buffer ever holds two neighbouring bytes of the key.
    """
    buffer = LockedBuffer(2 * KEY_BYTES)
    for at in range(KEY_BYTES):
        byte = os.urandom(1)[0]
        buffer.view[2 * at] = _HEX[byte >> 4]
        buffer.view[2 * at + 1] = _HEX[byte & 15]
    return Secret.adopt(buffer)


def generate(operations: Operations, ref: Ref, *, force: bool) -> Flow[bool]:
    """Store a new key under ``ref``; gives whether it replaced another one.

    Raises:
        ConflictError: there is a key already, and ``force`` is false.  Whatever it signed would become invalid.
    """
    if force:
        replaced = yield from operations.exists(ref)
        yield from operations.set(ref, make_key())
        return replaced
    made = make_key()
    # Creating is one step where the store can, so that of two commands at once one is refused.
    stored = yield from operations.get_or_create(ref, lambda: Secret(made.bytes))
    try:
        if stored != made:
            raise ConflictError(
                "there is a signing key already: nothing was changed",
                hint="--force replaces it, and every token it signed becomes invalid",
                store=operations.store.name,
                service=ref.service,
                name=ref.name,
            )
    finally:
        stored.wipe()
        made.wipe()
    return False
