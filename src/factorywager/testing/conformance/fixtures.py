"""What every conformance test is given, and how tests adapt to what a store can do."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator
from functools import partial, wraps
from typing import Any, TypeVar

import pytest

from factorywager.errors import ArgumentValueError, ConflictError, TooLongError
from factorywager.stores.store import Limited, Lists, Store, Watches

from ..caller import FACADES, Caller, callers

T = TypeVar("T", bound=Callable[..., None])

_numbers = itertools.count()


class Fixtures:
    """Base of the suites; ``store`` is the subclass's."""

    @pytest.fixture(params=FACADES)
    def facade(self, request: pytest.FixtureRequest) -> str:
        """``blocking`` or ``asyncio``."""
        return str(request.param)

    @pytest.fixture
    def open_secrets(self, facade: str) -> Iterator[Callable[..., Caller]]:
        """Makes facade objects of the facade under test."""
        with callers(facade) as start:
            yield start

    @pytest.fixture
    def interactive(self) -> bool:
        """Nobody may be asked; a subclass may say otherwise for a store that deletes only where somebody may be."""
        return False

    @pytest.fixture
    def unkeepable_names(self) -> frozenset[str]:
        """Of `ODD_TEXTS`, those that the store refuses as a service or a name, by a `PlatformError`; none, unless a
        subclass has some."""
        return frozenset()

    @pytest.fixture
    def secrets(self, store: Store, interactive: bool, open_secrets: Callable[..., Caller]) -> Caller:
        """The facade under test, on the store under test."""
        return open_secrets(store, interactive=interactive)

    @pytest.fixture
    def service(self) -> str:
        """A service that no other test uses."""
        return f"com.example.conformance{next(_numbers)}"


def needs(ability: type) -> Callable[[T], T]:
    """For a test of an ability: on a store without it, the test is that the facade refuses, and says why."""

    def decorate(test: T) -> T:
        @wraps(test)
        def adapted(self: Fixtures, **given: Any) -> None:
            if isinstance(given["store"], ability):
                test(self, **given)
                return
            with pytest.raises(ArgumentValueError, match=f"the {given['store'].name} store cannot"):
                _ASKED[ability](given["secrets"], given["service"])

        return adapted  # type: ignore[return-value]

    return decorate


def assert_names(secrets: Caller, store: Store, service: str, names: Collection[str]) -> None:
    """The service has exactly these names; of a store that cannot list, that it has them."""
    if isinstance(store, Lists):
        assert [info.name for info in secrets.list(service)] == sorted(names)
    else:
        assert all(secrets.exists(service, name) for name in names)


def shares_places(store: Store) -> bool:
    return isinstance(store, Limited) and store.shares_places


def assert_refused(secrets: Caller, service: str, name: str) -> None:
    """Another entry is in this one's place: every verb says so, and changes nothing."""
    for verb in (secrets.get, secrets.delete, secrets.exists, partial(secrets.set, value="two")):
        with pytest.raises(ConflictError) as caught:
            verb(service, name)
        assert caught.value.hint


def assert_too_long(secrets: Caller, service: str, text: str) -> None:
    """Such a value is refused by name, and an earlier one stays."""
    secrets.set(service, "odd", "before")
    with pytest.raises(TooLongError) as caught:
        secrets.set(service, "odd", text)
    assert caught.value.hint
    assert secrets.get(service, "odd") == "before"


def _first_change(secrets: Caller, service: str) -> object:
    if secrets.loop is None:
        return next(iter(secrets.wrapped.watch(service)))
    return secrets.settle(anext(secrets.wrapped.watch(service)))


# How each ability is asked for, where a store lacks it.
_ASKED: dict[type, Callable[[Caller, str], object]] = {
    Lists: lambda secrets, service: secrets.list(service),
    Watches: _first_change,
}
