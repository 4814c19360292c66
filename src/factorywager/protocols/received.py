"""`Received`: a message as it came in: its header read at once, its body when somebody asks for it.

Most of a reply's cost is making Python objects of it, so headers, and the bodies that hold secrets (through
`Received.raw`), are read by a few lines of their own, and everything else by the general reader in ``values``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

from jeepney.low_level import HeaderFields, MessageType, calc_msg_size

from ..errors import PlatformError
from .values import LARGEST_BODY, Reader

# D-Bus Specification, "Message Format": 128 MiB, header and body.
LARGEST_MESSAGE: Final = 128 * 1024 * 1024
# Names of at most 255 bytes and a path: no header that a bus sends has a tenth of that.
LARGEST_HEADER: Final = 64 * 1024

_PREFIX: Final = 16  # bytes that tell a message's length
_LITTLE: Final = ord("l")
_UINT32: Final = struct.Struct("<I")

# The header fields by their codes, and the signature of each as a variant has it ("Header Fields").
_TYPES: Final = {1: "o", 2: "s", 3: "s", 4: "s", 5: "u", 6: "s", 7: "s", 8: "g", 9: "u"}
_KINDS: Final = {code: b"\x01" + kind.encode() + b"\0" for code, kind in _TYPES.items()}

# Every way in which reading fails on bytes that are not what they claim to be.
_NOT_DBUS: Final = (ValueError, LookupError, RecursionError, struct.error)


class Received:
    """One message.

    Attributes:
        kind: call, result, error or signal.
        raw: all its bytes.
        start: where its body begins.
    """

    __slots__ = ("_body", "_fields", "kind", "little_endian", "raw", "start")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.kind = MessageType(raw[1])
        self.little_endian = raw[0] == _LITTLE
        self._fields, end = _fields(raw) if self.little_endian else _general_fields(raw)
        self.start = (end + 7) & ~7
        self._body: tuple[Any, ...] | None = None

    def field(self, field: HeaderFields) -> Any:
        """A header field, or ``None``."""
        return self._fields.get(field)

    @property
    def body(self) -> tuple[Any, ...]:
        """The values.

        Raises:
            PlatformError: the bytes are not what the signature says, more than it says, or more than is ever due.
        """
        if self._body is None:
            try:
                self._body, end = self._parsed()
            except _NOT_DBUS as error:
                raise not_dbus(error) from None
            self.expect_end(end)
        return self._body

    def expect_end(self, end: int) -> None:
        """Raise `PlatformError` where a body that was read up to ``end`` goes on: a length in it was too short, and
        what is missing must not pass for absent."""
        if end != len(self.raw):
            raise PlatformError("the session bus sent a message that is longer than its contents")

    def _parsed(self) -> tuple[tuple[Any, ...], int]:
        types = self.field(HeaderFields.signature) or ""
        if not types:
            return (), self.start
        if len(self.raw) - self.start > LARGEST_BODY:
            raise PlatformError(f"the session bus sent a message of {len(self.raw)} bytes where none so large is due")
        return Reader(self.raw, little_endian=self.little_endian).read(types, self.start, len(self.raw))


class Frames:
    """Cuts what is read from a connection into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def torn(self) -> bool:
        """Whether only a part of the latest message has come."""
        return bool(self._buffer)

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
                size = _announced(bytes(buffer[:_PREFIX]))
                if len(buffer) < size:
                    return
                with memoryview(buffer) as view:  # cut from the buffer itself, a message would be copied twice
                    raw = bytes(view[:size])
                message = Received(raw)
            except _NOT_DBUS as error:
                raise not_dbus(error) from None
            del buffer[:size]
            yield message


def _announced(prefix: bytes) -> int:
    """The size of a message, by its first bytes; `PlatformError` where none of that size is due."""
    size: int = calc_msg_size(prefix)
    if size > LARGEST_MESSAGE:
        raise PlatformError(f"the session bus announced a message of {size} bytes")
    header = _header_length(prefix)
    if header > LARGEST_HEADER:
        raise PlatformError(f"the session bus announced a message with a header of {header} bytes")
    return size


def _header_length(raw: bytes) -> int:
    """Bytes of the array of header fields, which begins at 16."""
    return int.from_bytes(raw[12:_PREFIX], "little" if raw[0] == _LITTLE else "big")


def _fields(raw: bytes) -> tuple[dict[int, Any], int]:
    """The header fields of a little-endian message, and where they end.

    By hand, because every reply has them, and a general reader takes four times as long over the four types that
    there are (D-Bus Specification, "Header Fields": an array of structs of a byte and a variant).
    """
    end = _PREFIX + uint32(raw, 12)
    fields: dict[int, Any] = {}
    position = _PREFIX
    while position < end:
        position = (position + 7) & ~7
        code, kind = raw[position], raw[position + 1 : position + 4]
        position += 4
        if kind != _KINDS.get(code):  # it is not D-Bus, or is a field that a later specification may have brought
            return _general_fields(raw)
        if kind == b"\x01u\0":
            value: Any = uint32(raw, position)
            position += 4
        elif kind == b"\x01g\0":
            length = raw[position]
            value = raw[position + 1 : position + 1 + length].decode("ascii")
            position += 2 + length
        else:
            length = uint32(raw, position)
            value = raw[position + 4 : position + 4 + length].decode()
            position += 5 + length
        fields[code] = value
    if position != end:
        raise ValueError("a header field ends behind the header")
    return fields, end


def _general_fields(raw: bytes) -> tuple[dict[int, Any], int]:
    end = _PREFIX + _header_length(raw)
    ((found,), position) = Reader(raw, little_endian=raw[0] == _LITTLE).read("a(yv)", 12, end)
    fields: dict[int, Any] = {}
    for code, (kind, value) in found:
        if kind != _TYPES.get(code, kind):
            raise ValueError("a header field is of another type than it has")
        fields[code] = value
    return fields, position


def uint32(raw: bytes, at: int) -> int:
    """A number of a little-endian message."""
    return _UINT32.unpack_from(raw, at)[0]  # type: ignore[no-any-return]


def not_dbus(error: Exception) -> PlatformError:
    """The error for bytes that cannot be read; the cause may quote them, so only its kind is kept."""
    return PlatformError(f"the session bus sent bytes that are not D-Bus ({type(error).__name__})")
