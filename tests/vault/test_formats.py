"""The header and the sealed rows: every byte counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factorywager.errors import CorruptError, UnavailableError
from factorywager.model import Ref
from factorywager.model.locked import LockedBuffer
from factorywager.protocols import vault as formats
from factorywager.protocols.vault import Argon2Cost, Header, Mode, Sealer

identities = st.binary(min_size=16, max_size=16).map(bytes.hex)
wrapped = st.binary(min_size=60, max_size=60)
# a Unix path is any bytes but NUL, and the header is lines
paths = st.binary(min_size=1).filter(lambda raw: b"\0" not in raw and b"\n" not in raw)
costs = st.builds(Argon2Cost, st.integers(8, 1 << 20), st.integers(1, 20))
free = {"key_file": st.just(""), "cost": st.just(Argon2Cost()), "salt": st.just(b""), "wrapped": wrapped}
key_files = paths.map(lambda raw: raw.decode("utf-8", "surrogateescape"))
salts = st.binary(min_size=16, max_size=16)
headers = st.one_of(
    st.builds(Header, identities, identities, st.just(Mode.SEALED), **free),
    st.builds(Header, identities, identities, st.just(Mode.KEY_FILE), **{**free, "key_file": key_files}),
    st.builds(Header, identities, identities, st.just(Mode.PASSPHRASE), **{**free, "cost": costs, "salt": salts}),
)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
refs = st.builds(Ref, names, names)


def key(byte: int) -> LockedBuffer:
    buffer = LockedBuffer(32)
    buffer.view[:] = bytes([byte]) * 32
    return buffer


@given(headers)
def test_a_header_is_read_as_it_was_written(header: Header) -> None:
    assert formats.decode_header(formats.encode_header(header)) == header


@given(headers, st.data())
def test_a_changed_header_is_never_read(header: Header, data: st.DataObject) -> None:
    encoded = bytearray(formats.encode_header(header))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CorruptError):
        formats.decode_header(bytes(encoded))


@given(headers, st.data())
def test_a_cut_header_is_never_read(header: Header, data: st.DataObject) -> None:
    encoded = formats.encode_header(header)
    with pytest.raises(CorruptError):
        formats.decode_header(encoded[: data.draw(st.integers(0, len(encoded) - 1))])


@given(st.binary())
def test_anything_else_is_damage(data: bytes) -> None:
    with pytest.raises(CorruptError):
        formats.decode_header(data)


def test_a_later_format_is_told_from_damage() -> None:
    text = b"factorywager-vault 2\nnews of the future\n"
    with pytest.raises(UnavailableError, match="format 2"):
        formats.decode_header(text + b"check " + formats._sha256(text).hex().encode() + b"\n")


def test_a_header_cannot_ask_for_all_memory() -> None:
    header = Header("0" * 32, "1" * 32, Mode.PASSPHRASE, cost=Argon2Cost(memory=1 << 40), salt=b"s" * 16)
    with pytest.raises(CorruptError):
        formats.decode_header(formats.encode_header(header._replace(wrapped=b"w" * 60)))


@given(headers, headers)
def test_a_wrapped_key_opens_under_its_own_header_only(header: Header, other: Header) -> None:
    sealed = formats.wrap(header, key(1), key(2))
    opened = formats.unwrap(sealed, key(1))
    assert opened is not None
    assert opened.view == key(2).view.tobytes()
    assert formats.unwrap(sealed, key(3)) is None
    if other._replace(wrapped=b"") != header._replace(wrapped=b""):
        assert formats.unwrap(other._replace(wrapped=sealed.wrapped), key(1)) is None


@given(refs, st.integers(0, 1 << 62), st.binary())
def test_a_value_opens_in_its_place(ref: Ref, revision: int, value: bytes) -> None:
    sealer = Sealer("a" * 32, key(1))
    sealed = sealer.seal(ref, revision, memoryview(value))
    assert value not in sealed or len(value) < 4
    opened = sealer.open(ref, revision, sealed)
    assert opened.view.tobytes() == value


@given(refs, refs, st.integers(0, 9), st.integers(0, 9))
def test_a_value_opens_in_no_other_place(ref: Ref, other: Ref, revision: int, later: int) -> None:
    sealer = Sealer("a" * 32, key(1))
    sealed = sealer.seal(ref, revision, memoryview(b"made-up"))
    if (ref, revision) != (other, later):
        with pytest.raises(CorruptError):
            sealer.open(other, later, sealed)
    for stranger in (Sealer("b" * 32, key(1)), Sealer("a" * 32, key(2))):
        with pytest.raises(CorruptError):
            stranger.open(ref, revision, sealed)


def test_names_do_not_run_into_each_other() -> None:
    sealer = Sealer("a" * 32, key(1))
    sealed = sealer.seal(Ref("ab", "c"), 1, memoryview(b"made-up"))
    with pytest.raises(CorruptError):
        sealer.open(Ref("a", "bc"), 1, sealed)


@pytest.mark.parametrize("size", [0, 1, 11, 12, 27])
def test_a_value_shorter_than_its_own_tag_is_damage(size: int) -> None:
    with pytest.raises(CorruptError):
        Sealer("a" * 32, key(1)).open(Ref("a", "b"), 1, b"x" * size)
