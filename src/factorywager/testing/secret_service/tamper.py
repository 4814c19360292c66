"""Damage: a reply's bytes as a broken or hostile bus would send them."""

from __future__ import annotations

import struct
from typing import Final

from jeepney.low_level import HeaderFields, Message

from .faults import Fault, Faults

DAMAGE: Final = (
    Fault.TRUNCATED,
    Fault.TRUNCATED_AND_CLOSED,
    Fault.WRONG_SIGNATURE,
    Fault.NO_BODY,
    Fault.LONG_LENGTH,
    Fault.SHORT_LENGTH,
    Fault.LYING_HEADER,
    Fault.OVERSIZED_ARRAY,
    Fault.OVERSIZED_MESSAGE,
    Fault.GARBAGE,
)

_MEBIBYTE: Final = 1 << 20


def damaged(reply: Message, serial: int, faults: Faults, member: str) -> tuple[bytes, Fault | None]:
    """The bytes to send, and the damage that was done to them, if any."""
    for fault in DAMAGE:
        if faults.strikes(fault, member):
            return damage(reply, serial, fault), fault
    return bytes(reply.serialise(serial)), None


def damage(reply: Message, serial: int, fault: Fault) -> bytes:
    """A reply with one thing wrong."""
    match fault:
        case Fault.WRONG_SIGNATURE:
            # types no method of the interface answers with
            return bytes(_with_body(reply, "a{ss}d", ({"types": "other"}, 0.5)).serialise(serial))
        case Fault.NO_BODY:
            return bytes(_with_body(reply, "", ()).serialise(serial))
        case Fault.GARBAGE:
            return b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(range(256))
    raw = bytearray(reply.serialise(serial))
    (body,) = struct.unpack_from("<I", raw, 4)
    start = len(raw) - body
    match fault:
        case Fault.TRUNCATED | Fault.TRUNCATED_AND_CLOSED:
            del raw[len(raw) // 2 :]
        case Fault.LONG_LENGTH:
            _lie(raw, start, reply, 0x00FFFFFF)
        case Fault.SHORT_LENGTH:
            _lie(raw, start, reply, 0)
        case Fault.LYING_HEADER:
            _put(raw, 4, max(0, body - 8))
        case Fault.OVERSIZED_ARRAY:
            _put(raw, 4, 65 * _MEBIBYTE)
            _lie(raw, start, reply, 64 * _MEBIBYTE + 1)
        case Fault.OVERSIZED_MESSAGE:
            _put(raw, 4, 256 * _MEBIBYTE)
    return bytes(raw)


def _with_body(reply: Message, signature: str, body: tuple[object, ...]) -> Message:
    header = reply.header
    fields = {code: value for code, value in header.fields.items() if code is not HeaderFields.signature}
    if signature:
        fields[HeaderFields.signature] = signature
    kind = type(header)
    other = kind(header.endianness, header.message_type, header.flags, 1, -1, header.serial, fields)
    return Message(other, body)


def _lie(raw: bytearray, start: int, reply: Message, length: int) -> None:
    """Overwrite the body's first length."""
    at = start
    if reply.header.fields.get(HeaderFields.signature, "").startswith("v"):  # whose own signature comes first
        at = (start + raw[start] + 5) & ~3
    if at + 4 <= len(raw):
        _put(raw, at, length)


def _put(raw: bytearray, at: int, number: int) -> None:
    struct.pack_into("<I", raw, at, number)
