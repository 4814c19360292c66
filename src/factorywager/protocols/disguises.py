"""The forms in which one value stands in files: as it is, encoded, escaped.

One disguise at a time: a value that was, say, base64-encoded and then percent-encoded is not among them.
"""

from __future__ import annotations

import json
import re
import shlex
from base64 import b64encode
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

# What each encoder leaves as it is, beyond letters, digits and "_.-~" (RFC 3986, 2.3).
_COMPONENT: Final = "!*'()"  # ECMA-262 encodeURIComponent
_WHOLE: Final = "!*'();,/?:@&=+$#"  # ECMA-262 encodeURI

_NEVER_ESCAPED: Final = re.compile(rb"[A-Za-z0-9_.-]*")  # by any of the encoders of text

_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")

# What an implementation of JSON may escape though it need not: PHP the slash, Go what HTML gives a meaning.
_HTML: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}

_IN_DOUBLE_QUOTES: Final = frozenset('$`"\\')
_BARE_IN_A_SHELL: Final = frozenset("%+-./:=@_,")  # what bash's printf %q leaves alone, with letters and digits


def disguises(value: bytes) -> dict[bytes, str]:
    """Every form of ``value`` and the name of its disguise; where two forms are the same, the simpler name.

    The names: ``plain``, ``json``, ``shell``, ``percent``, ``hex``, ``base64``, ``base64url``, ``utf-16``.
    """
    forms: dict[bytes, str] = {}
    for kind, form in _forms(value):
        if form:
            forms.setdefault(form, kind)
    return forms


def _forms(value: bytes) -> Iterator[tuple[str, bytes]]:
    yield "plain", value
    if b"\n" in value:
        yield "plain", value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = ""
    if not _NEVER_ESCAPED.fullmatch(value):
        yield from _escaped(value, text)
    for codec in ("utf-16-le", "utf-16-be"):
        yield "utf-16", text.encode(codec)
    every_byte = "".join(f"%{byte:02X}" for byte in value)
    for digits in (every_byte, every_byte.lower()):
        yield "percent", digits.encode()
    yield "hex", value.hex().encode()
    yield "hex", value.hex().upper().encode()
    for core in _base64(value):
        yield "base64", core
        yield "base64url", core.translate(_URL_SAFE)


def _escaped(value: bytes, text: str) -> Iterator[tuple[str, bytes]]:
    """The forms of a value with bytes that have to be escaped somewhere; ``text`` is empty when it is none."""
    for written in (*_json(text), *_json_in_json(text)):
        yield "json", written.encode()
    for written in (*_shell(text), *_histories(text)):
        yield "shell", written.encode()
    if text:
        yield "shell", _metafied(value)
    for form in _percent(value):
        yield "percent", form


def _json(text: str) -> Iterator[str]:
    """As RFC 8259 writes it between the quotes, with and without escaping what is not ASCII, in the usual dialects."""
    for ascii_only in (False, True):
        plain = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        html = "".join(_HTML.get(character, character) for character in plain)
        for form in (plain, plain.replace("/", "\\/"), html):
            yield form
            if ascii_only and "\\u" in form:
                yield _upper_escapes(form)


def _upper_escapes(form: str) -> str:
    head, *rest = form.split("\\u")
    return head + "".join(f"\\u{part[:4].upper()}{part[4:]}" for part in rest)


def _json_in_json(text: str) -> Iterator[str]:
    """A JSON document inside a JSON string: log lines and shell-quoted JSON are full of them."""
    once = json.dumps(text)[1:-1]
    if once != text:
        yield json.dumps(once)[1:-1]


def _shell(text: str) -> Iterator[str]:
    """In single quotes as POSIX shells need it, in double quotes, behind backslashes, and as bash's ``$'…'``."""
    yield text.replace("'", "'\\''")
    yield text.replace("'", "'\"'\"'")
    yield shlex.quote(text).removeprefix("'").removesuffix("'")
    yield "".join(f"\\{c}" if c in _IN_DOUBLE_QUOTES else c for c in text)
    yield "".join(f"\\{c}" if c in _IN_DOUBLE_QUOTES or c == "!" else c for c in text)
    yield "".join(c if c.isalnum() or c in _BARE_IN_A_SHELL or not c.isascii() else f"\\{c}" for c in text)
    yield text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")


def _histories(text: str) -> Iterator[str]:
    """As libedit's history has it (psql, mysql, python on some systems: vis(3) with VIS_WHITE), and fish's."""
    slashed = text.replace("\\", "\\\\")
    yield slashed.replace(" ", "\\040").replace("\t", "\\011").replace("\n", "\\012")
    yield slashed.replace("\n", "\\n")


def _metafied(value: bytes) -> bytes:
    """As zsh's history has it: some bytes that are not ASCII stand changed behind a 0x83 (zsh, Src/utils.c)."""
    return b"".join(bytes((0x83, byte ^ 0x20)) if 0x83 <= byte <= 0xA2 else bytes((byte,)) for byte in value)


def _percent(value: bytes) -> Iterator[bytes]:
    """RFC 3986 percent-encoding by each usual encoder, in both cases."""
    encoded = [quote(value, safe=safe) for safe in ("", "/", _COMPONENT, _WHOLE)]
    for form in (*encoded, quote_plus(value)):
        yield form.encode()
        head, *rest = form.split("%")
        yield (head + "".join(f"%{part[:2].lower()}{part[2:]}" for part in rest)).encode()


def _base64(value: bytes) -> Iterator[bytes]:
    """The characters that ``value`` alone decides, behind 0, 1 or 2 other bytes of the same group of three."""
    for before in range(3):
        text = b64encode(bytes(before) + value + bytes(2))
        yield text[-(-8 * before // 6) : 8 * (before + len(value)) // 6]
