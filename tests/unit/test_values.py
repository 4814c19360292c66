"""The reader of D-Bus values: what jeepney writes it reads, and what lies costs neither time nor memory."""

from __future__ import annotations

import random
import struct
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney.low_level import Endianness, Header, HeaderFields, Message, MessageType, parse_signature

from factorywager.errors import PlatformError
from factorywager.protocols import dbus
from factorywager.protocols.dbus import LARGEST_UNTAKEN, MOST_UNTAKEN, Router
from factorywager.protocols.received import LARGEST_HEADER, Frames, Received
from factorywager.protocols.values import DEEPEST, LARGEST_BODY, MOST_VALUES, types_of

MEBIBYTE = 1 << 20
MOST_MEBIBYTES = 200  # that one message may cost, whatever is in it
MOST_SECONDS = 30.0

_NUMBERS = {"y": (0, 255), "n": (-(2**15), 2**15 - 1), "u": (0, 2**32 - 1), "x": (-(2**63), 2**63 - 1)}


def _value(signature: str, chance: random.Random) -> Any:
    """A value of a type, as jeepney takes it."""
    code = signature[0]
    if code in _NUMBERS:
        return chance.randint(*_NUMBERS[code])
    if code in ("s", "o"):
        return "/" + "".join(chance.choice("abc\xe9\U0001f511" if code == "s" else "abc_") for _ in range(3))
    match code:
        case "b":
            return chance.random() < 0.5
        case "d":
            return chance.random()
        case "g":
            return chance.choice(["", "s", "a{sv}"])
        case "v":
            inner = _signature(chance, 2)
            return (inner, _value(inner, chance))
        case "(":
            return tuple(_value(each, chance) for each in _parts(signature[1:-1]))
    element = signature[1:]
    size = chance.randrange(4)
    if element == "y":
        return chance.randbytes(size)
    if element[0] == "{":
        key, value = _parts(element[1:-1])
        return {_value(key, chance): _value(value, chance) for _ in range(size)}
    return [_value(element, chance) for _ in range(size)]


def _parts(signatures: str) -> list[str]:
    """Each whole type by itself."""
    found = []
    while signatures:
        rest = list(signatures)
        parse_signature(rest)
        found.append(signatures[: len(signatures) - len(rest)])
        signatures = "".join(rest)
    return found


def _signature(chance: random.Random, deep: int) -> str:
    """One type."""
    kind = chance.randrange(8 if deep else 4)
    inner = "" if kind < 4 else _signature(chance, deep - 1)
    if kind < 4:
        return chance.choice("ynuxsobdg")
    if kind == 4:
        return "v"
    if kind == 5:
        return f"({inner}{_signature(chance, deep - 1)})"
    return f"a{inner}" if kind == 6 else f"a{{{chance.choice('ysu')}{inner}}}"


def _message(chance: random.Random) -> tuple[bytes, tuple[Any, ...]]:
    signatures = [_signature(chance, 3) for _ in range(chance.randint(1, 3))]
    body = tuple(_value(each, chance) for each in signatures)
    endianness = chance.choice(list(Endianness))
    fields = {HeaderFields.reply_serial: 1, HeaderFields.sender: ":1.1", HeaderFields.signature: "".join(signatures)}
    return Message(Header(endianness, MessageType.method_return, 0, 1, -1, 2, fields), body).serialise(), body


def _raw(signature: bytes, body: bytes, kind: int = 2) -> bytes:
    """A message whose body is anything."""
    field = struct.pack("<BBBBI", 5, 1, ord("u"), 0, 1) + b"\x08\1g\0" + bytes([len(signature)]) + signature + b"\0"
    return struct.pack("<cBBBIII", b"l", kind, 0, 1, len(body), 2, len(field)) + field + bytes(-len(field) % 8) + body


@given(st.integers(min_value=0))
def test_what_jeepney_writes_is_read(seed: int) -> None:
    raw, body = _message(random.Random(seed))
    assert Received(raw).body == body == Message.from_buffer(raw).body


def _damage(inputs: int, seed: int) -> None:
    chance = random.Random(seed)
    for turn in range(inputs):
        whole, _ = _message(chance)
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(16, len(raw))
            if chance.random() < 0.5:
                raw[at] = chance.choice(b"\0\1\4\xff()a{}vsyo" + chance.randbytes(4))
            else:
                lie = chance.choice([0, 1, 8, 0x7FFFFFFF, 0xFFFFFFFF, 0x4000001, chance.randrange(1 << 12)])
                raw[at & ~3 : (at & ~3) + 4] = struct.pack("<I", lie)
        began = time.monotonic()
        try:
            for message in Frames().add(bytes(raw)):
                assert isinstance(message.body, tuple)
        except PlatformError:
            pass
        except BaseException as error:
            raise AssertionError(f"seed {seed}, turn {turn}: {raw.hex()}") from error
        assert time.monotonic() - began < MOST_SECONDS


def test_damaged_values() -> None:
    _damage(3_000, 1)


@pytest.mark.long
def test_fifty_thousand_damaged_values() -> None:
    import resource  # which Windows has not

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _damage(50_000, random.randrange(1 << 30))
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MOST_MEBIBYTES


@pytest.mark.parametrize(
    "signature",
    ["()", "a()", "a(())", "(", "a", ")", "{sv}", "a{s}", "a{vs}", "a{sss}", "a{(s)s}", "h", "z", "\0", "\xff"]
    + [letter * 300 for letter in "a(y"]
    + ["(" * 100 + "s" + ")" * 100, "a" * (DEEPEST + 2) + "y"],
)
def test_what_is_no_signature(signature: str) -> None:
    with pytest.raises((ValueError, LookupError)):
        types_of(signature)


def _nested_variants(depth: int) -> bytes:
    return b"\1v\0" * depth + b"\1y\0\0"


_NESTED = b"(" * 60 + b"y" + b")" * 60
_HOSTILE = {
    "elements without size": (b"a()", struct.pack("<II", 8, 0)),
    "elements without size in a variant": (b"v", b"\3a()\0" + bytes(3) + struct.pack("<II", 8, 0)),
    "a length that lies": (b"as", struct.pack("<I", 0x04000001)),
    "bytes that are not there": (b"ay", struct.pack("<I", 0x7FFFFFFF)),
    "arrays that are not there": (b"aay", struct.pack("<II", 4, 0x7FFFFFFF)),
    "a text that is not there": (b"s", struct.pack("<I", 0x7FFFFFFF)),
    "variants in variants": (b"v", _nested_variants(1_000)),
    "many variants in variants": (b"av", struct.pack("<I", 189 * 80_000) + _nested_variants(61)[:188] + b"\0"),
    "many numbers": (b"an", struct.pack("<I", 15 * MEBIBYTE) + bytes(15 * MEBIBYTE)),
    "many empty arrays": (b"aas", struct.pack("<I", 15 * MEBIBYTE) + bytes(15 * MEBIBYTE)),
    "many empty texts": (b"ag", struct.pack("<I", 15 * MEBIBYTE) + bytes(15 * MEBIBYTE)),
    "many structs in structs": (b"a" + _NESTED, struct.pack("<II", 15 * MEBIBYTE, 0) + bytes(15 * MEBIBYTE)),
    "a body larger than is due": (b"ay", struct.pack("<I", LARGEST_BODY) + bytes(LARGEST_BODY)),
}


@pytest.mark.parametrize(
    "name",
    # seconds each, since a million values are made
    [pytest.param(name, marks=pytest.mark.long if name.startswith("many ") else ()) for name in _HOSTILE],
)
def test_what_is_built_to_hurt_is_refused(name: str) -> None:
    raw = _raw(*_HOSTILE[name])
    tracemalloc.start(1)
    try:
        began = time.monotonic()
        with pytest.raises(PlatformError):
            _ = Received(raw).body
        assert time.monotonic() - began < MOST_SECONDS
        assert tracemalloc.get_traced_memory()[1] < MOST_MEBIBYTES * MEBIBYTE
    finally:
        tracemalloc.stop()


def test_a_hundred_thousand_paths_are_due() -> None:
    paths = [f"/org/freedesktop/secrets/collection/login/{number}" for number in range(100_000)]
    body = dbus.marshalled_paths(paths, "/")
    assert len(body) < LARGEST_BODY
    assert len(paths) < MOST_VALUES
    assert Received(_raw(b"aoo", body)).body == (paths, "/")


def test_a_header_too_large_is_refused_before_it_has_come() -> None:
    with pytest.raises(PlatformError, match="header"):
        list(Frames().add(struct.pack("<cBBBIII", b"l", 2, 0, 1, 0, 1, LARGEST_HEADER + 1)))


@pytest.mark.parametrize("size", [0, MEBIBYTE])
def test_signals_that_nobody_takes_end_the_connection(size: int) -> None:
    router = Router()
    subscription = router.subscribe(lambda signal: True)
    signal = _raw(b"ay", struct.pack("<I", size) + bytes(size), kind=4)
    fitting = MOST_UNTAKEN if not size else LARGEST_UNTAKEN // len(signal)
    for _ in range(fitting):
        router.receive(signal)
    subscription.take()
    router.receive(signal)  # there is room again
    with pytest.raises(PlatformError, match="signals"):
        router.receive(signal)
