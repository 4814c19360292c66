"""1Password's unencrypted export (1PUX): a ZIP archive with ``export.data``, which is JSON.

Its CSV export is read as any CSV file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final

from ...errors import CorruptError, TooLongError
from .document import Document, Path, bounded, has_surrogate, joined
from .found import Found
from .nested import a_dict, a_list, a_text, named

name = "1password"

_LARGEST: Final = 64 << 20  # bytes of export.data; an archive may claim to hold anything


def recognizes(file: str) -> bool:
    """``.1pux``."""
    return file.lower().endswith(".1pux")


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every field of every item that is not archived or deleted, as ``GitHub.password`` or ``GitHub.SECTION.FIELD``.

    Raises:
        CorruptError: it is no such archive.
        TooLongError: it holds more than any export does.
    """
    import json

    document = Document(_export(raw, file), file)
    try:
        root = json.loads(document.text, parse_int=str)
    except json.JSONDecodeError:
        raise CorruptError(f"{file}: its export.data is not JSON") from None
    except RecursionError:
        raise CorruptError(f"{file}: it is nested too deeply") from None
    items = [
        item
        for account in a_list(root, "accounts")
        for vault in a_list(account, "vaults")
        for item in a_list(vault, "items")
        if a_text(item, "state") in ("", "active")
    ]
    titles = named(a_text(a_dict(item, "overview"), "title") for item in items)
    founds: list[Found] = []
    keys: set[str] = set()
    for title, item in zip(titles, items, strict=True):
        for path, value in _fields(a_dict(item, "details")):
            whole: Path = (*title, *path)
            bounded(whole, len(founds), document)
            if has_surrogate(value):
                raise CorruptError(f"{file}: {joined(whole)} is no text: half of a surrogate pair")
            key = joined(whole)
            while key in keys:  # two fields of one name
                key += "'"
            keys.add(key)
            founds.append(Found(key, value))
    return founds


def _export(raw: bytes, file: str) -> bytes:
    """The bytes of ``export.data``."""
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive, archive.open("export.data") as member:
            export = member.read(_LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, ValueError, RuntimeError, NotImplementedError):
        # ZipFile documents the first; a damaged archive raises all of them
        raise CorruptError(f"{file}: this is no export of 1Password") from None
    if len(export) > _LARGEST:
        raise TooLongError(f"{file}: its export.data has more than {_LARGEST:,} bytes")
    return export


def _fields(details: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    for field in a_list(details, "loginFields"):
        called = a_text(field, "designation") or a_text(field, "name") or a_text(field, "id") or "field"
        yield from _value((called,), a_text(field, "value"))
    yield from _value(("password",), a_text(details, "password"))
    yield from _value(("notes",), a_text(details, "notesPlain"))
    for section in a_list(details, "sections"):
        heading = a_text(section, "title")
        for field in a_list(section, "fields"):
            called = a_text(field, "title") or a_text(field, "id") or "field"
            path = (heading, called) if heading else (called,)
            for kind, value in a_dict(field, "value").items():
                # {"concealed": "…"}, {"string": "…"}; an SSH key and an address are dictionaries in turn
                if isinstance(value, str):
                    yield from _value(path, value)
                elif isinstance(value, dict):
                    for part in value:
                        yield from _value((*path, str(kind), part), a_text(value, part))


def _value(path: Path, value: str) -> Iterator[tuple[Path, str]]:
    if value:
        yield path, value
