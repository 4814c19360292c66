"""watch: what others change is told."""

from __future__ import annotations

import threading
from collections.abc import Callable

from factorywager import Change
from factorywager.stores.store import Store, Watches

from ..caller import Caller
from ..waiting import eventually
from .fixtures import Fixtures, needs


class WatchConformance(Fixtures):
    """Changes as they are made."""

    @needs(Watches)
    def test_watch_tells_of_what_others_change(self, secrets: Caller, service: str, store: Store) -> None:
        seen: list[Change] = []
        with _Watching(secrets, service, seen) as ready:
            ready()
            secrets.set(f"{service}.other", "unwatched", "1")
            secrets.set(service, "token", "one")
            eventually(lambda: ("created", "token") in _kinds(seen), "the creation was told")
            secrets.set(service, "token", "two")
            eventually(lambda: ("changed", "token") in _kinds(seen), "the change was told")
            secrets.delete(service, "token")
            eventually(lambda: ("deleted", "token") in _kinds(seen), "the deletion was told")
        assert {(change.service, change.store) for change in seen} == {(service, store.name)}


def _kinds(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.kind, change.name) for change in changes]


class _Watching:
    """Follows ``watch`` on a thread of its own while the block runs, in either facade.

    Entering gives a function that returns once the watch tells changes: it writes an entry until one is told.
    """

    def __init__(self, secrets: Caller, service: str, seen: list[Change]) -> None:
        self._secrets = secrets
        self._service = service
        self._seen = seen
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Callable[[], None]:
        self._thread.start()
        return self._ready

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._secrets.set(self._service, "farewell", "1")  # wakes the watch, so that it sees that it is over
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._secrets.delete(self._service, "farewell")
        self._seen[:] = [change for change in self._seen if change.name not in ("probe", "farewell")]

    def _ready(self) -> None:
        turns = iter(range(10**6))

        def told() -> bool:
            self._secrets.set(self._service, "probe", f"turn {next(turns)}")
            return bool(self._seen)

        eventually(told, "the watch told of a change")

    def _follow(self) -> None:
        if self._secrets.loop is None:
            for change in self._secrets.wrapped.watch(self._service):
                self._seen.append(change)
                if self._over.is_set():
                    return
        else:
            import asyncio

            asyncio.run(self._follow_asynchronously())

    async def _follow_asynchronously(self) -> None:
        changes = self._secrets.wrapped.watch(self._service)
        async for change in changes:
            self._seen.append(change)
            if self._over.is_set():
                break
        await changes.aclose()
