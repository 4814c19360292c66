"""``~/.netrc``, as Python's `netrc` reads it; where curl parts from that, a remark says so.

`netrc` opens its file itself and says no places, so its lexer's rules are here: tokens between white space, ``"…"``,
``\\`` before any character, ``#`` to the end of the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from .document import Document, cannot_hold, joined, verified
from .found import Found, ends_with

name = "netrc"

_TOKEN: Final = re.compile(
    r'[ \t\r\n]*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>(?!")(?:[^ \t\r\n\\]|\\.)+))', re.DOTALL
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_LINE_BREAK: Final = re.compile(r"\r\n|\r")  # text files are opened with universal newlines
_REST_OF_LINE: Final = re.compile(r"[^\n]*\n?")
_SAFE: Final = re.compile(r"[^\s\"#\\][^\s\"\\]*")
_FIELDS: Final = {"login": "login", "user": "login", "account": "account", "password": "password"}
_ENTRIES: Final = ("machine", "default", "macdef")


def recognizes(file: str) -> bool:
    """``.netrc``, and ``_netrc`` on Windows."""
    return ends_with(file, ".netrc", "_netrc")


class _Token(NamedTuple):
    text: str
    begin: int
    end: int


class _Entry(NamedTuple):
    """One ``machine``, or ``default``, with its fields; of a field given twice the last counts."""

    host: str
    fields: dict[str, _Token]
    begin: int


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every login, account and password, as ``host.password``, or ``host.login.password`` where a host has several.

    Raises:
        CorruptError: a word is none that a netrc file knows.
    """
    document = Document(raw, file)
    founds = [_found(document, key, tokens) for key, tokens in _fields(document).items()]
    return verified(raw, founds, lambda changed: _values(Document(changed, file)))


def _found(document: Document, key: str, tokens: list[_Token]) -> Found:
    last = tokens[-1]
    same = [token for token in tokens if token.text == last.text]
    remarks: tuple[str, ...] = ()
    if len(tokens) > 1:
        lines = ", ".join(str(document.line(token.begin)) for token in tokens)
        remarks = (f"it stands on lines {lines}: Python takes the last one, curl the first",)
    places = tuple(document.place(token.begin, token.end, _write) for token in same)
    return Found(key, last.text, document.line(last.begin), places, remarks)


def _values(document: Document) -> dict[str, str]:
    return {key: tokens[-1].text for key, tokens in _fields(document).items()}


def _fields(document: Document) -> dict[str, list[_Token]]:
    """Every field by its key, with all the places of accounts that stand there more than once."""
    entries = list(_entries(document))
    logins: dict[str, set[str]] = {}
    for entry in entries:
        logins.setdefault(entry.host, set()).add(entry.fields["login"].text if "login" in entry.fields else "")
    fields: dict[str, list[_Token]] = {}
    for entry in entries:
        several = len(logins[entry.host]) > 1
        login = entry.fields.get("login")
        path = (entry.host, login.text) if several and login is not None else (entry.host,)
        for field, token in entry.fields.items():
            if not (several and field == "login"):  # there it is part of the key
                fields.setdefault(joined((*path, field)), []).append(token)
    return fields


def _entries(document: Document) -> Iterator[_Entry]:
    entry: _Entry | None = None
    tokens = _Tokens(document)
    while (token := tokens.next()) is not None:
        if token.text.startswith("#"):
            tokens.skip_line(token)
        elif token.text in _ENTRIES:
            if entry is not None:
                yield entry
                entry = None
            if token.text == "default":
                entry = _Entry("default", {}, token.begin)
            else:
                host = tokens.after(token)
                if token.text == "machine":
                    entry = _Entry(host.text, {}, token.begin)
                else:
                    tokens.skip_macro(host)
        elif entry is not None and token.text in _FIELDS:
            entry.fields[_FIELDS[token.text]] = tokens.after(token)
        else:
            document.refuse(
                token.begin, "this is no word of a netrc file", "is a quote left open, or a space not quoted?"
            )
    if entry is not None:
        yield entry


class _Tokens:
    """The lexer: gives one token after the other."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._at = 0

    def next(self) -> _Token | None:
        text = self._document.text
        found = _TOKEN.match(text, self._at)
        if found is None:
            begin = self._at + len(text[self._at :]) - len(text[self._at :].lstrip(" \t\r\n"))
            if begin < len(text):
                self._document.refuse(begin, "a quote is left open")
            return None
        group = "bare" if found["quoted"] is None else "quoted"
        self._at = found.end()
        begin = found.start(group) - (group == "quoted")
        return _Token(_ESCAPE.sub(r"\1", _LINE_BREAK.sub("\n", found[group])), begin, found.end())

    def after(self, keyword: _Token) -> _Token:
        """Raises: CorruptError: the file ends there."""
        token = self.next()
        if token is None:
            self._document.refuse(keyword.begin, f"nothing follows this {keyword.text}")
        return token

    def skip_line(self, token: _Token) -> None:
        rest = _REST_OF_LINE.match(self._document.text, token.end)
        self._at = rest.end() if rest else token.end

    def skip_macro(self, token: _Token) -> None:
        """A macro ends at an empty line."""
        end = re.compile(r"\n\r?\n").search(self._document.text, token.end)
        if end is None:
            self._document.refuse(token.begin, "this macro has no empty line at its end")
        self._at = end.end()


def _write(text: str) -> bytes:
    """Raises: ArgumentValueError: it is empty within quotes, or has a line break, which curl cannot read."""
    if _SAFE.fullmatch(text):
        return text.encode()
    if "\n" in text or "\r" in text:
        raise cannot_hold("a netrc file", "with a line break")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.encode()
