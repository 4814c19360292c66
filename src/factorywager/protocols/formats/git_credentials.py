"""``~/.git-credentials``: a URL a line, with the password in it percent-encoded (git's credential-store)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from .document import Document, verified
from .found import Found, ends_with

name = "git-credentials"

_LINE: Final = re.compile(r"[^\n]+")
# git's credential_from_url: the user ends at the first :, the password at the first @, neither goes past / ? #
_URL: Final = re.compile(r"(?P<scheme>[^:/\s]+)://(?P<user>[^/?#:@]*):(?P<password>[^/?#@]*)@(?P<place>.*)")


def recognizes(file: str) -> bool:
    """Where credential-store keeps it."""
    return ends_with(file, ".git-credentials", "git/credentials")


class _Line(NamedTuple):
    key: str
    password: str
    begin: int
    end: int


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every password, as ``https://user@host``; of several lines for one account git takes the first.

    Raises:
        CorruptError: a line is no URL with a password; git passes it over.
    """
    document = Document(raw, file)
    lines: dict[str, list[_Line]] = {}
    for line in _lines(document):
        lines.setdefault(line.key, []).append(line)
    founds = [_found(document, every) for every in lines.values()]
    return verified(raw, founds, lambda changed: _values(Document(changed, file)))


def _found(document: Document, lines: list[_Line]) -> Found:
    first = lines[0]
    places = tuple(document.place(line.begin, line.end, _write) for line in lines if line.password == first.password)
    remarks: tuple[str, ...] = ()
    if len(lines) > 1:
        numbers = ", ".join(str(document.line(line.begin)) for line in lines)
        remarks = (f"it stands on lines {numbers}: the first one counts",)
    return Found(first.key, first.password, document.line(first.begin), places, remarks)


def _values(document: Document) -> dict[str, str]:
    values: dict[str, str] = {}
    for line in _lines(document):
        values.setdefault(line.key, line.password)
    return values


def _lines(document: Document) -> Iterator[_Line]:
    for line in _LINE.finditer(document.text):
        if not line[0].strip() or line[0].startswith("#"):
            continue
        url = _URL.fullmatch(line[0])
        if url is None:
            document.refuse(line.start(), "this is no URL with a user and a password")
        if line[0].endswith("\r"):
            document.refuse(line.start(), "git takes the carriage return at its end for a part of the host")
        try:
            user, password, place = (unquote_to_bytes(url[part]).decode() for part in ("user", "password", "place"))
        except UnicodeDecodeError:
            document.refuse(line.start(), "this is not UTF-8 text")
        begin, end = (line.start() + at for at in url.span("password"))
        yield _Line(f"{url['scheme']}://{quote(user)}@{place}", password, begin, end)


def _write(text: str) -> bytes:
    return quote(text, safe="").encode()
