"""The memory store: for tests, and for programs that want the interface without the permanence."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..flow import Flow
from ..model import Info, Ref, Secret
from .snapshots import Snapshot, SnapshotWatch
from .store import Options, Pulse, Terms, Watch


class _Entry(NamedTuple):
    value: Secret
    created: datetime
    modified: datetime
    expires: datetime | None
    revision: int


class MemoryStore:
    """Keeps entries in locked memory until the process ends or the store is closed."""

    name = "memory"
    keeps_expiry = True

    def __init__(self) -> None:
        self._entries: dict[Ref, _Entry] = {}
        self._lock = threading.Lock()
        self._revision = 0

    def get(self, ref: Ref, terms: Terms) -> Flow[Secret | None]:
        yield from _nothing()
        with self._lock:
            entry = self._entries.get(ref)
            return None if entry is None else _copy(entry)

    def get_many(self, service: str, names: Sequence[str] | None, terms: Terms) -> Flow[dict[str, Secret]]:
        yield from _nothing()
        with self._lock:
            return {
                ref.name: _copy(entry)
                for ref, entry in self._entries.items()
                if ref.service == service and (names is None or ref.name in names)
            }

    def set(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[None]:
        yield from _nothing()
        with self._lock:
            self._write(ref, value, options)

    def set_many(self, service: str, values: Mapping[str, Secret], terms: Terms, options: Options) -> Flow[None]:
        yield from _nothing()
        with self._lock:
            for name, value in values.items():
                self._write(Ref(service, name), value, options)

    def create(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[bool]:
        yield from _nothing()
        with self._lock:
            if ref in self._entries:
                return False
            self._write(ref, value, options)
            return True

    def delete(self, ref: Ref, terms: Terms) -> Flow[bool]:
        yield from _nothing()
        with self._lock:
            entry = self._entries.pop(ref, None)
            if entry is not None:
                self._revision += 1
                entry.value.wipe()
        return entry is not None

    def exists(self, ref: Ref, terms: Terms) -> Flow[bool]:
        yield from _nothing()
        return ref in self._entries

    def pulse(self, terms: Terms) -> Flow[Pulse | None]:
        yield from _nothing()
        return _Revision(self)

    def watch(self, service: str | None, terms: Terms) -> Flow[Watch]:
        def look() -> Flow[Snapshot]:
            yield from _nothing()
            with self._lock:
                return {
                    ref: entry.revision
                    for ref, entry in self._entries.items()
                    if service is None or ref.service == service
                }

        watch = SnapshotWatch(self.name, look)
        yield from watch.start()
        return watch

    def close(self) -> None:
        with self._lock:
            for entry in self._entries.values():
                entry.value.wipe()
            self._entries.clear()
            self._revision += 1

    def list(self, service: str | None, terms: Terms) -> Flow[list[Info]]:
        yield from _nothing()
        with self._lock:
            return [
                Info(ref.service, ref.name, self.name, entry.created, entry.modified, entry.expires)
                for ref, entry in sorted(self._entries.items())
                if service is None or ref.service == service
            ]

    def _write(self, ref: Ref, value: Secret, options: Options) -> None:
        now = datetime.now(UTC)
        before = self._entries.get(ref)
        self._revision += 1
        created = now if before is None else before.created
        self._entries[ref] = _Entry(Secret(value.bytes), created, now, options.expires, self._revision)
        if before is not None:
            before.value.wipe()


class _Revision:
    """The store's own count of changes, as a pulse."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    @property
    def beat(self) -> float:
        return self._store._revision

    def close(self) -> None:
        pass


def _copy(entry: _Entry) -> Secret:
    with entry.value.bytes as view:
        secret = Secret(view)
    secret.expires = entry.expires
    return secret


def _nothing() -> Generator[Any, Any, None]:
    """Makes a method a flow that asks for nothing."""
    return
    yield
