"""`SecretServiceStore`: entries in GNOME Keyring, KWallet or KeePassXC, exactly as Bun writes them (semantics §2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from ...errors import PlatformError, StoreError, UnavailableError
from ...flow import Flow, Pause, Work
from ...model import Foreign, Info, Ref, Secret
from ...protocols import secret_service as api
from ..store import Finding, Options, Pulse, Terms, Watch
from .items import Matches, choose, delete_item, describe, moment, read_entry, read_known, search, search_service
from .link import Link, Links
from .prompts import Prompts
from .translate import STORE, StaleSessionError, VanishedError

T = TypeVar("T")

_VANISHINGS_AT_ONCE = 5
_BREATH = 0.01  # seconds

Infos: TypeAlias = list[Info]  # inside the class, `list` is a method
Foreigners: TypeAlias = list[Foreign]


class SecretServiceStore:
    """The Linux Secret Service over D-Bus, with no library of the desktop's.

    Connects when it is first used; notices when the daemon was replaced, and connects anew.  One store serves
    threads and any number of asyncio loops, each over its own connection.
    """

    name = STORE

    def __init__(self) -> None:
        self._links = Links()
        self._prompts = Prompts()

    # --- the store ----------------------------------------------------------------------------

    def get(self, ref: Ref, terms: Terms) -> Flow[Secret | None]:
        def act(link: Link) -> Flow[Secret | None]:
            known = yield from read_known(link, ref, terms.deadline)
            if known is not None:
                return known
            epoch = link.paths.epoch
            matches = yield from self._search(link, ref, terms)
            if not matches.all:
                return None
            paths = yield from choose(link, matches, terms.deadline)
            yield from self._open(link, [path for path in paths if path in matches.locked], terms)
            secret = yield from read_entry(link, ref, paths, epoch, terms.deadline)
            if len(matches.all) == 1:
                link.remember(ref, paths[0], epoch)
            return secret

        return (yield from self._attempt(act, terms))

    def set(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[None]:
        outcomes = yield from self.set_each(ref.service, {ref.name: value}, terms, options)
        for error in outcomes.values():
            if error is not None:
                raise error

    def delete(self, ref: Ref, terms: Terms) -> Flow[bool]:
        """Removes every item that is this entry, in every collection: what is deleted must not be found again."""
        removed = False

        def act(link: Link) -> Flow[bool]:
            nonlocal removed
            matches = yield from self._search(link, ref, terms)
            yield from self._open(link, matches.locked, terms)
            for path in matches.all:
                try:
                    yield from delete_item(link, path, self._prompts, terms)
                except VanishedError:
                    continue
                except (StaleSessionError, UnavailableError):
                    # The daemon, or the connection, died over the call.  If the item is gone when we look again, that
                    # was our doing.
                    removed = True
                    raise
                removed = True
            return removed

        return (yield from self._attempt(act, terms))

    def close(self) -> None:
        self._links.close()

    def reach(self, terms: Terms) -> Flow[str]:
        """Connect, and nothing else; raises `UnavailableError` where there is no secret service."""
        yield from self._links.obtain(terms.deadline)
        return "a secret service answers on the session bus"

    # --- abilities ----------------------------------------------------------------------------

    def exists(self, ref: Ref, terms: Terms) -> Flow[bool]:
        def act(link: Link) -> Flow[bool]:
            return bool((yield from self._search(link, ref, terms)).all)

        return (yield from self._attempt(act, terms))

    def get_many(self, service: str, names: Sequence[str] | None, terms: Terms) -> Flow[dict[str, Secret]]:
        from .bulk import read_service

        return (yield from self._attempt(lambda link: read_service(link, service, names, self._prompts, terms), terms))

    def set_each(
        self, service: str, values: Mapping[str, Secret], terms: Terms, options: Options
    ) -> Flow[dict[str, StoreError | None]]:
        from .writes import write_each

        def act(link: Link) -> Flow[dict[str, StoreError | None]]:
            outcomes = yield from write_each(link, service, values, self._prompts, terms)
            if any(outcomes.values()):
                self._distrust(link)
            return outcomes

        return (yield from self._attempt(act, terms))

    def watch(self, service: str | None, terms: Terms) -> Flow[Watch]:
        from .watch import ItemWatch

        def act(link: Link) -> Flow[Watch]:
            return (yield from ItemWatch.start(link, service, self._prompts, terms))

        return (yield from self._attempt(act, terms))

    def pulse(self, terms: Terms) -> Flow[Pulse | None]:
        """GNOME Keyring's only: that the others tell of every change has not been seen."""
        from .pulse import SignalPulse

        def act(link: Link) -> Flow[Pulse | None]:
            if not link.daemon.is_gnome:
                return None
            pulse: Pulse = yield Work(lambda: SignalPulse.start(terms.deadline), terms.deadline)
            return pulse

        return (yield from self._attempt(act, terms))

    def examine(self, terms: Terms) -> Flow[list[Finding]]:
        from .examine import examine

        return (yield from examine(self._links, terms))

    def list(self, service: str | None, terms: Terms) -> Flow[Infos]:
        def act(link: Link) -> Flow[Infos]:
            matches = yield from search_service(link, service, self._prompts, terms)
            items = yield from describe(link, matches, terms.deadline)
            infos: dict[Ref, Info] = {}
            for item in sorted(items, key=lambda item: item.modified):
                if item.ref is not None:  # of several items that are one entry, the latest describes it
                    created, modified = moment(item.created), moment(item.modified)
                    infos[item.ref] = Info(item.ref.service, item.ref.name, STORE, created, modified)
            return [infos[ref] for ref in sorted(infos)]

        return (yield from self._attempt(act, terms))

    def list_foreign(self, service: str | None, terms: Terms) -> Flow[Foreigners]:
        from .writers import list_foreign

        return (yield from self._attempt(lambda link: list_foreign(link, service, self._prompts, terms), terms))

    def get_foreign(self, wanted: Foreign, terms: Terms) -> Flow[Secret | None]:
        from .writers import read_foreign

        return (yield from self._attempt(lambda link: read_foreign(link, wanted, self._prompts, terms), terms))

    def delete_foreign(self, wanted: Foreign, terms: Terms) -> Flow[bool]:
        from .writers import delete_foreign

        return (yield from self._attempt(lambda link: delete_foreign(link, wanted, self._prompts, terms), terms))

    # --- within -------------------------------------------------------------------------------

    def _attempt(self, act: Callable[[Link], Flow[T]], terms: Terms) -> Flow[T]:
        """Run ``act`` on a link; again where an item vanished under it, and once more where the link was stale.

        What ``act`` does may therefore happen twice: reading is harmless to repeat, writing the same value too.
        """
        renewed = False
        vanished = 0
        while True:
            link = yield from self._links.obtain(terms.deadline)
            try:
                return (yield from act(link))
            except VanishedError:
                # Another program deleted an item between our search and our call: look again, at leisure when that
                # goes on: then it may be the daemon that contradicts itself.
                vanished += 1
                if terms.deadline.passed:
                    raise terms.deadline.error("the entry kept changing while it was looked at") from None
                if vanished > _VANISHINGS_AT_ONCE:
                    yield Pause(_BREATH)
            except StaleSessionError as error:
                self._links.drop(link)
                if renewed:
                    raise PlatformError(
                        "the daemon lost the session twice in a row",
                        hint="try again; `factorywager doctor` looks closer",
                        store=STORE,
                        native=str(error),
                    ) from None
                renewed = True
            except UnavailableError:
                # The connection broke under us (the bus was restarted).
                if renewed or not link.bus.closed:
                    raise
                self._links.drop(link)
                renewed = True
            except StoreError:
                self._distrust(link)
                raise

    def _distrust(self, link: Link) -> None:
        """After a failure: where the rest of a message did not come, nothing behind it would be understood."""
        if link.bus.router.torn:
            self._links.drop(link)

    def _search(self, link: Link, ref: Ref, terms: Terms) -> Flow[Matches]:
        if not link.daemon.keeps_name(ref):
            return Matches([], [])  # the daemon would search for another name than this
        return (yield from search(link, api.attributes(ref), self._prompts, terms))

    def _open(self, link: Link, locked: Sequence[str], terms: Terms) -> Flow[None]:
        if locked:
            yield from self._prompts.unlock(link, locked, terms)
