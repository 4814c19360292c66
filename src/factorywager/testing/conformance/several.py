"""list, get_many, set_many, on every store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from factorywager import Info
from factorywager.errors import ArgumentTypeError, ArgumentValueError
from factorywager.stores.store import Lists, Store

from ..caller import Caller
from .fixtures import Fixtures, assert_names, needs


class SeveralConformance(Fixtures):
    """Several entries at once."""

    @needs(Lists)
    def test_list_tells_everything_but_the_value(self, secrets: Caller, service: str, store: Store) -> None:
        before = datetime.now(UTC) - timedelta(seconds=2)  # GNOME Keyring keeps whole seconds
        secrets.set(service, "b", "value-of-b")
        secrets.set(service, "a", "value-of-a")
        listed = secrets.list(service)
        assert [(info.service, info.name, info.store) for info in listed] == [
            (service, "a", store.name),
            (service, "b", store.name),
        ]
        for info in listed:
            assert isinstance(info, Info)
            _assert_dates(info, before)
        assert "value-of" not in repr(listed)

    @needs(Lists)
    def test_list_without_a_service_lists_them_all(self, secrets: Caller, service: str, store: Store) -> None:
        secrets.set(service, "a", "1")
        secrets.set(f"{service}.other", "b", "2")
        found = {(info.service, info.name) for info in secrets.list()}
        assert {(service, "a"), (f"{service}.other", "b")} <= found
        assert [info.service for info in secrets.list(service)] == [service]

    @needs(Lists)
    def test_replacing_keeps_created(self, secrets: Caller, service: str, store: Store) -> None:
        secrets.set(service, "a", "1")
        (first,) = secrets.list(service)
        secrets.set(service, "a", "2")
        (second,) = secrets.list(service)
        assert second.created == first.created
        assert first.modified is None or second.modified >= first.modified

    def test_get_many_of_names(self, secrets: Caller, service: str) -> None:
        values = {f"name{number}": f"value {number}" for number in range(20)}
        secrets.set_many(service, values)
        secrets.set(f"{service}.other", "name0", "not this one")
        assert secrets.get_many(service, ["name3", "absent", "name5", "name3"]) == {
            "name3": "value 3",
            "name5": "value 5",
        }
        assert secrets.get_many(service, []) == {}
        assert secrets.get_many(f"{service}.nobody", ["name0"]) == {}

    @needs(Lists)
    def test_get_many_of_a_whole_service(self, secrets: Caller, service: str, store: Store) -> None:
        values = {f"name{number}": f"value {number}" for number in range(20)}
        secrets.set_many(service, values)
        secrets.set(f"{service}.other", "name0", "not this one")
        assert secrets.get_many(service) == values
        assert secrets.get_many(f"{service}.nobody") == {}

    def test_set_many_replaces_adds_and_deletes_empty_ones(self, secrets: Caller, service: str, store: Store) -> None:
        secrets.set_many(service, {"a": "1", "b": "2"})
        secrets.set_many(service, {"a": "", "b": "22", "c": "3", "absent": ""})
        assert secrets.get_many(service, ["a", "b", "c", "absent"]) == {"b": "22", "c": "3"}
        assert_names(secrets, store, service, ["b", "c"])

    def test_set_many_checks_everything_before_it_stores_anything(
        self, secrets: Caller, service: str, store: Store
    ) -> None:
        with pytest.raises(ArgumentTypeError):
            secrets.set_many(service, {"a": "1", "b": 2})
        with pytest.raises(ArgumentValueError):
            secrets.set_many(service, {"a": "1", "b": "nul\0"})
        assert secrets.get_many(service, ["a", "b"]) == {}
        assert_names(secrets, store, service, [])


def _assert_dates(info: Info, before: datetime) -> None:
    """Both dates, each with its zone; fewer where the platform keeps only the last (Windows) or none (KWallet)."""
    if info.modified is None:
        assert info.created is None
        return
    assert before <= (info.created or before) <= info.modified <= datetime.now(UTC) + timedelta(seconds=2)
    assert info.modified.tzinfo is not None
