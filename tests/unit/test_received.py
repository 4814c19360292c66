"""What comes in from the bus may be anything: it is read as jeepney reads it, or it is a `PlatformError`."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jeepney.low_level import Endianness, Header, HeaderFields, Message, MessageFlag, MessageType

from factorywager.errors import PlatformError
from factorywager.protocols import dbus
from factorywager.protocols import secret_service as api
from factorywager.protocols.dbus import Router
from factorywager.protocols.received import LARGEST_MESSAGE, Frames, Received

SIGNATURE = "a{o(oayays)}"

_part = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", min_size=1, max_size=12)
paths = st.one_of(st.just("/"), st.lists(_part, min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts)))
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
secrets = st.dictionaries(paths, st.tuples(paths, st.binary(max_size=40), st.binary(max_size=200), texts), max_size=8)


def reply(found: dict[str, tuple], endianness: Endianness = Endianness.little, serial: int = 1) -> bytes:
    fields = {
        HeaderFields.reply_serial: 7,
        HeaderFields.sender: ":1.1",
        HeaderFields.signature: SIGNATURE,
    }
    header = Header(endianness, MessageType.method_return, MessageFlag.no_reply_expected, 1, -1, serial, fields)
    return Message(header, (found,)).serialise()


def _read(message: Received) -> dict[str, tuple] | type[PlatformError]:
    """What we make of a message."""
    try:
        return {path: tuple(parts) for path, parts in api.secrets(message).items()}
    except PlatformError:
        return PlatformError


def _by_jeepney(raw: bytes) -> dict[str, tuple] | None:
    """What the general reader makes of it; ``None`` where it fails."""
    try:
        message = Message.from_buffer(raw)
        if message.header.fields.get(HeaderFields.signature) != SIGNATURE:
            return None
        return {
            path: (session, bytes(iv), bytes(value), content_type)
            for path, (session, iv, value, content_type) in message.body[0].items()
        }
    except Exception:
        return None


def _cut(data: bytes, sizes: Iterator[int]) -> list[Received]:
    """The messages in ``data`` as they come out when it comes in pieces."""
    frames, found, begin = Frames(), [], 0
    while begin < len(data):
        size = next(sizes)
        found.extend(frames.add(data[begin : begin + size]))
        begin += size
    return found


def _constant(size: int) -> Iterator[int]:
    while True:
        yield size


@given(secrets, st.sampled_from(list(Endianness)))
def test_valid_replies_are_read_as_jeepney_reads_them(found: dict[str, tuple], endianness: Endianness) -> None:
    raw = reply(found, endianness)
    assert _read(Received(raw)) == _by_jeepney(raw) == found


@given(st.lists(secrets, min_size=1, max_size=4), st.lists(st.integers(1, 64), min_size=1))
def test_messages_come_out_whole_however_they_come_in(several: list[dict[str, tuple]], sizes: list[int]) -> None:
    data = b"".join(reply(found, serial=number + 1) for number, found in enumerate(several))

    def endless() -> Iterator[int]:
        while True:
            yield from sizes

    for pieces in (_constant(len(data)), _constant(1), endless()):
        assert [_read(message) for message in _cut(data, pieces)] == several


def _damaged(raw: bytes, chance: random.Random) -> bytes:
    """One message with a few bytes changed, left out, put in, or a length that lies."""
    data = bytearray(raw)
    for _ in range(chance.randint(1, 3)):
        if not data:
            break
        at = chance.randrange(len(data))
        kind = chance.randrange(6)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            del data[at:]
        elif kind == 3:
            del data[at : at + chance.randint(1, 8)]
        elif kind == 4:
            data[at:at] = chance.randbytes(chance.randint(1, 8))
        else:
            at &= ~3
            lie = chance.choice([0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, len(raw), chance.randrange(1 << 12)])
            data[at : at + 4] = struct.pack("<I", lie)
    return bytes(data)


def _judge(raw: bytes) -> None:
    """Whole and byte by byte the outcome is the same, and never anything but messages or `PlatformError`."""
    outcomes = []
    for size in (max(1, len(raw)), 1):
        try:
            outcomes.append([(message.raw, _read(message)) for message in _cut(raw, _constant(size))])
        except PlatformError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]
    if isinstance(outcomes[0], list):
        for cut, read in outcomes[0]:
            assert cut in raw
            _judge_one(cut, read)


def _judge_one(raw: bytes, read: object) -> None:
    expected = _by_jeepney(raw)
    if isinstance(read, dict) and expected is not None:
        assert read == expected
    for path, parts in read.items() if isinstance(read, dict) else ():
        # nothing was made up, and nothing came from behind the message
        assert all(piece in raw for piece in (path.encode(), parts[0].encode(), *parts[1:3], parts[3].encode()))


def _damage(inputs: int, seed: int) -> None:
    chance = random.Random(seed)
    for turn in range(inputs):
        found = {
            f"/org/freedesktop/secrets/collection/login/{number}": (
                "/org/freedesktop/secrets/session/s1",
                chance.randbytes(16),
                chance.randbytes(16 * chance.randint(0, 3)),
                "text/plain",
            )
            for number in range(chance.randint(0, 3))
        }
        raw = _damaged(reply(found, chance.choice(list(Endianness))), chance)
        try:
            _judge(raw)
        except BaseException as error:
            raise AssertionError(f"seed {seed}, turn {turn}: {raw.hex()}") from error


def test_damaged_replies() -> None:
    _damage(3_000, 1)


@pytest.mark.long
def test_a_hundred_thousand_damaged_replies() -> None:
    _damage(100_000, random.randrange(1 << 30))


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    _judge(data)


@settings(max_examples=300)
@given(secrets, st.binary(max_size=300))
def test_a_body_that_is_not_what_its_signature_says(found: dict[str, tuple], body: bytes) -> None:
    """The header is right, the lengths of header and body agree, and the body is anything."""
    raw = bytearray(reply(found))
    start = Received(bytes(raw)).start
    raw[start:] = body
    raw[4:8] = struct.pack("<I", len(body))
    _judge(bytes(raw))


def test_a_message_too_large_is_refused_before_it_has_come() -> None:
    raw = bytearray(reply({}))
    raw[4:8] = struct.pack("<I", LARGEST_MESSAGE)
    with pytest.raises(PlatformError):
        list(Frames().add(bytes(raw[:16])))


@pytest.mark.parametrize("signature", ["a{oo}", "s", "", "a{s(oayays)}"])
def test_a_reply_of_other_types_is_refused(signature: str) -> None:
    bodies = {"a{oo}": ({"/": "/"},), "s": ("text",), "": (), "a{s(oayays)}": ({"x": ("/", b"", b"", "")},)}
    fields = {HeaderFields.reply_serial: 7, HeaderFields.sender: ":1.1"}
    if signature:
        fields[HeaderFields.signature] = signature
    header = Header(Endianness.little, MessageType.method_return, MessageFlag.no_reply_expected, 1, -1, 1, fields)
    with pytest.raises(PlatformError):
        api.secrets(Received(Message(header, bodies[signature]).serialise()))


@settings(max_examples=300)
@given(st.binary(max_size=100), st.integers(0, 3))
def test_whatever_comes_the_router_takes_it_or_refuses_it(data: bytes, cut: int) -> None:
    """Bytes that begin as a valid reply and go on as they like."""
    router = Router()
    _, exchange = router.send([dbus.hello()])
    raw = reply({})
    try:
        router.receive(raw[: len(raw) - cut] + data)
    except PlatformError as error:
        router.fail(error)
        assert exchange.settled


@pytest.mark.parametrize("field", [1, 2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("kind", list(MessageType)[1:])
def test_header_fields_of_another_type_than_they_have(field: int, kind: MessageType) -> None:
    """A reply's serial that is a list of texts, and the like: no bus sends that, so a bus that does is none."""
    variant = bytes([field, 2]) + b"as\0" + b"\0" * 3 + struct.pack("<II", 6, 1) + b"x\0"
    fields = variant + b"\0" * (-len(variant) % 8)
    raw = struct.pack("<cBBBIII", b"l", kind.value, 0, 1, 0, 1, len(variant)) + fields
    router = Router()
    router.subscribe(api.is_item_signal)
    router.subscribe(api.is_collection_signal)
    router.subscribe(api.is_owner_change)
    _, exchange = router.send([dbus.hello()])
    try:
        router.receive(raw)
    except PlatformError:
        return
    assert not exchange.settled
