"""CSV files with a line of names at their top, read by `csv`; tabs in a ``.tsv``.

A value is called after its column and after its row's name, which stands in the first column that is called so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import StringIO
from itertools import chain, repeat
from typing import Final, NamedTuple

from .document import Document, Path, bounded, joined, verified
from .found import Found
from .nested import named

name = "csv"

_NAMING: Final = ("name", "title", "key", "variable", "secret", "id")
_BREAK: Final = re.compile(r"\r\n|\n|\r")
_PLAIN: Final = re.compile(r"[^\s\"',;\t]+")


def recognizes(file: str) -> bool:
    """``.csv`` and ``.tsv``."""
    return file.lower().endswith((".csv", ".tsv"))


class _Field(NamedTuple):
    text: str
    begin: int
    end: int


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every field but the names: ``GitHub.password``, ``[2].password`` in the second row without a name.

    Raises:
        CorruptError: `csv` cannot read it.
    """
    document = Document(raw, file)
    rows = list(_rows(document))
    founds = [
        Found(joined(path), field.text, document.line(field.begin), (document.place(field.begin, field.end, _write),))
        for path, field in _named(document, rows)
    ]
    return verified(raw, founds, lambda changed: _values(Document(changed, file)))


def _write(text: str) -> bytes:
    if _PLAIN.fullmatch(text):
        return text.encode()
    doubled = text.replace('"', '""')
    return f'"{doubled}"'.encode()


def _values(document: Document) -> dict[str, str]:
    return {joined(path): field.text for path, field in _named(document, list(_rows(document)))}


def _named(document: Document, rows: list[list[_Field]]) -> Iterator[tuple[Path, _Field]]:
    """Every field with its path; those that name columns and rows are in the paths."""
    if not rows:
        return
    names = [field.text.strip() for field in rows[0]]
    columns = named(names)
    lowered = [text.lower() for text in names]
    naming = next((lowered.index(word) for word in _NAMING if lowered.count(word) == 1), None)
    titles = [row[naming].text if naming is not None and naming < len(row) else "" for row in rows]
    count = 0
    for title, row in zip(named(titles[1:]), rows[1:], strict=True):
        for column, field in enumerate(row):
            if column == naming:
                continue
            path = (*title, *(columns[column] if column < len(columns) else (column,)))
            bounded(path, count, document)
            count += 1
            yield path, field


def _rows(document: Document) -> Iterator[list[_Field]]:
    """`csv`'s rows, each field with its place; empty lines are none."""
    import csv

    delimiter = "\t" if document.file.lower().endswith(".tsv") else ","
    reader = csv.reader(StringIO(document.text, newline=""), delimiter=delimiter, strict=True)
    places = _places(document.text, delimiter)
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            document.refuse_line(reader.line_num or 1, "this is not CSV", "is a quote left open, or not doubled?")
        if row is None:
            return
        spans = next(places, [])
        if row:
            # should the places ever be fewer than the fields, these are proved to be none
            yield [_Field(text, *span) for text, span in zip(row, chain(spans, repeat((0, 0))), strict=False)]


def _places(text: str, delimiter: str) -> Iterator[list[tuple[int, int]]]:
    """For each record where its fields are written, quotes included; for an empty line one empty field."""
    field = re.compile(rf'"(?:[^"]|"")*"|[^{delimiter}\r\n]*')
    at = 0
    while at < len(text):
        spans: list[tuple[int, int]] = []
        while not spans or text.startswith(delimiter, at):
            found = field.match(text, at + bool(spans))
            spans.append(found.span() if found else (at, at))
            at = spans[-1][1]
        line_end = _BREAK.search(text, at)
        at = line_end.end() if line_end else len(text)
        yield spans
