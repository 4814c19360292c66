"""Bitwarden's unencrypted JSON export: logins, cards, identities, SSH keys, notes and custom fields of every item."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from . import json
from .document import Document, joined, verified
from .found import Found
from .nested import a_list, a_text, named

name = "bitwarden"

_ITEM: Final = re.compile(r"items\[([0-9]+)\](?:\.fields\[([0-9]+)\](?=\.value\Z))?")


def recognizes(file: str) -> bool:
    """As Bitwarden names its exports."""
    last = file.replace("\\", "/").rpartition("/")[2].lower()
    return last.startswith("bitwarden") and last.endswith(".json")


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every text, as ``GitHub.login.password`` and ``GitHub.FIELD.value``; an item's name is in the others' keys.

    Raises:
        CorruptError: it is not JSON, has no items, or is an encrypted export.
    """
    document = Document(raw, file)
    names = _names(document)
    founds = [found._replace(key=names(found.key)) for found in json.leaves(document) if names(found.key)]
    return verified(raw, founds, lambda changed: _values(Document(changed, file)))


def _values(document: Document) -> dict[str, str]:
    names = _names(document)
    return {names(key): value for key, value in json.scalars(document).items() if names(key)}


class _Names:
    """What the values are called: the path's numbers are replaced by the names that the export has for them."""

    def __init__(self, items: list[Any]) -> None:
        self._items = named(a_text(item, "name") for item in items)
        self._fields = {
            f"{at}": named(a_text(field, "name") for field in a_list(item, "fields")) for at, item in enumerate(items)
        }

    def __call__(self, key: str) -> str:
        """Empty for what is itself such a name."""
        found = _ITEM.match(key)
        if found is None:
            return key
        item, field = found.groups()
        rest = key[found.end() :]
        title = self._items[int(item)]
        if re.fullmatch(r"\.name|\.fields\[[0-9]+\]\.name", rest):
            return ""
        return joined(title if field is None else (*title, *self._fields[item][int(field)])) + rest


def _names(document: Document) -> _Names:
    from json import loads

    json.scalars(document)  # raises for what is not JSON
    root = loads(document.text, parse_int=str)
    items = a_list(root, "items")
    if isinstance(root, dict) and root.get("encrypted") is True:
        document.refuse(
            0, "this export is encrypted", "export it again as .json, unencrypted; delete that file afterwards"
        )
    if not items:
        document.refuse(0, "this is no export of Bitwarden: it has no items")
    return _Names(items)
