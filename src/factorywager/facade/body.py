"""`SecretsBody`: the verbs of `Secrets` and `AsyncSecrets`, declared once.

Each verb checks its arguments when it is called and returns a flow; the facade decides how the flow is driven.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import ArgumentTypeError, ArgumentValueError
from ..flow import Flow
from ..flow.verb import verb
from ..model import Info, Ref, Secret
from ..services.observer import Observer
from ..services.operations import Operations
from ..stores.auto import AutoStore
from ..stores.registry import open_store
from ..stores.store import Options, Store
from .arguments import MISSING, read_name, read_ref, read_set, read_value

if TYPE_CHECKING:
    from datetime import datetime

    from ..services.cache import Cache

Text = str | Secret
T = TypeVar("T")


def may_prompt(interactive: bool | None = None) -> bool:
    """Whether stores may show a prompt: the argument, else ``FACTORYWAGER_INTERACTIVE``, else whether a person
    seems to be there (a terminal, or a display)."""
    if interactive is not None:
        return interactive
    setting = os.environ.get("FACTORYWAGER_INTERACTIVE")
    if setting:
        return setting.lower() not in ("0", "no", "false", "off")
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return True
    return any(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


class SecretsBody:
    """Credentials in a store.

    Args:
        store: a store's name (``auto``, ``secret-service``, ``keychain``, ``credential-manager``, ``vault``,
            ``memory``; default ``FACTORYWAGER_STORE``, else ``auto``), or a store of your own.
        service: a service for every call that names none; then ``get("name")`` is enough.
        timeout: seconds each operation may take, all its steps together.
        interactive: whether stores may prompt; ``None`` finds out (see `may_prompt`).
        strict: raise where best practices are broken, instead of warning.
        observers: called with an `Event` after every operation that reaches the store.
        cache: seconds for which a value that was read is kept at hand, in secret memory; ``None`` keeps none.
            Every change to the store that it tells of ends that at once (see `Cache`).

    Every verb raises `ArgumentTypeError` or `ArgumentValueError` when it is called wrongly, at the call, and a
    `StoreError` when the store fails.
    """

    def __init__(
        self,
        store: str | Store | AutoStore | None = None,
        *,
        service: str | None = None,
        timeout: float | None = 30.0,
        interactive: bool | None = None,
        strict: bool = False,
        observers: Sequence[Observer] = (),
        cache: float | None = None,
    ) -> None:
        if timeout is not None and not timeout > 0:
            raise ArgumentValueError("Expected 'timeout' to be a number of seconds above zero")
        self._service = None if service is None else read_name(service)
        self._operations = Operations(
            open_store(store) if store is None or isinstance(store, str) else store,
            timeout=timeout,
            interactive=may_prompt(interactive),
            strict=strict,
            observers=observers,
            cache=self._cached(cache),
        )

    def _cached(self, seconds: float | None) -> Cache | None:
        """The cache for ``seconds``, with `get` looking into it first."""
        if seconds is None:
            return None
        if not seconds > 0:
            raise ArgumentValueError("Expected 'cache' to be a number of seconds above zero")
        from ..services.cache import Cache, shortcut, shortcut_many

        cache = Cache(seconds)
        # On the instance, so that a facade without a cache does not pay for the look.
        facade: Any = self
        facade.get = shortcut(facade.get, cache, self._service, MISSING, self._instantly)
        facade.get_many = shortcut_many(facade.get_many, cache, self._service, self._instantly)
        return cache

    def clear(self) -> None:
        """Wipe what the cache holds; nothing happens where there is none."""
        if self._operations.cache is not None:
            self._operations.cache.clear()

    def _close(self) -> None:
        if self._operations.cache is not None:
            self._operations.cache.close()
        self._operations.store.close()

    @staticmethod
    def _instantly(value: T) -> Any:
        """What a verb returns for a value that is at hand."""
        raise NotImplementedError

    @property
    def operations(self) -> Operations:
        """The flows below this facade, for services that compose them."""
        return self._operations

    def __repr__(self) -> str:
        return f"<{type(self).__name__} store={self._operations.store.name!r} service={self._service!r}>"

    # --- Bun's three --------------------------------------------------------------------------

    @verb
    def get(self, service: str | Mapping[str, object] = MISSING, name: str = MISSING) -> Flow[str | None]:
        """The value, or ``None`` when the store has no such entry.

        Call forms: ``get(service, name)``, ``get(service=…, name=…)``, ``get({"service": …, "name": …})``.
        """
        return revealed(self._operations.get(self._ref("get", service, name)))

    @verb
    def set(
        self,
        service: str | Mapping[str, object] = MISSING,
        name: str = MISSING,
        value: Text = MISSING,
        *,
        persist: str = MISSING,
        allow_unrestricted_access: bool = MISSING,
        expires: datetime | None = None,
    ) -> Flow[None]:
        """Store a value, replacing any earlier one; an empty value deletes the entry.

        Args:
            persist: ``enterprise`` (default) or ``local``; acts on Windows.
            allow_unrestricted_access: acts on macOS.
            expires: an aware time after which reading warns; only where the store keeps it (the vault).
        """
        call = read_set(service, name, value, persist, allow_unrestricted_access, self._service)
        if expires is not None and expires.tzinfo is None:
            call.value.wipe()
            raise ArgumentValueError("Expected 'expires' to have a time zone")
        return self._operations.set(call.ref, call.value, Options(call.persist, call.unrestricted, expires))

    @verb
    def delete(self, service: str | Mapping[str, object] = MISSING, name: str = MISSING) -> Flow[bool]:
        """Remove an entry: ``True`` when something was removed, ``False`` when there was nothing."""
        return self._operations.delete(self._ref("delete", service, name))

    # --- beyond Bun ---------------------------------------------------------------------------

    @verb
    def safe_get(self, service: str | Mapping[str, object] = MISSING, name: str = MISSING) -> Flow[str | None]:
        """As `get`, but a store that fails gives ``None`` and one `UnreadableWarning`."""
        return revealed(self._operations.safe_get(self._ref("get", service, name)))

    @verb
    def exists(self, service: str | Mapping[str, object] = MISSING, name: str = MISSING) -> Flow[bool]:
        """Whether there is such an entry; its value is not read where the store can tell without."""
        return self._operations.exists(self._ref("exists", service, name))

    @verb
    def get_or_create(self, service: str, name: str, make: Callable[[], Text]) -> Flow[str]:
        """The value; where there is none, ``make()`` is stored first.  See `Operations.get_or_create`."""
        ref = read_ref("get", service, name)
        if not callable(make):
            raise ArgumentTypeError("Expected 'make' to be a function that gives the value")
        return revealed_value(self._operations.get_or_create(ref, lambda: read_value(make())))

    @verb
    def list(self, service: str | None = None) -> Flow[list[Info]]:
        """Every entry of a service (the facade's own when none is named), or of all; never a value."""
        return self._operations.list(self._own_or_all(service))

    @verb
    def get_many(self, service: str | None = None, names: Iterable[str] | None = None) -> Flow[dict[str, str]]:
        """The values of several entries of a service, or of all of them; absent ones are left out."""
        wanted = None if names is None else [read_name(name) for name in names]
        return revealed_many(self._operations.get_many(self._own(service), wanted))

    @verb
    def set_many(self, service: str, values: Mapping[str, Text]) -> Flow[None]:
        """Store several entries of a service; see `Operations.set_many`.  Empty values delete."""
        owner = self._own(service)
        if not isinstance(values, Mapping):
            raise ArgumentTypeError("Expected 'values' to be a mapping of names to strings")
        read = {read_name(name): read_value(value) for name, value in values.items()}
        return self._operations.set_many(owner, read)

    # --- within ---------------------------------------------------------------------------------

    def _ref(self, verb: str, service: Any, name: Any) -> Ref:
        return read_ref(verb, service, name, self._service)

    def _own_or_all(self, service: str | None) -> str | None:
        return self._service if service is None else read_name(service)

    def _own(self, service: str | None) -> str:
        return read_name(self._service if service is None else service)


def reveal(secret: Secret) -> str:
    """The value as text, with the locked copy wiped."""
    try:
        return secret.reveal()
    finally:
        secret.wipe()


def revealed(flow: Flow[Secret | None]) -> Flow[str | None]:
    secret = yield from flow
    return None if secret is None else reveal(secret)


def revealed_value(flow: Flow[Secret]) -> Flow[str]:
    return reveal((yield from flow))


def revealed_many(flow: Flow[dict[str, Secret]]) -> Flow[dict[str, str]]:
    return {name: reveal(secret) for name, secret in (yield from flow).items()}
