"""`ItemWatch`: the daemon's own signals, told as changes of entries."""

from __future__ import annotations

from typing import Literal

from ...errors import UnavailableError
from ...flow import Deadline, Flow
from ...model import Change, Ref
from ...protocols import dbus
from ...protocols import secret_service as api
from ...protocols.dbus import Subscription
from ...protocols.received import Received
from ...transports.requests import Hear
from ..store import Terms, Watch
from .items import describe, search
from .link import Link
from .prompts import Prompts
from .translate import STORE, StaleSessionError

_SECONDS_TO_DESCRIBE = 10.0

_KINDS: dict[str | None, Literal["created", "changed", "deleted"]] = {
    "ItemCreated": "created",
    "ItemChanged": "changed",
    "ItemDeleted": "deleted",
}


class ItemWatch:
    """Changes from the moment it was started, until the daemon or the bus goes away (`UnavailableError`).

    A deleted item no longer says what it was, so the watch remembers every path it has seen.
    """

    def __init__(self, link: Link, service: str | None, subscription: Subscription) -> None:
        self._link = link
        self._service = service
        self._subscription = subscription
        self._known: dict[str, Ref] = {}

    @classmethod
    def start(cls, link: Link, service: str | None, prompts: Prompts, terms: Terms) -> Flow[Watch]:
        subscription = link.bus.router.subscribe(
            lambda signal: (
                (api.is_item_signal(signal) and dbus.sender(signal) == link.owner) or api.is_owner_change(signal)
            )
        )
        watch = cls(link, service, subscription)
        try:
            matches = yield from search(link, api.attributes_of_service(service), prompts, terms)
            yield from watch._learn(matches.unlocked, terms.deadline)
        except BaseException:
            watch.close()
            raise
        return watch

    def next(self) -> Flow[Change]:
        while True:
            signal: Received = yield Hear(self._link.bus, self._subscription, Deadline(None))
            if api.is_owner_change(signal):
                raise _gone()
            kind = _KINDS[dbus.member(signal)]
            (path,) = dbus.body(signal, "o")
            if path == api.NO_PATH:  # KeePassXC, of an item that has no path yet, or none any more
                continue
            if kind != "deleted":
                # GNOME Keyring says of an item that was replaced that it was created; KWallet says of every new one
                # that it was changed, and then that it was created.
                kind = "changed" if path in self._known else "created"
            if kind != "deleted":
                try:
                    yield from self._learn([path], Deadline(_SECONDS_TO_DESCRIBE))
                except StaleSessionError:
                    raise _gone() from None
            ref = self._known.pop(path, None) if kind == "deleted" else self._known.get(path)
            if ref is not None and self._service in (None, ref.service):
                return Change(kind, ref.service, ref.name, STORE)

    def close(self) -> None:
        self._link.bus.router.unsubscribe(self._subscription)

    def _learn(self, paths: list[str], deadline: Deadline) -> Flow[None]:
        for item in (yield from describe(self._link, paths, deadline)):
            if item.ref is not None:
                self._known[item.path] = item.ref


def _gone() -> UnavailableError:
    return UnavailableError("the secret service went away", hint="watch it again", store=STORE)
