"""`Received`: a message as it came in: its header read at once, its body when somebody asks for it.

Most of a bulk reply's cost would be making Python objects of it, so the one body that is large, fifty secrets in
one piece, can be read by its reader's own few lines (`Received.raw`) instead of jeepney's general ones.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

from jeepney.low_level import Endianness, Header, HeaderFields, Message, MessageType, calc_msg_size

from ..errors import PlatformError

# D-Bus Specification, "Message Format": 128 MiB, header and body.
LARGEST_MESSAGE: Final = 128 * 1024 * 1024

_PREFIX: Final = 16  # bytes that tell a message's length

# Every way in which jeepney's parser fails on bytes that are not what they claim to be.
_NOT_DBUS: Final = (ValueError, LookupError, TypeError, RecursionError, struct.error)


class Received:
    """One message.

    Attributes:
        raw: all its bytes.
        start: where its body begins.
    """

    __slots__ = ("_body", "_header", "raw", "start")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._header, end = Header.from_buffer(raw)
        self.start = (end + 7) & ~7
        self._body: tuple[Any, ...] | None = None

    @property
    def kind(self) -> MessageType:
        kind: MessageType = self._header.message_type
        return kind

    @property
    def little_endian(self) -> bool:
        return self._header.endianness is Endianness.little

    def field(self, field: HeaderFields) -> Any:
        """A header field, or ``None``."""
        return self._header.fields.get(field)

    @property
    def body(self) -> tuple[Any, ...]:
        """The values.

        Raises:
            PlatformError: the bytes are not what the signature says.
        """
        if self._body is None:
            try:
                self._body = tuple(Message.from_buffer(self.raw).body)
            except _NOT_DBUS as error:
                raise not_dbus(error) from None
        return self._body


class Frames:
    """Cuts what is read from a connection into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def add(self, data: bytes) -> Iterator[Received]:
        """The messages that ``data`` completes.

        Raises:
            PlatformError: this is not D-Bus, or a message is larger than any that is due here.  The connection
                cannot be used further.
        """
        buffer = self._buffer
        buffer += data
        while len(buffer) >= _PREFIX:
            try:
                size = calc_msg_size(bytes(buffer[:_PREFIX]))
                if size > LARGEST_MESSAGE:
                    raise PlatformError(f"the session bus announced a message of {size} bytes")
                if len(buffer) < size:
                    return
                message = Received(bytes(buffer[:size]))
            except _NOT_DBUS as error:
                raise not_dbus(error) from None
            del buffer[:size]
            yield message


def not_dbus(error: Exception) -> PlatformError:
    """The error for bytes that cannot be read; the cause may quote them, so only its kind is kept."""
    return PlatformError(f"the session bus sent bytes that are not D-Bus ({type(error).__name__})")
