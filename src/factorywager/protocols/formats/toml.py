"""TOML files, read by `tomllib`: every text and number, under its path.

`tomllib` says no places; a walk over the text, which it has found to be TOML, finds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ...errors import CorruptError
from .document import DEEPEST, Document, Path, bounded, is_long, joined, quoted, verified
from .found import Found

name = "toml"

_SPACE: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_STRING: Final = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|\'[^\']*\'', re.DOTALL)
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_DATE_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[^\s,\]}#]*")
_OTHER: Final = re.compile(r"[^\s,\]}#]+")
_WHERE: Final = re.compile(r"\(at line ([0-9]+), column [0-9]+\)")


def recognizes(file: str) -> bool:
    """``.toml``."""
    return file.lower().endswith(".toml")


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every text and number; numbers as Python writes them.

    Raises:
        CorruptError: it is not TOML, or nested deeper, or larger, than any file of credentials.
    """
    document = Document(raw, file)
    values = _values(document)
    founds = []
    for leaf in _Walk(document.text).leaves():
        key = joined(leaf.path)
        if key in values:
            remarks = () if leaf.is_text else ("it is a number: another value is written as text",)
            place = document.place(leaf.begin, leaf.end, _write)
            founds.append(Found(key, values[key], document.line(leaf.begin), (place,), remarks))
    return verified(raw, founds, lambda changed: _values(Document(changed, file)))


def _write(text: str) -> bytes:
    return quoted(text).replace("\x7f", "\\u007f").encode()


def _values(document: Document) -> dict[str, str]:
    import tomllib

    try:
        return dict(_texts(tomllib.loads(document.text), document))
    except RecursionError:
        raise CorruptError(f"{document.file}: it is nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError is one, and so is an integer of more digits than Python takes
        where = _WHERE.search(str(error))
        line = int(where[1]) if where else document.line(len(document.text))
        document.refuse_line(line, "this is not TOML")


def _texts(root: Any, document: Document) -> Iterator[tuple[str, str]]:
    open_: list[tuple[Path, Any]] = [((), root)]
    count = 0
    while open_:
        path, node = open_.pop()
        if isinstance(node, (dict, list)):
            if len(path) >= DEEPEST:
                raise CorruptError(f"{document.file}: it is nested too deeply")
            children = node.items() if isinstance(node, dict) else enumerate(node)
            open_ += [((*path, name), child) for name, child in children]
        elif isinstance(node, (str, int, float)) and not isinstance(node, bool):
            bounded(path, count, document)
            count += 1
            yield joined(path), str(node)


class _Leaf(NamedTuple):
    path: Path
    begin: int
    end: int
    is_text: bool


class _Walk:
    """Goes through a text that is TOML."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lists: dict[Path, int] = {}  # how often [[path]] stood there

    def leaves(self) -> Iterator[_Leaf]:
        """Every value that is neither a list nor a table."""
        table: Path = ()
        while not self._ended():
            if self._takes("[["):
                table = self._begin_element()
                self._takes("]]")
            elif self._takes("["):
                table = self._resolved(self._key())
                self._takes("]")
            else:
                yield from self._pair(table)

    def _begin_element(self) -> Path:
        key = self._key()
        path = (*self._resolved(key[:-1]), key[-1])
        self._lists[path] = self._lists.get(path, -1) + 1
        return (*path, self._lists[path])

    def _resolved(self, key: Path) -> Path:
        """A table's path: where a part of it is a list of tables, its last one is meant."""
        path: Path = ()
        for part in key:
            path = (*path, part)
            if path in self._lists:
                path = (*path, self._lists[path])
        return path

    def _pair(self, table: Path) -> Iterator[_Leaf]:
        path = (*table, *self._key())
        self._takes("=")
        yield from self._value(path)

    def _value(self, path: Path) -> Iterator[_Leaf]:
        if self._takes("["):
            count = 0
            while not self._takes("]"):
                yield from self._value((*path, count))
                self._takes(",")
                count += 1
        elif self._takes("{"):
            while not self._takes("}"):
                yield from self._pair(path)
                self._takes(",")
        else:
            begin = self._at
            string = _STRING.match(self._text, begin)
            other = string or _DATE_TIME.match(self._text, begin) or _OTHER.match(self._text, begin)
            self._at = other.end() if other else len(self._text)
            if not is_long(path):
                yield _Leaf(path, begin, self._at, string is not None)

    def _key(self) -> Path:
        import tomllib

        parts = []
        while True:
            self._space()
            string = _STRING.match(self._text, self._at)
            part = string or _BARE.match(self._text, self._at)
            if part is None:
                raise AssertionError("tomllib found this to be TOML")
            self._at = part.end()
            parts.append(tomllib.loads(f"k={part[0]}")["k"] if string else part[0])
            if not self._takes("."):
                return tuple(parts)

    def _space(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _takes(self, token: str) -> bool:
        """Whether the token is next, which then is passed; the space before it and behind it is passed anyway."""
        self._space()
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        self._space()
        return True

    def _ended(self) -> bool:
        self._space()
        return self._at >= len(self._text)
