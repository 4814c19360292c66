"""JSON files: every text and number, under its path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ...errors import CorruptError
from .document import DEEPEST, Document, Path, bounded, has_surrogate, is_long, joined, quoted, verified
from .found import Found

name = "json"

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+')


def recognizes(file: str) -> bool:
    """Anything that ends in ``.json``."""
    return file.lower().endswith(".json")


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every text and number of the file; of several members with one name the last counts, as `json` has it.

    Raises:
        CorruptError: it is not JSON, or nested deeper, or larger, than any file of credentials.
    """
    document = Document(raw, file)
    return verified(raw, list(leaves(document)), lambda changed: scalars(Document(changed, file)))


def leaves(document: Document) -> Iterator[Found]:
    """The same, before its places are proved; for formats that are JSON of a certain shape."""
    values = scalars(document)
    spans: dict[str, list[_Leaf]] = {}
    for leaf in _leaves(document):
        if leaf.key in values:
            spans.setdefault(leaf.key, []).append(leaf)
    for key, every in spans.items():
        last = every[-1]
        places = tuple(
            document.place(leaf.begin, leaf.end, _write)
            for leaf in every
            if document.text[leaf.begin : leaf.end] == document.text[last.begin : last.end]
        )
        yield Found(key, values[key], document.line(last.begin), places, tuple(_remarks(document, every)))


def _remarks(document: Document, every: list[_Leaf]) -> Iterator[str]:
    last = every[-1]
    if len(every) > 1:
        lines = ", ".join(str(document.line(leaf.begin)) for leaf in every)
        yield f"it stands on lines {lines}: the last one counts"
    if document.text[last.begin] != '"':
        yield "it is a number: another value is written as text"


def _write(text: str) -> bytes:
    return quoted(text).encode()


def scalars(document: Document) -> dict[str, str]:
    """Every text and number of the document, by its path, as `json` reads it; numbers as they are written.

    Raises:
        CorruptError: see `read`.
    """
    import json

    try:
        root = json.loads(document.text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        document.refuse(error.pos, "this is not JSON")
    except RecursionError:
        raise CorruptError(f"{document.file}: it is nested too deeply") from None
    return flattened(root, document)


def flattened(root: Any, document: Document) -> dict[str, str]:
    """Every text in nested lists and dictionaries, by its path.

    Raises:
        CorruptError: there are more of them, or longer paths, than in any file of credentials.
    """
    values: dict[str, str] = {}
    open_: list[tuple[Path, Any]] = [((), root)]
    while open_:
        path, node = open_.pop()
        if isinstance(node, str):
            bounded(path, len(values), document)
            if has_surrogate(node):
                raise CorruptError(f"{document.file}: {joined(path)} is no text: half of a surrogate pair")
            values[joined(path)] = node
        elif len(path) >= DEEPEST:
            raise CorruptError(f"{document.file}: it is nested too deeply")
        elif isinstance(node, dict):
            open_ += [((*path, str(key)), child) for key, child in reversed(node.items())]
        elif isinstance(node, list):
            open_ += [((*path, index), node[index]) for index in reversed(range(len(node)))]
    return values


class _Leaf(NamedTuple):
    key: str
    begin: int
    end: int


def _leaves(document: Document) -> Iterator[_Leaf]:
    """Where each text and number stands.  The document is known to be JSON, so its tokens say everything."""
    import json

    path: list[str | int] = []
    expects_name = False
    for token in _TOKEN.finditer(document.text):
        what = token[0]
        if what == "{":
            path.append("")
            expects_name = True
        elif what == "[":
            path.append(0)
            expects_name = False
        elif what in "]}":
            path.pop()
            expects_name = False
        elif what == ",":
            last = path[-1]
            if isinstance(last, int):
                path[-1] = last + 1
            else:
                expects_name = True
        elif what == ":":
            expects_name = False
        elif expects_name:
            path[-1] = json.loads(what)
        elif what not in ("true", "false", "null") and not is_long(path):
            yield _Leaf(joined(path), *token.span())
