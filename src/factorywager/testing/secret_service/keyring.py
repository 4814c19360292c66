"""`Keyring`: what the fake holds: collections of items, and aliases.  It outlives the daemon's restarts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final

ROOT: Final = "/org/freedesktop/secrets"
LOGIN: Final = f"{ROOT}/collection/login"


@dataclass
class Item:
    """One item; times are Unix seconds."""

    path: str
    attributes: dict[str, str]
    value: bytes
    content_type: str = "text/plain"
    label: str = ""
    created: int = field(default_factory=lambda: int(time.time()))
    modified: int = field(default_factory=lambda: int(time.time()))

    def matches(self, wanted: Mapping[str, str]) -> bool:
        return wanted.items() <= self.attributes.items()


@dataclass
class Collection:
    """One collection."""

    path: str
    label: str
    locked: bool = False
    items: dict[str, Item] = field(default_factory=dict)


class Keyring:
    """Collections by path, and what the aliases lead to."""

    def __init__(self) -> None:
        self.collections: dict[str, Collection] = {LOGIN: Collection(LOGIN, "Login")}
        self.aliases: dict[str, str] = {"default": LOGIN}
        self._numbers = count(1)

    def items(self) -> Iterator[tuple[Collection, Item]]:
        for collection in self.collections.values():
            for item in collection.items.values():
                yield collection, item

    def find(self, path: str) -> tuple[Collection, Item] | None:
        """An item and where it lies."""
        collection = self.collections.get(path.rpartition("/")[0])
        item = None if collection is None else collection.items.get(path)
        return None if collection is None or item is None else (collection, item)

    def add(self, collection: Collection, attributes: dict[str, str], value: bytes, label: str = "") -> Item:
        item = Item(f"{collection.path}/{next(self._numbers)}", attributes, value, label=label)
        collection.items[item.path] = item
        return item

    def add_collection(self, label: str) -> Collection:
        path = f"{ROOT}/collection/made{next(self._numbers)}"
        self.collections[path] = Collection(path, label)
        return self.collections[path]
