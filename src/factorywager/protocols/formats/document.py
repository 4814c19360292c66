"""`Document`: a file's text, with the byte and the line where each character stands; and what every format checks.

Few parsers say where a value stands.  Where one does not, its format looks for the place itself and has it proved:
`verified` writes a marker in each place and has the file read again, and what does not come back exactly has no place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from importlib import import_module
from itertools import accumulate
from typing import Any, Final, NoReturn, TypeAlias

from ...errors import ArgumentValueError, CorruptError, UnavailableError
from .found import Found, Place, rewritten

# More than any file of credentials has; they bound time and memory for a file that is something else.
DEEPEST: Final = 100  # nesting
MOST_VALUES: Final = 200_000
LONGEST_KEY: Final = 512  # characters of a value's whole key
_RETRIED: Final = 4 << 20  # bytes that `verified` reads again at most, to find the values that have no place

NO_PLACE: Final = "it cannot be changed in this file without touching something else"

Path: TypeAlias = tuple[str | int, ...]  # into nested values: names and numbers

_LINE_BREAK: Final = re.compile(r"\r\n|\n|\r")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_BOM: Final = b"\xef\xbb\xbf"


class Document:
    """The text of a file.

    Args:
        file: its name, for errors.

    Attributes:
        text: without the byte-order mark.

    Raises:
        CorruptError: it is not UTF-8, or holds a NUL.
    """

    def __init__(self, raw: bytes, file: str) -> None:
        self.file = file
        self._begin = len(_BOM) if raw.startswith(_BOM) else 0
        if b"\0" in raw:
            raise CorruptError(f"{file}: this is a binary file")
        try:
            self.text = raw[self._begin :].decode()
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, self._begin + error.start) + 1
            raise CorruptError(f"{file}, line {line}: this is not UTF-8 text") from None

    @cached_property
    def _line_begins(self) -> list[int]:
        return [0, *(one.end() for one in _LINE_BREAK.finditer(self.text))]

    @cached_property
    def _offsets(self) -> list[int] | None:
        """The byte offset of every character, or ``None`` where each has one byte."""
        if self.text.isascii():
            return None
        return list(accumulate((_width(ord(character)) for character in self.text), initial=self._begin))

    def line(self, at: int) -> int:
        """The line of the character at ``at``, counted from 1."""
        return bisect_right(self._line_begins, at)

    def place(self, begin: int, end: int, write: Callable[[str], bytes]) -> Place:
        """The place of the characters from ``begin`` to ``end``."""
        offsets = self._offsets
        if offsets is None:
            return Place(self._begin + begin, self._begin + end, write)
        return Place(offsets[begin], offsets[end], write)

    def refuse(self, at: int, what: str, hint: str | None = None) -> NoReturn:
        """Raises: CorruptError: with the file and the line of the character at ``at``."""
        self.refuse_line(self.line(at), what, hint)

    def refuse_line(self, line: int, what: str, hint: str | None = None) -> NoReturn:
        """Raises: CorruptError: with the file and this line."""
        raise CorruptError(f"{self.file}, line {line}: {what}", hint=hint)


def _width(point: int) -> int:
    """How many bytes UTF-8 needs for a code point."""
    return 1 if point < 0x80 else 2 if point < 0x800 else 3 if point < 0x10000 else 4


def joined(parts: Iterable[str | int]) -> str:
    """One unique key for a path into nested values: ``auths."ghcr.io".auth``, ``items[3].name``."""
    key = ""
    for part in parts:
        if isinstance(part, int):
            key += f"[{part}]"
        else:
            key += ("." if key else "") + (part if _BARE.fullmatch(part) else quoted(part))
    return key


def is_long(path: Iterable[str | int]) -> bool:
    """Whether the key of this path would be longer than `LONGEST_KEY`."""
    return sum(len(part) if isinstance(part, str) else 1 for part in path) > LONGEST_KEY


def bounded(path: Path, count: int, document: Document) -> None:
    """Called for each value, with the number of those before it.

    Raises:
        CorruptError: there are more of them, or longer paths, than in any file of credentials.
    """
    if count >= MOST_VALUES:
        raise CorruptError(f"{document.file}: it has more than {MOST_VALUES:,} values")
    if is_long(path):
        raise CorruptError(f"{document.file}: a value's name has more than {LONGEST_KEY} characters")
    if any(isinstance(part, str) and has_surrogate(part) for part in path):
        raise CorruptError(f"{document.file}: a value's name is no text: half of a surrogate pair")


def has_surrogate(text: str) -> bool:
    """Whether the text has no UTF-8 form; only what JSON escapes can have none."""
    return _SURROGATE.search(text) is not None


def needed(module: str, package: str) -> Any:
    """A parser that is not installed for everyone.

    Raises:
        UnavailableError: it is not here; the hint says how to install it.
    """
    try:
        return import_module(module)
    except ImportError:
        raise UnavailableError(
            f"reading this format needs {package}", hint="install it with: pip install 'factorywager[migrate]'"
        ) from None


def quoted(text: str) -> str:
    """Text as JSON writes it."""
    import json

    return json.dumps(text, ensure_ascii=False)


def verified(raw: bytes, founds: list[Found], reread: Callable[[bytes], Mapping[str, str]]) -> list[Found]:
    """The same values, but without places where writing there would not change just that value.

    Args:
        reread: reads a file as the tool does, by key; may raise `CorruptError`.
    """
    if _writable(raw, founds, founds, reread):
        return founds
    few = len(founds) * len(raw) <= _RETRIED
    return [
        found if not found.places or (few and _writable(raw, founds, [found], reread)) else without_places(found)
        for found in founds
    ]


def without_places(found: Found) -> Found:
    """The same value, that stays in its file."""
    return found._replace(places=(), remarks=(*found.remarks, NO_PLACE))


def _writable(
    raw: bytes, founds: list[Found], tried: list[Found], reread: Callable[[bytes], Mapping[str, str]]
) -> bool:
    markers = {found.key: f"fwMarker{number}" for number, found in enumerate(tried) if found.places}
    try:
        changed = rewritten(raw, [(found, markers[found.key]) for found in tried if found.places])
        return dict(reread(changed)) == {found.key: markers.get(found.key, found.value) for found in founds}
    except (CorruptError, ArgumentValueError):
        return False


def one_line(text: str, kind: str) -> str:
    """The text, for a format whose values end with their line.

    Raises:
        ArgumentValueError: it has a line break.
    """
    if _LINE_BREAK.search(text):
        raise cannot_hold(kind, "with a line break")
    return text


def cannot_hold(kind: str, what: str) -> ArgumentValueError:
    """The error of a `Place.write` for text that this format has no way to write."""
    return ArgumentValueError(f"a value {what} cannot be written in {kind}")
