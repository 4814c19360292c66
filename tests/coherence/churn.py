"""Another program at the same keyring, run as a process: it changes what it can as fast as it can, and keeps a diary.

Each line of its output is one change: when it began, when it was acknowledged (both on CLOCK_MONOTONIC, which all
processes share), and what was stored for each entry from then on.  Every value it stores is a new one.
It begins when a line arrives on its stdin, and ends when that is closed.
"""

from __future__ import annotations

import json
import random
import select
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace

from jeepney.io.blocking import open_dbus_connection

from harness.raw_service import LOGIN, RawService, bun_attributes

_PASSWORD = "correct horse"
_ITEM = "org.freedesktop.Secret.Item"


class Churn:
    """The keyring as it must be if the daemon did what it acknowledged.

    Attributes:
        items: by path: collection, name of the entry, value.
    """

    def __init__(self, raw: RawService, service: str, names: list[str], seed: int) -> None:
        self._raw = raw
        self._service = service
        self._names = names
        self._random = random.Random(seed)
        self._turn = 0
        self._other: str | None = None
        self._locked = False
        self.items: dict[str, tuple[str, str, str]] = {}

    def value(self, name: str) -> str:
        self._turn += 1
        return f"{name} {self._turn}"

    def write(self, began: float) -> None:
        found: dict[str, list[str | None]] = {name: [] for name in self._names}
        for collection, name, value in self.items.values():
            found[name].append(None if self._locked and collection == LOGIN else value)
        print(json.dumps([began, time.monotonic(), self._locked, found]), flush=True)

    def step(self) -> None:
        chances = {
            self.overwrite: 60,  # after which what is remembered of the item still holds
            self.store: 20,
            self.delete: 20,
            self.rename: 10,
            self.exchange: 10,
            self.twin: 4,
            self.elsewhere: 4,
            self.again: 2,
            self.lock: 1,
        }
        self._random.choices(list(chances), list(chances.values()))[0]()

    # --- changes ------------------------------------------------------------------------------------

    def store(self) -> None:
        """What Bun, libsecret and secret-tool do to store a value."""
        self._create(self._name(), LOGIN, replace=True)

    def twin(self) -> None:
        self._create(self._name(), LOGIN, replace=False)

    def overwrite(self) -> None:
        def change(path: str, collection: str, name: str) -> None:
            value = self.value(name)
            secret = (self._raw.session, b"", value.encode(), "text/plain")
            self._raw._call(path, _ITEM, "SetSecret", "(oayays)", (secret,))
            self.items[path] = collection, name, value

        self._to_one(change)

    def delete(self) -> None:
        def change(path: str, collection: str, name: str) -> None:
            self._raw.delete(path)
            del self.items[path]

        self._to_one(change)
        if len(self.items) > 3:
            self._to_one(change)

    def rename(self) -> None:
        """The item becomes another entry, and only then gets a value of that entry's."""

        def change(path: str, collection: str, name: str) -> None:
            self._set_name(path, self._name())

        self._to_one(change)
        self.overwrite()

    def exchange(self) -> None:
        """Two items become each other."""
        if len(self.items) < 2:
            return
        one, other = self._random.sample(sorted(self.items), 2)
        first, second = self.items[one][1], self.items[other][1]
        self._recorded(lambda: self._set_name(one, second))
        self._recorded(lambda: self._set_name(other, first))

    def elsewhere(self) -> None:
        if self._other is None:
            return self.again()
        return self._create(self._name(), self._other, replace=self._random.random() < 0.5)

    def again(self) -> None:
        """A collection is deleted and made anew: its items' paths begin anew too, for other entries."""

        def remove() -> None:
            self._raw._call(self._other, "org.freedesktop.Secret.Collection", "Delete")
            self.items = {path: item for path, item in self.items.items() if item[0] != self._other}

        if self._other is not None:
            self._recorded(remove)
        self._other = self._raw.create_collection("Churn", "pw")
        for _ in range(2):
            self._create(self._name(), self._other, replace=False)

    def lock(self) -> None:
        def lock() -> None:
            self._raw.lock()
            self._locked = True

        def unlock() -> None:
            self._raw.unlock(_PASSWORD)
            self._locked = False

        self._recorded(lock)
        self._recorded(unlock)

    # --- within -------------------------------------------------------------------------------------

    def _name(self) -> str:
        return self._random.choice(self._names)

    def _create(self, name: str, collection: str, *, replace: bool) -> None:
        value = self.value(name)

        def change() -> None:
            path = self._raw.create(
                bun_attributes(self._service, name), value.encode(), collection=collection, replace=replace
            )
            self.items[path] = collection, name, value

        self._recorded(change)

    def _set_name(self, path: str, name: str) -> None:
        self._raw.set_attributes(path, bun_attributes(self._service, name))
        self.items[path] = self.items[path][0], name, self.items[path][2]

    def _to_one(self, change: Callable[[str, str, str], None]) -> None:
        if self.items:
            path = self._random.choice(sorted(self.items))
            self._recorded(lambda: change(path, *self.items[path][:2]))

    def _recorded(self, change: Callable[[], None]) -> None:
        began = time.monotonic()
        change()
        self.write(began)


def main() -> None:
    address, service, seed, *names = sys.argv[1:]
    with RawService(SimpleNamespace(connect=lambda: open_dbus_connection(bus=address))) as raw:  # type: ignore[arg-type]
        churn = Churn(raw, service, names, int(seed))
        churn.write(time.monotonic())
        sys.stdin.buffer.raw.readline()
        while not select.select([sys.stdin], [], [], 0)[0]:
            churn.step()


if __name__ == "__main__":
    main()
