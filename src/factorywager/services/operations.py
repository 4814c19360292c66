"""`Operations`: everything that can be done with a store, as flows; the one body below both facades.

Adds to a bare store what no store should have to write again: the deadline, the observer seam, best practices,
and a way for every verb on stores that lack the ability for it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ..errors import (
    ArgumentValueError,
    BestPracticeWarning,
    ExpiredWarning,
    FactoryWagerError,
    NotFoundError,
    PlatformError,
    StoreError,
    UnreadableWarning,
)
from ..flow import Deadline, Flow
from ..model import Foreign, Info, Ref, Secret
from ..stores import store as ability
from ..stores.auto import AutoStore
from ..stores.store import Options, Store, Terms, Watch
from .observer import Event, Observer

if TYPE_CHECKING:
    from .cache import Cache

T = TypeVar("T")

PLAIN = Options()

_READS = frozenset({"get", "get_foreign"})
_WRITES = frozenset({"set", "delete", "set_many", "get_or_create", "create_many"})


class Operations:
    """What can be done with one store, under one set of conditions.

    Args:
        store: where the entries are, or the choice of it.
        timeout: seconds that each operation may take, all its steps together; ``None`` for ever.
        interactive: whether prompts may be shown.
        strict: whether a breach of best practices is an error instead of a warning.
        observers: told of every operation, never of a value.
        cache: keeps what `get` reads; emptied by every write through here.
    """

    def __init__(
        self,
        store: Store | AutoStore,
        *,
        timeout: float | None = 30.0,
        interactive: bool = False,
        strict: bool = False,
        observers: Sequence[Observer] = (),
        cache: Cache | None = None,
    ) -> None:
        self.store = store
        self.timeout = timeout
        self.interactive = interactive
        self.strict = strict
        self.observers = observers
        self.cache = cache

    def terms(self) -> Terms:
        """The conditions of an operation that begins now."""
        return Terms(Deadline(self.timeout), self.interactive)

    def serving(self, terms: Terms) -> Flow[Store]:
        """The store itself, chosen if need be."""
        return (yield from self.store.choose(terms)) if isinstance(self.store, AutoStore) else self.store

    # --- one entry ----------------------------------------------------------------------------

    def get(self, ref: Ref) -> Flow[Secret | None]:
        return self._run("get", partial(_get, cache=self.cache), ref)

    def set(self, ref: Ref, value: Secret, options: Options = PLAIN) -> Flow[None]:
        """Store ``value``, which is wiped when this ends; an empty one deletes the entry."""
        return self._run("set", partial(_set, value=value, options=options, strict=self.strict), ref)

    def delete(self, ref: Ref) -> Flow[bool]:
        return self._run("delete", _delete, ref)

    def exists(self, ref: Ref) -> Flow[bool]:
        return self._run("exists", _exists, ref)

    def require(self, ref: Ref) -> Flow[Secret]:
        """As `get`, where a missing entry is a `NotFoundError`."""
        value = yield from self.get(ref)
        if value is None:
            raise NotFoundError(
                "there is no such entry",
                hint=f"`factorywager list --service {ref.service}` shows what there is",
                store=self.store.name,
                service=ref.service,
                name=ref.name,
            )
        return value

    def safe_get(self, ref: Ref) -> Flow[Secret | None]:
        """As `get`, with a store's failure turned into ``None`` and one warning."""
        try:
            return (yield from self.get(ref))
        except StoreError as error:
            warnings.warn(f"failed to retrieve {ref}: {error}", UnreadableWarning, stacklevel=2)
            return None

    def get_or_create(self, ref: Ref, make: Callable[[], Secret]) -> Flow[Secret]:
        """The entry's value; made and stored first where there is none.

        Where the store can create atomically (the vault, memory) every process gets the same value.  Elsewhere
        what is returned is what the store holds after writing, so that two makers agree unless they overlap
        within that moment.
        """
        return self._run("get_or_create", partial(_get_or_create, make=make, strict=self.strict), ref)

    # --- several ------------------------------------------------------------------------------

    def list(self, service: str | None = None) -> Flow[list[Info]]:
        return self._run("list", partial(_list, service=service), service=service)

    def get_many(self, service: str, names: Sequence[str] | None = None) -> Flow[dict[str, Secret]]:
        body = partial(_get_many, service=service, names=names, cache=self.cache)
        return self._run("get_many", body, service=service)

    def set_many(self, service: str, values: Mapping[str, Secret], options: Options = PLAIN) -> Flow[None]:
        """Store several: as one change where the store can, else each for itself.

        When some fail, the first one's error is raised, and its ``stored`` names those that are stored all the same.
        """
        body = partial(_set_many, service=service, values=values, options=options, strict=self.strict)
        return self._run("set_many", body, service=service)

    def create_many(self, service: str, values: Mapping[str, Secret]) -> Flow[Sequence[str]]:
        """Store those that are absent, as one change; gives the names of those that were there, and are as they were.

        Raises:
            ArgumentValueError: the store is not `CreatesMany`.
        """
        body = partial(_create_many, service=service, values=values, strict=self.strict)
        return self._run("create_many", body, service=service)

    def watch(self, service: str | None) -> Flow[Watch]:
        return self._run("watch", partial(_watch, service=service), service=service)

    # --- other writers' -----------------------------------------------------------------------

    def list_foreign(self, service: str | None = None) -> Flow[Sequence[Foreign]]:
        """What other keepers of secrets wrote into this store; nothing where it does not know their forms."""
        return self._run("list_foreign", partial(_list_foreign, service=service), service=service)

    def get_foreign(self, entry: Foreign) -> Flow[Secret | None]:
        return self._run("get_foreign", partial(_get_foreign, entry=entry), entry.ref)

    def delete_foreign(self, entry: Foreign) -> Flow[bool]:
        return self._run("delete_foreign", partial(_delete_foreign, entry=entry), entry.ref)

    # --- within -------------------------------------------------------------------------------

    def _run(
        self, operation: str, body: Callable[..., Flow[T]], ref: Ref | None = None, service: str | None = None
    ) -> Flow[T]:
        """Run ``body(store, terms[, ref])``, name store and entry in its errors, and tell the observers."""
        began = time.perf_counter()
        service, name = (service, None) if ref is None else ref
        outcome = "canceled"
        try:
            terms = self.terms()
            store = yield from self.serving(terms)
            if self.cache is not None and operation in _WRITES:
                self.cache.clear()
            result = yield from body(store, terms) if ref is None else body(store, terms, ref)
            outcome = "missing" if (result is None and operation in _READS) or result is False else "ok"
            return result
        except FactoryWagerError as error:
            outcome = error.code
            if isinstance(error, StoreError):
                error.store = error.store or self.store.name
                if error.service is None:
                    error.service, error.name = service, name
            raise
        finally:
            if self.cache is not None and operation in _WRITES:
                self.cache.clear()  # whatever came of it
            if self.observers:
                event = Event(operation, self.store.name, service, name, outcome, time.perf_counter() - began)
                for observer in self.observers:
                    observer(event)


def _get(store: Store, terms: Terms, ref: Ref, *, cache: Cache | None) -> Flow[Secret | None]:
    moment = None if cache is None else (yield from cache.begin(store, terms))
    value = yield from store.get(ref, terms)
    if value is not None:
        _warn_if_expired(ref, value)
        if cache is not None and moment is not None:
            cache.keep(ref, value, moment)
    return value


def _delete(store: Store, terms: Terms, ref: Ref) -> Flow[bool]:
    return store.delete(ref, terms)


def _exists(store: Store, terms: Terms, ref: Ref) -> Flow[bool]:
    if isinstance(store, ability.Probes):
        return (yield from store.exists(ref, terms))
    value = yield from store.get(ref, terms)
    if value is not None:
        value.wipe()
    return value is not None


def _set(store: Store, terms: Terms, ref: Ref, *, value: Secret, options: Options, strict: bool) -> Flow[None]:
    try:
        _can_keep(store, options)
        if value.empty:
            # Bun: setting an empty value deletes, and is no error when there was nothing
            yield from store.delete(ref, terms)
        else:
            _advise(ref, value, strict)
            yield from store.set(ref, value, terms, options)
    finally:
        value.wipe()


def _get_or_create(store: Store, terms: Terms, ref: Ref, *, make: Callable[[], Secret], strict: bool) -> Flow[Secret]:
    found = yield from store.get(ref, terms)
    if found is not None:
        return found
    value = make()
    try:
        if value.empty:
            raise ArgumentValueError("Expected 'make' to give a value that is not empty")
        _advise(ref, value, strict)
        if isinstance(store, ability.Creates):
            yield from store.create(ref, value, terms, PLAIN)
        else:
            yield from store.set(ref, value, terms, PLAIN)
    finally:
        value.wipe()
    stored = yield from store.get(ref, terms)
    if stored is None:
        raise PlatformError("the entry vanished while it was being created", hint="another program deletes it")
    return stored


def _list(store: Store, terms: Terms, *, service: str | None) -> Flow[list[Info]]:
    if not isinstance(store, ability.Lists):
        raise ArgumentValueError(f"the {store.name} store cannot list its entries")
    return (yield from store.list(service, terms))


def _get_many(
    store: Store, terms: Terms, *, service: str, names: Sequence[str] | None, cache: Cache | None
) -> Flow[dict[str, Secret]]:
    moment = None if cache is None else (yield from cache.begin(store, terms))
    found = yield from _read_many(store, terms, service, names)
    for name, value in found.items():
        _warn_if_expired(Ref(service, name), value)
        if cache is not None and moment is not None:
            cache.keep(Ref(service, name), value, moment)
    return found


def _read_many(store: Store, terms: Terms, service: str, names: Sequence[str] | None) -> Flow[dict[str, Secret]]:
    if isinstance(store, ability.ReadsMany):
        return (yield from store.get_many(service, names, terms))
    if names is None:
        names = [info.name for info in (yield from _list(store, terms, service=service))]
    found: dict[str, Secret] = {}
    for name in names:
        value = yield from store.get(Ref(service, name), terms)
        if value is not None:
            found[name] = value
    return found


def _set_many(
    store: Store, terms: Terms, *, service: str, values: Mapping[str, Secret], options: Options, strict: bool
) -> Flow[None]:
    try:
        _can_keep(store, options)
        full = {name: value for name, value in values.items() if not value.empty}
        for name, value in full.items():
            _advise(Ref(service, name), value, strict)
        if isinstance(store, ability.WritesMany):
            yield from store.set_many(service, full, terms, options)
        else:
            _raise_first(service, (yield from _set_each(store, terms, service, full, options)))
        for name in values.keys() - full.keys():
            yield from store.delete(Ref(service, name), terms)
    finally:
        for value in values.values():
            value.wipe()


def _create_many(
    store: Store, terms: Terms, *, service: str, values: Mapping[str, Secret], strict: bool
) -> Flow[Sequence[str]]:
    try:
        if not isinstance(store, ability.CreatesMany):
            raise ArgumentValueError(f"the {store.name} store cannot create several entries as one change")
        for name, value in values.items():
            _advise(Ref(service, name), value, strict)
        return (yield from store.create_many(service, values, terms, PLAIN))
    finally:
        for value in values.values():
            value.wipe()


def _set_each(
    store: Store, terms: Terms, service: str, values: Mapping[str, Secret], options: Options
) -> Flow[dict[str, StoreError | None]]:
    if isinstance(store, ability.WritesEach):
        return (yield from store.set_each(service, values, terms, options))
    outcomes: dict[str, StoreError | None] = {}
    for name, value in values.items():
        try:
            yield from store.set(Ref(service, name), value, terms, options)
            outcomes[name] = None
        except StoreError as error:
            outcomes[name] = error
            break
    return outcomes


def _raise_first(service: str, outcomes: Mapping[str, StoreError | None]) -> None:
    """Raise the first failure, which tells what was stored all the same."""
    for name, error in outcomes.items():
        if error is not None:
            error.service, error.name = service, name
            error.stored = tuple(stored for stored, failure in outcomes.items() if failure is None)
            if error.stored:
                error.message += f"; stored were: {', '.join(error.stored)}"
            raise error


def _watch(store: Store, terms: Terms, *, service: str | None) -> Flow[Watch]:
    if not isinstance(store, ability.Watches):
        raise ArgumentValueError(f"the {store.name} store cannot tell of changes")
    return (yield from store.watch(service, terms))


def _list_foreign(store: Store, terms: Terms, *, service: str | None) -> Flow[Sequence[Foreign]]:
    return (yield from store.list_foreign(service, terms)) if isinstance(store, ability.KnowsWriters) else []


def _get_foreign(store: Store, terms: Terms, ref: Ref, *, entry: Foreign) -> Flow[Secret | None]:
    return (yield from _keeper(store).get_foreign(entry, terms))


def _delete_foreign(store: Store, terms: Terms, ref: Ref, *, entry: Foreign) -> Flow[bool]:
    return (yield from _keeper(store).delete_foreign(entry, terms))


def _keeper(store: Store) -> ability.KnowsWriters:
    if not isinstance(store, ability.KnowsWriters):
        raise ArgumentValueError(f"the {store.name} store has no entries of other programs")
    return store


def _can_keep(store: Store, options: Options) -> None:
    if options.expires is not None and not isinstance(store, ability.KeepsExpiry):
        raise ArgumentValueError(f"the {store.name} store keeps no expiry dates", hint="use the vault: --store vault")


def _advise(ref: Ref, value: Secret, strict: bool) -> None:
    from .practices import advice

    for sentence in advice(ref, value):
        if strict:
            raise ArgumentValueError(sentence, hint="strict mode is on: nothing was stored")
        warnings.warn(sentence, BestPracticeWarning, stacklevel=2)


def _warn_if_expired(ref: Ref, value: Secret) -> None:
    if value.expires is None:
        return
    from datetime import UTC, datetime

    if value.expires <= datetime.now(UTC):
        warnings.warn(
            f"{ref} expired on {value.expires:%Y-%m-%d %H:%M} UTC: renew it with `factorywager set`",
            ExpiredWarning,
            stacklevel=2,
        )
