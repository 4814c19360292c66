"""D-Bus values out of bytes that nobody vouches for: every length is held against what is there, before it is used.

jeepney's reader takes a peer's word: an array ``a()``, whose elements take no room, has it append for ever, and what a
message of 128 MiB can be made to hold as Python objects is gigabytes.  This one has limits.
Source: D-Bus Specification 0.43, "Type System" and "Marshaling".
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any, Final, TypeAlias

# Of one message, without the secrets in it, which are read elsewhere: what holds a hundred thousand paths is 8 MiB.
LARGEST_BODY: Final = 16 * 1024 * 1024
MOST_VALUES: Final = 1_000_000
DEEPEST: Final = 64  # containers within each other, variants included ("Valid Signatures", "Message Format")
LONGEST_SIGNATURE: Final = 255

Type: TypeAlias = "str | tuple[str, tuple[Any, ...]]"  # a basic type or a variant, or a container and what is in it

_FIXED: Final = {"y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d"}
_READERS: Final = {
    little: {code: struct.Struct(order + form) for code, form in _FIXED.items()}
    for little, order in ((True, "<"), (False, ">"))
}
_ALIGNMENT: Final = {code: reader.size for code, reader in _READERS[True].items()} | {
    "s": 4, "o": 4, "g": 1, "v": 1, "a": 4, "(": 8, "{": 8,
}  # fmt: skip


@lru_cache(maxsize=64)
def types_of(signature: str) -> tuple[Type, ...]:
    """The types that a signature names.

    Raises:
        ValueError: it is none; so is one with file descriptors, which nobody here has asked for.
    """
    if len(signature) > LONGEST_SIGNATURE:
        raise ValueError("a signature is too long")
    found, at = [], 0
    while at < len(signature):
        one, at = _type(signature, at, 0)
        found.append(one)
    return tuple(found)


def _type(signature: str, at: int, depth: int) -> tuple[Type, int]:
    """The type that begins at ``at``, and where it ends."""
    code = signature[at]
    at += 1
    if depth > DEEPEST:
        raise ValueError("a signature is too deep")
    if code == "a":
        if signature[at] == "{":
            key, behind = _type(signature, at + 1, depth + 1)
            value, behind = _type(signature, behind, depth + 1)
            if not isinstance(key, str) or key == "v" or signature[behind] != "}":
                raise ValueError("a signature has an entry that is none")
            return ("a", (("{", (key, value)),)), behind + 1
        element, at = _type(signature, at, depth + 1)
        return ("a", (element,)), at
    if code == "(":
        members = []
        while signature[at] != ")":
            member, at = _type(signature, at, depth + 1)
            members.append(member)
        if not members:
            raise ValueError("a signature has an empty struct")
        return ("(", tuple(members)), at + 1
    if code not in _ALIGNMENT or code == "{":
        raise ValueError("a signature has an unknown type")
    return code, at


class Reader:
    """Reads the values of one message: structs as tuples, variants as tuples of signature and value.

    Args:
        raw: the whole message, from whose beginning values are aligned.
    """

    def __init__(self, raw: bytes, *, little_endian: bool) -> None:
        self._raw = raw
        self._readers = _READERS[little_endian]
        self._uint32 = self._readers["u"].unpack_from
        self._left = MOST_VALUES

    def read(self, signature: str, at: int, end: int) -> tuple[tuple[Any, ...], int]:
        """The values of these types from ``at`` on, and where they end, which is not behind ``end``.

        Raises:
            ValueError, LookupError, struct.error: the bytes are not what the signature says, or more than may be.
        """
        return self._members(types_of(signature), at, end, 0)

    def _members(self, types: tuple[Type, ...], at: int, end: int, depth: int) -> tuple[tuple[Any, ...], int]:
        values = []
        for one in types:
            value, at = self._value(one, at, end, depth)
            values.append(value)
        return tuple(values), at

    def _value(self, wanted: Type, at: int, end: int, depth: int) -> tuple[Any, int]:
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            raise ValueError("a message holds too many values")
        code = wanted if isinstance(wanted, str) else wanted[0]
        alignment = _ALIGNMENT[code]
        at = (at + alignment - 1) & -alignment
        if code in ("s", "o"):
            return self._text(at + 4, self._uint32(self._raw, at)[0], end)
        if not isinstance(wanted, str):
            if code == "a":
                return self._array(wanted[1][0], at, end, depth)
            return self._members(wanted[1], at, end, depth + 1)
        if code in ("g", "v"):
            text, at = self._text(at + 1, self._raw[at], end)
            return self._variant(text, at, end, depth) if code == "v" else (text, at)
        reader = self._readers[code]
        if at + reader.size > end:
            raise ValueError("a value ends behind its end")
        (value,) = reader.unpack_from(self._raw, at)
        return (bool(value) if code == "b" else value), at + reader.size

    def _text(self, begin: int, length: int, end: int) -> tuple[str, int]:
        until = begin + length
        if until >= end or self._raw[until]:
            raise ValueError("a text ends without a NUL")
        return self._raw[begin:until].decode(), until + 1

    def _variant(self, signature: str, at: int, end: int, depth: int) -> tuple[tuple[str, Any], int]:
        types = types_of(signature)
        if len(types) != 1:
            raise ValueError("a variant is not of one type")
        value, at = self._value(types[0], at, end, depth + 1)
        return (signature, value), at

    def _array(self, element: Type, at: int, end: int, depth: int) -> tuple[Any, int]:
        length = self._uint32(self._raw, at)[0]
        alignment = _ALIGNMENT[element if isinstance(element, str) else element[0]]
        at = (at + 4 + alignment - 1) & -alignment
        until = at + length
        if until > end:
            raise ValueError("an array ends behind its end")
        if element == "y":
            return self._raw[at:until], until
        values = []
        while at < until:
            value, at = self._value(element, at, until, depth + 1)
            values.append(value)
        if not isinstance(element, str) and element[0] == "{":
            return dict(values), at
        return values, at
