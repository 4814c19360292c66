"""Damaged files of every format: a right result or a clear error with the file's name, and never much time."""

from __future__ import annotations

import random
import time

import pytest

from factorywager.errors import AuthenticationError, CorruptError, TooLongError
from factorywager.protocols.formats.registry import NAMES, by_name

from .tools import SAMPLES, TOOLS

# what means something in one format or another
PIECES = (
    *(b"\0", b"\xff", b"\n", b"\r", b'"', b"'", b"\\", b"{", b"[", b"]]", b"}", b":", b"=", b"#", b",", b" ", b"\t"),
    *(b"&a ", b"*a", b"<<: *a\n", b"- ", b"? ", b"| ", b"!!binary ", b"%", b"${", b"[[x]]\n", b'"""', b"//", b"@"),
    *(b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc2\x85", b"machine ", b"macdef ", b"export "),
    *(b"1e999", b"NaN", b"\\ud800"),
)


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """The file after one to six changes: bytes replaced, pieces put in, cut out, doubled, the end cut off."""
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(raw) + 1), chance.choice((0, 1, 1, 2, 8, 40))
        match chance.randrange(5):
            case 0:
                raw = raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]
            case 1:
                raw = raw[:at] + chance.choice(PIECES) + raw[at + length :]
            case 2:
                raw = raw[:at] + raw[at + length :]
            case 3:
                raw = raw[:at] + raw[at : at + length] * 2 + raw[at + length :]
            case _:
                raw = raw[:at] if chance.random() < 0.2 else raw[:at] + chance.choice(PIECES) + raw[at:]
    return raw


def check(form: str, raw: bytes) -> bool:
    """Reads it; whether there was a result."""
    try:
        founds = by_name(form).read(raw, "the file", {})
    except (CorruptError, TooLongError, AuthenticationError) as caught:
        message = caught.message
    else:
        message = None
    if message is not None:
        assert message.startswith("the file")
        return False
    assert len({found.key for found in founds}) == len(founds)
    for found in founds:
        found.value.encode()
        found.key.encode()
        for place in found.places:
            assert 0 <= place.begin <= place.end <= len(raw)
    return True


@pytest.mark.parametrize("form", [tool.format for tool in TOOLS])
def test_damaged_files(form: str) -> None:
    read_damaged(form, 300)


@pytest.mark.long
@pytest.mark.parametrize("form", [tool.format for tool in TOOLS])
def test_damaged_files_often(form: str) -> None:
    read_damaged(form, 50_000)


def read_damaged(form: str, times: int) -> None:
    chance = random.Random(form)
    raws = [path.read_bytes() for path in sorted(SAMPLES.glob(f"{form}-*"))]
    good = sum(check(form, mutated(chance.choice(raws), chance)) for _ in range(times))
    assert 0 < good < times


@pytest.mark.parametrize("form", NAMES)
@pytest.mark.parametrize("other", [tool.format for tool in TOOLS])
def test_the_file_of_another_format(form: str, other: str) -> None:
    check(form, (SAMPLES / f"{other}-1").read_bytes())


ALIASES = b"a%d: &a%d [%s]\n"
BOMBS = {
    "nested lists": b"[" * 200_000,
    "nested lists, closed": b"[" * 5_000 + b"]" * 5_000,
    "nested maps": b'{"a":' * 100_000,
    "a deep TOML list": b"a=" + b"[" * 100_000,
    "aliases": b"a0: &a0 [x, x]\n" + b"".join(ALIASES % (n, n, (b"*a%d, " % (n - 1)) * 10) for n in range(1, 30)),
    "itself": b"a: &a [*a, *a]\nb: *a\n",
    "one long line": b"a" * 1_000_000,
    "spaces": b"a=" + b" " * 1_000_000,
    "backslashes": b'a="' + b"\\" * 1_000_000,
    "quotes": b'"' * 1_000_000,
    "dollars": b"a=" + b"${" * 300_000,
    "many lines": b"a=1\n" * 30_000,
    "many names": b"".join(b"a%d=1\n" % n for n in range(20_000)),
    "empty": b"",
    "a long name": b'{"' + b"a" * 500_000 + b'": {' + b", ".join(b'"%d": ""' % n for n in range(50_000)) + b"}}",
    "many digits": b'{"a": ' + b"9" * 500_000 + b"}",
    "a long number": b"a = " + b"9" * 500_000,
    "colons": b"x://" + b":@" * 300_000,
    "commas": b"," * 300_000 + b"\n" + b"," * 300_000,
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("form", NAMES)
@pytest.mark.parametrize("bomb", BOMBS)
def test_what_could_take_for_ever(form: str, bomb: str) -> None:
    began = time.process_time()
    check(form, BOMBS[bomb])
    assert time.process_time() - began < 60
