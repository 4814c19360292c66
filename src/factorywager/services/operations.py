"""`Operations`: everything that can be done with a store, as flows; the one body below both facades.

Adds to a bare store what no store should have to write again: the deadline, the observer seam, best practices,
and a way for every verb on stores that lack the ability for it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ..errors import (
    ArgumentValueError,
    BestPracticeWarning,
    ExpiredWarning,
    NotFoundError,
    PlatformError,
    StoreError,
    UnreadableWarning,
)
from ..flow import Deadline, Flow
from ..model import Info, Ref, Secret
from ..stores import store as ability
from ..stores.store import Options, Store, Terms, Watch
from .observer import Observer, observed

if TYPE_CHECKING:
    from datetime import datetime

T = TypeVar("T")

PLAIN = Options()

Infos: TypeAlias = list[Info]  # inside the class, `list` is a verb


class Operations:
    """What can be done with one store, under one set of conditions.

    Args:
        store: where the entries are.
        timeout: seconds that each operation may take, all its steps together; ``None`` for ever.
        interactive: whether prompts may be shown.
        strict: whether a breach of best practices is an error instead of a warning.
        observers: told of every operation, never of a value.
    """

    def __init__(
        self,
        store: Store,
        *,
        timeout: float | None = 30.0,
        interactive: bool = False,
        strict: bool = False,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.store = store
        self.timeout = timeout
        self.interactive = interactive
        self.strict = strict
        self.observers = observers

    def terms(self) -> Terms:
        """The conditions of an operation that begins now."""
        return Terms(Deadline(self.timeout), self.interactive)

    # --- one entry ----------------------------------------------------------------------------

    def get(self, ref: Ref) -> Flow[Secret | None]:
        return self._seen("get", self._get(ref, self.terms()), ref)

    def set(self, ref: Ref, value: Secret, options: Options = PLAIN) -> Flow[None]:
        """Store ``value``, which is wiped when this ends; an empty one deletes the entry."""
        return self._seen("set", self._set(ref, value, options, self.terms()), ref)

    def delete(self, ref: Ref) -> Flow[bool]:
        return self._seen("delete", self.store.delete(ref, self.terms()), ref)

    def exists(self, ref: Ref) -> Flow[bool]:
        return self._seen("exists", self._exists(ref, self.terms()), ref)

    def safe_get(self, ref: Ref) -> Flow[Secret | None]:
        """As `get`, with a store's failure turned into ``None`` and one warning."""
        try:
            return (yield from self.get(ref))
        except StoreError as error:
            warnings.warn(f"failed to retrieve {ref}: {error}", UnreadableWarning, stacklevel=2)
            return None

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

    def get_or_create(self, ref: Ref, make: Callable[[], str | Secret]) -> Flow[Secret]:
        """The entry's value; made and stored first where there is none.

        Where the store can create atomically (the vault, memory) every process gets the same value.  Elsewhere
        what is returned is what the store holds after writing, so that two makers agree unless they overlap
        within that moment.
        """
        return self._seen("get_or_create", self._get_or_create(ref, make, self.terms()), ref)

    # --- several ------------------------------------------------------------------------------

    def list(self, service: str | None = None) -> Flow[list[Info]]:
        return self._seen("list", self._list(service, self.terms()), None, service)

    def get_many(self, service: str, names: Sequence[str] | None = None) -> Flow[dict[str, Secret]]:
        return self._seen("get_many", self._get_many(service, names, self.terms()), None, service)

    def set_many(self, service: str, values: Mapping[str, Secret], options: Options = PLAIN) -> Flow[None]:
        """Store several; as one change where the store can, else one after the other until one fails."""
        return self._seen("set_many", self._set_many(service, values, options, self.terms()), None, service)

    def watch(self, service: str | None) -> Flow[Watch]:
        store = self.store
        if not isinstance(store, ability.Watches):
            raise ArgumentValueError(f"the {store.name} store cannot tell of changes")
        return store.watch(service, self.terms())

    # --- bodies -------------------------------------------------------------------------------

    def _seen(self, operation: str, flow: Flow[T], ref: Ref | None, service: str | None = None) -> Flow[T]:
        if not self.observers:
            return flow
        service, name = (service, None) if ref is None else ref
        return observed(flow, self.observers, self.store.name, operation, service, name)

    def _get(self, ref: Ref, terms: Terms) -> Flow[Secret | None]:
        value = yield from self.store.get(ref, terms)
        if value is not None and isinstance(self.store, ability.Expires):
            _warn_if_expired(ref, (yield from self.store.expiry(ref, terms)))
        return value

    def _set(self, ref: Ref, value: Secret, options: Options, terms: Terms) -> Flow[None]:
        try:
            if options.expires is not None and not isinstance(self.store, ability.Expires):
                raise ArgumentValueError(
                    f"the {self.store.name} store keeps no expiry dates", hint="use the vault: --store vault"
                )
            if value.empty:
                # Bun: setting an empty value deletes, and is no error when there was nothing
                yield from self.store.delete(ref, terms)
                return
            self._advise(ref, value)
            yield from self.store.set(ref, value, terms, options)
        finally:
            value.wipe()

    def _advise(self, ref: Ref, value: Secret) -> None:
        from .practices import advice

        for sentence in advice(ref, value):
            if self.strict:
                raise ArgumentValueError(sentence, hint="strict mode is on: nothing was stored")
            warnings.warn(sentence, BestPracticeWarning, stacklevel=2)

    def _exists(self, ref: Ref, terms: Terms) -> Flow[bool]:
        if isinstance(self.store, ability.Probes):
            return (yield from self.store.exists(ref, terms))
        value = yield from self.store.get(ref, terms)
        if value is not None:
            value.wipe()
        return value is not None

    def _get_or_create(self, ref: Ref, make: Callable[[], str | Secret], terms: Terms) -> Flow[Secret]:
        found = yield from self.store.get(ref, terms)
        if found is not None:
            return found
        made = make()
        value = made if isinstance(made, Secret) else Secret(made)
        if value.empty:
            raise ArgumentValueError("get_or_create was given an empty value to store")
        self._advise(ref, value)
        if isinstance(self.store, ability.Creates):
            yield from self.store.create(ref, value, terms, PLAIN)
        else:
            yield from self.store.set(ref, value, terms, PLAIN)
        value.wipe()
        stored = yield from self.store.get(ref, terms)
        if stored is None:
            raise PlatformError(
                "the entry vanished while it was being created",
                hint="another program deletes it; try again",
                store=self.store.name,
                service=ref.service,
                name=ref.name,
            )
        return stored

    def _list(self, service: str | None, terms: Terms) -> Flow[Infos]:
        if not isinstance(self.store, ability.Lists):
            raise ArgumentValueError(f"the {self.store.name} store cannot list its entries")
        return (yield from self.store.list(service, terms))

    def _get_many(self, service: str, names: Sequence[str] | None, terms: Terms) -> Flow[dict[str, Secret]]:
        if isinstance(self.store, ability.ReadsMany):
            return (yield from self.store.get_many(service, names, terms))
        wanted: Iterable[str] = names if names is not None else _names((yield from self._list(service, terms)))
        found: dict[str, Secret] = {}
        for name in wanted:
            value = yield from self.store.get(Ref(service, name), terms)
            if value is not None:
                found[name] = value
        return found

    def _set_many(self, service: str, values: Mapping[str, Secret], options: Options, terms: Terms) -> Flow[None]:
        try:
            for name, value in values.items():
                if not value.empty:
                    self._advise(Ref(service, name), value)
            full = {name: value for name, value in values.items() if not value.empty}
            if isinstance(self.store, ability.WritesMany):
                yield from self.store.set_many(service, full, terms, options)
            else:
                for name, value in full.items():
                    yield from self.store.set(Ref(service, name), value, terms, options)
            for name in values.keys() - full.keys():
                yield from self.store.delete(Ref(service, name), terms)
        finally:
            for value in values.values():
                value.wipe()


def _names(infos: Iterable[Info]) -> list[str]:
    return [info.name for info in infos]


def _warn_if_expired(ref: Ref, expires: datetime | None) -> None:
    if expires is None:
        return
    from datetime import UTC, datetime

    if expires <= datetime.now(UTC):
        warnings.warn(
            f"{ref} expired on {expires:%Y-%m-%d %H:%M} UTC: renew it with `factorywager set`",
            ExpiredWarning,
            stacklevel=2,
        )
