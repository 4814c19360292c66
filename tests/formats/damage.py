"""Damage: files after a few random changes, and what reading one has to come to, whatever it is."""

from __future__ import annotations

import random
from collections.abc import Callable

from factorywager.errors import AuthenticationError, CorruptError, TooLongError
from factorywager.protocols.formats.found import Found

# what means something in one format or another
PIECES = (
    *(b"\0", b"\xff", b"\n", b"\r", b'"', b"'", b"\\", b"{", b"[", b"]]", b"}", b":", b"=", b"#", b",", b" ", b"\t"),
    *(b"&a ", b"*a", b"<<: *a\n", b"- ", b"? ", b"| ", b"!!binary ", b"%", b"${", b"[[x]]\n", b'"""', b"//", b"@"),
    *(b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc2\x85", b"machine ", b"macdef ", b"export "),
    *(b"1e999", b"NaN", b"\\ud800"),
)
XML = (
    *(
        b"<",
        b">",
        b"</",
        b"/>",
        b"&amp;",
        b"&#0;",
        b"&#xd800;",
        b"&a;",
        b"<!--",
        b"<![CDATA[",
        b"]]>",
        b"<?x?>",
        b"True",
    ),
    *(b"<Entry>", b"</Entry>", b"<Group>", b"</Group>", b"<Key/>", b"<Value/>", b"<String>", b' Protected="True"'),
)


def mutated(raw: bytes, chance: random.Random, pieces: tuple[bytes, ...] = PIECES) -> bytes:
    """The file after one to six changes: bytes replaced, pieces put in, cut out, doubled, the end cut off."""
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(raw) + 1), chance.choice((0, 1, 1, 2, 8, 40))
        match chance.randrange(5):
            case 0:
                raw = raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]
            case 1:
                raw = raw[:at] + chance.choice(pieces) + raw[at + length :]
            case 2:
                raw = raw[:at] + raw[at + length :]
            case 3:
                raw = raw[:at] + raw[at : at + length] * 2 + raw[at + length :]
            case _:
                raw = raw[:at] if chance.random() < 0.2 else raw[:at] + chance.choice(pieces) + raw[at:]
    return raw


def check(read: Callable[[bytes, str], list[Found]], raw: bytes) -> bool:
    """Read what may be damaged; whether there was a result.

    Args:
        read: takes the bytes and the file's name.
    """
    try:
        founds = read(raw, "the file")
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
