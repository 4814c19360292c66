"""The hand-written readers agree with jeepney on what is valid, and fail by name on everything else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_call, new_method_return
from jeepney import new_signal as jeepney_signal
from jeepney.low_level import Endianness

from factorywager.errors import PlatformError
from factorywager.protocols import secret_service as api
from factorywager.protocols.received import Frames, Received

ITEM = "/org/freedesktop/secrets/collection/login/1"
SESSION = "/org/freedesktop/secrets/session/s1"
CALL = new_method_call(DBusAddress(ITEM, "org.freedesktop.secrets", "org.freedesktop.Secret.Item"), "GetSecret")
CALL.header.serial = 7

text = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)
secret = st.tuples(st.just(SESSION), st.binary(max_size=20), st.binary(max_size=80), text)
items = st.dictionaries(st.integers(1, 10**6).map(lambda n: f"/item/{n}"), secret, max_size=6)


def _sent(message: Message, endianness: Endianness = Endianness.little) -> bytes:
    message.header.endianness = endianness
    message.header.fields[HeaderFields.sender] = ":1.23"
    message.header.fields[HeaderFields.destination] = ":1.4"
    return message.serialise(11)


messages = st.one_of(
    secret.map(lambda one: new_method_return(CALL, "(oayays)", (one,))),
    items.map(lambda all_: new_method_return(CALL, "a{o(oayays)}", (all_,))),
    text.map(lambda why: new_error(CALL, "org.freedesktop.Secret.Error.IsLocked", "s", (why,))),
    st.just(new_method_return(CALL)),
    st.just(jeepney_signal(DBusAddress("/a/b", interface="a.b"), "ItemCreated", "o", ("/a/b/1",))),
)


@given(messages, st.sampled_from(list(Endianness)))
def test_headers_and_bodies_are_read_as_jeepney_reads_them(message: Message, endianness: Endianness) -> None:
    raw = _sent(message, endianness)
    expected = Message.from_buffer(raw)
    received = Received(raw)
    assert received.kind is expected.header.message_type
    assert {field: received.field(field) for field in expected.header.fields} == expected.header.fields
    assert received.body == tuple(expected.body)


@given(items, secret, st.sampled_from(list(Endianness)))
def test_secrets_are_read_as_jeepney_reads_them(by_item: dict[str, tuple], one: tuple, endianness: Endianness) -> None:
    reply = Received(_sent(new_method_return(CALL, "a{o(oayays)}", (by_item,)), endianness))
    assert {path: tuple(found) for path, found in api.secrets(reply).items()} == by_item
    reply = Received(_sent(new_method_return(CALL, "(oayays)", (one,)), endianness))
    assert tuple(api.secret(reply)) == one


@given(st.lists(messages, max_size=4), st.integers(1, 300))
def test_however_the_bytes_come_the_same_messages_come_of_them(sent: list[Message], at_a_time: int) -> None:
    raw = [_sent(message) for message in sent]
    frames = Frames()
    stream = b"".join(raw)
    pieces = [stream[start : start + at_a_time] for start in range(0, len(stream), at_a_time)]
    found = [message for piece in pieces for message in frames.add(piece)]
    assert [message.raw for message in found] == raw


def _read_everything(raw: bytes) -> None:
    """As a connection would read it; what is not valid must be a `PlatformError`."""
    for message in Frames().add(raw):
        for read in (api.secrets, api.secret, api.found, lambda reply: reply.body):
            _tolerating(read, message)


def _tolerating(read: Callable[[Received], object], message: Received) -> None:
    with contextlib.suppress(PlatformError):
        read(message)


def _mutated(raw: bytes, changes: list[tuple[int, int]], cut: int) -> bytes:
    data = bytearray(raw)
    for at, byte in changes:
        data[at % len(data)] = byte
    return bytes(data[: len(data) - cut % len(data)])


changes = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6)


def _hostile(message: Message, mutations: list[tuple[int, int]], cut: int) -> None:
    with contextlib.suppress(PlatformError):
        _read_everything(_mutated(_sent(message), mutations, cut))


@given(messages, changes, st.just(0) | st.integers(0, 400))
def test_hostile_bytes_fail_by_name(message: Message, mutations: list[tuple[int, int]], cut: int) -> None:
    _hostile(message, mutations, cut)


@pytest.mark.long
@pytest.mark.timeout(900)
@settings(max_examples=100_000)
@given(messages, changes, st.just(0) | st.integers(0, 400))
def test_a_hundred_thousand_hostile_messages_fail_by_name(
    message: Message, mutations: list[tuple[int, int]], cut: int
) -> None:
    _hostile(message, mutations, cut)


@given(st.binary(max_size=200))
def test_what_is_no_message_at_all_fails_by_name(raw: bytes) -> None:
    with contextlib.suppress(PlatformError):
        _read_everything(raw)


def test_a_message_may_not_claim_more_than_the_specification_allows() -> None:
    head = bytearray(_sent(new_method_return(CALL)))
    head[4:8] = (1 << 30).to_bytes(4, "little")
    with pytest.raises(PlatformError, match="announced"):
        list(Frames().add(bytes(head)))


def test_a_value_of_the_wrong_kind_is_not_taken_for_a_secret() -> None:
    reply = Received(_sent(new_method_return(CALL, "s", ("not a secret",))))
    assert reply.kind is MessageType.method_return
    with pytest.raises(PlatformError, match="types"):
        api.secret(reply)
