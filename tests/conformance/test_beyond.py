"""What this library adds to Bun's three verbs, on every store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from factorywager import Change, Event, Info
from factorywager.errors import (
    ArgumentTypeError,
    ArgumentValueError,
    ExpiredWarning,
    NotFoundError,
    SecretReleasedError,
)
from factorywager.stores.store import KeepsExpiry, Store
from harness.caller import Caller, close_caller, make_caller
from harness.process import eventually


def test_list_tells_everything_but_the_value(secrets: Caller, service: str, store: Store) -> None:
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
        assert before <= info.created <= info.modified <= datetime.now(UTC) + timedelta(seconds=2)
        assert info.modified.tzinfo is not None
    assert "value-of" not in repr(listed)


def test_list_without_a_service_lists_them_all(secrets: Caller, service: str) -> None:
    secrets.set(service, "a", "1")
    secrets.set(f"{service}.other", "b", "2")
    found = {(info.service, info.name) for info in secrets.list()}
    assert {(service, "a"), (f"{service}.other", "b")} <= found
    assert [info.service for info in secrets.list(service)] == [service]


def test_replacing_keeps_created(secrets: Caller, service: str) -> None:
    secrets.set(service, "a", "1")
    (first,) = secrets.list(service)
    secrets.set(service, "a", "2")
    (second,) = secrets.list(service)
    assert second.created == first.created
    assert second.modified >= first.modified


def test_get_many(secrets: Caller, service: str) -> None:
    values = {f"name{number}": f"value {number}" for number in range(20)}
    secrets.set_many(service, values)
    secrets.set(f"{service}.other", "name0", "not this one")
    assert secrets.get_many(service) == values
    assert secrets.get_many(service, ["name3", "absent", "name5", "name3"]) == {
        "name3": "value 3",
        "name5": "value 5",
    }
    assert secrets.get_many(service, []) == {}
    assert secrets.get_many(f"{service}.nobody") == {}


def test_set_many_replaces_adds_and_deletes_empty_ones(secrets: Caller, service: str) -> None:
    secrets.set_many(service, {"a": "1", "b": "2"})
    secrets.set_many(service, {"a": "", "b": "22", "c": "3", "absent": ""})
    assert secrets.get_many(service) == {"b": "22", "c": "3"}


def test_set_many_checks_everything_before_it_stores_anything(secrets: Caller, service: str) -> None:
    with pytest.raises(ArgumentTypeError):
        secrets.set_many(service, {"a": "1", "b": 2})
    with pytest.raises(ArgumentValueError):
        secrets.set_many(service, {"a": "1", "b": "nul\0"})
    assert secrets.list(service) == []


def test_get_or_create_makes_a_value_once(secrets: Caller, service: str) -> None:
    made: list[str] = []

    def make() -> str:
        made.append("made")
        return "fresh"

    assert secrets.get_or_create(service, "key", make) == "fresh"
    assert secrets.get_or_create(service, "key", make) == "fresh"
    assert made == ["made"]
    assert secrets.get(service, "key") == "fresh"


def test_get_or_create_refuses_an_empty_value(secrets: Caller, service: str) -> None:
    with pytest.raises(ArgumentValueError):
        secrets.get_or_create(service, "key", lambda: "")
    assert secrets.exists(service, "key") is False


def test_get_or_create_leaves_nothing_behind_when_make_fails(secrets: Caller, service: str) -> None:
    def make() -> str:
        raise RuntimeError("no entropy today")

    with pytest.raises(RuntimeError, match="no entropy today"):
        secrets.get_or_create(service, "key", make)
    assert secrets.exists(service, "key") is False


def test_safe_get_of_what_is_there_and_what_is_not(secrets: Caller, service: str) -> None:
    secrets.set(service, "token", "one")
    assert secrets.safe_get(service, "token") == "one"
    assert secrets.safe_get(service, "absent") is None


def test_a_lease_ends_with_its_block(secrets: Caller, service: str) -> None:
    secrets.set(service, "token", "one")
    with secrets.lease(service, "token") as view:
        assert view.readonly
        assert bytes(view) == b"one"
        with pytest.raises(TypeError):
            view[0] = 0
    with pytest.raises(ValueError, match="released"):
        bytes(view)
    assert secrets.get(service, "token") == "one"


def test_a_lease_ends_when_its_block_fails(secrets: Caller, service: str) -> None:
    secrets.set(service, "token", "one")
    with pytest.raises(RuntimeError, match="inside"), secrets.lease(service, "token") as view:
        raise RuntimeError("inside")
    with pytest.raises(ValueError, match="released"):
        bytes(view)


def test_a_slice_kept_of_a_lease_is_zero_afterwards(secrets: Caller, service: str) -> None:
    secrets.set(service, "token", "one")
    with secrets.lease(service, "token") as view:
        kept = view[0:2]
    assert bytes(kept) == b"\0\0"


def test_a_lease_of_nothing_is_an_error(secrets: Caller, service: str, store: Store) -> None:
    with pytest.raises(NotFoundError) as caught, secrets.lease(service, "absent"):
        pass
    assert (caught.value.store, caught.value.service, caught.value.name) == (store.name, service, "absent")
    assert caught.value.hint


def test_a_facade_with_a_service_of_its_own(store: Store, facade: str, service: str, secrets: Caller) -> None:
    bound = make_caller(facade, "Secrets", store, service=service, interactive=False)
    bound.set("token", "one")
    assert bound.get("token") == "one"
    assert bound.get({"name": "token"}) == "one"
    assert bound.get(name="token") == "one"
    assert bound.exists("token") is True
    bound.set(f"{service}.other", "token", "two")
    assert [info.service for info in bound.list()] == [service]
    assert bound.get_many() == {"token": "one"}
    with bound.lease("token") as view:
        assert bytes(view) == b"one"
    assert bound.delete("token") is True
    assert secrets.get(f"{service}.other", "token") == "two"
    close_caller(bound)


# --- dates --------------------------------------------------------------------------------------------


def test_expiry_is_kept_or_refused(secrets: Caller, service: str, store: Store) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    if not isinstance(store, KeepsExpiry):
        with pytest.raises(ArgumentValueError):
            secrets.set(service, "token", "one", expires=later)
        assert secrets.exists(service, "token") is False
        return
    secrets.set(service, "token", "one", expires=later)
    (info,) = secrets.list(service)
    assert abs(info.expires - later) < timedelta(seconds=1)
    secrets.set(service, "token", "two")
    (info,) = secrets.list(service)
    assert info.expires is None


def test_an_expired_entry_is_read_with_a_warning(secrets: Caller, service: str, store: Store) -> None:
    if not isinstance(store, KeepsExpiry):
        return  # the test above shows that such a store takes no date
    secrets.set(service, "token", "one", expires=datetime.now(UTC) - timedelta(days=1))
    with pytest.warns(ExpiredWarning, match=f"{service}/token") as caught:
        assert secrets.get(service, "token") == "one"
    assert len(caught) == 1
    assert "one" not in str(caught[0].message).split()


def test_a_date_without_a_zone_is_refused(secrets: Caller, service: str) -> None:
    with pytest.raises(ArgumentValueError):
        secrets.set(service, "token", "one", expires=datetime(2099, 1, 1))
    assert secrets.exists(service, "token") is False


# --- observers ----------------------------------------------------------------------------------------


def test_observers_see_every_operation_and_no_value(store: Store, facade: str, service: str) -> None:
    events: list[Event] = []
    secrets = make_caller(facade, "Secrets", store, interactive=False, observers=[events.append])
    value = "observed-value"
    secrets.set(service, "token", value)
    secrets.get(service, "token")
    secrets.get(service, "absent")
    secrets.exists(service, "token")
    secrets.list(service)
    secrets.get_many(service)
    secrets.set_many(service, {"other": value})
    secrets.get_or_create(service, "token", lambda: value)
    secrets.delete(service, "token")
    secrets.delete(service, "token")
    secrets.delete(service, "other")
    with pytest.raises(NotFoundError), secrets.lease(service, "absent"):
        pass
    close_caller(secrets)
    assert [(event.operation, event.name, event.outcome) for event in events] == [
        ("set", "token", "ok"),
        ("get", "token", "ok"),
        ("get", "absent", "missing"),
        ("exists", "token", "ok"),
        ("list", None, "ok"),
        ("get_many", None, "ok"),
        ("set_many", None, "ok"),
        ("get_or_create", "token", "ok"),
        ("delete", "token", "ok"),
        ("delete", "token", "missing"),
        ("delete", "other", "ok"),
        ("get", "absent", "missing"),
    ]
    assert {(event.store, event.service) for event in events} == {(store.name, service)}
    assert all(0 <= event.seconds < 60 for event in events)
    assert value not in repr(events)


# --- watch --------------------------------------------------------------------------------------------


def test_watch_tells_of_what_others_change(secrets: Caller, service: str, store: Store) -> None:
    seen: list[Change] = []
    with _watching(secrets, service, seen) as ready:
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


class _watching:
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


# --- the guide's two classes --------------------------------------------------------------------------


def test_the_manager_keeps_to_its_service(secrets: Caller, facade: str, service: str) -> None:
    manager = make_caller(facade, "SecretsManager", secrets.wrapped, service=service)
    manager.store_securely("token", "one")
    assert manager.retrieve_securely("token") == "one"
    assert manager.safe_get("token") == "one"
    assert manager.retrieve_securely("absent") is None
    assert manager.safe_get("absent") is None
    assert secrets.get(service, "token") == "one"
    manager.store_securely("token", "")
    assert manager.retrieve_securely("token") is None
    with pytest.raises(ArgumentTypeError):
        manager.store_securely("token", None)
    with pytest.raises(ArgumentTypeError):
        manager.retrieve_securely("")


def test_the_configuration_looks_in_the_store_then_in_the_environment(
    secrets: Caller, facade: str, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_caller(facade, "HybridConfig", secrets.wrapped, service=service)
    monkeypatch.delenv("TIER_API_TOKEN", raising=False)
    with pytest.raises(NotFoundError, match="TIER_API_TOKEN") as caught:
        config.get_api_token()
    assert f"{service}/tier-api-token" in str(caught.value)
    monkeypatch.setenv("TIER_API_TOKEN", "from the environment")
    assert config.get_api_token() == "from the environment"
    secrets.set(service, "tier-api-token", "from the store")
    assert config.get_api_token() == "from the store"
    monkeypatch.setenv("DATABASE_HOST", "db.example")
    monkeypatch.setenv("MY_OWN", "mine")
    assert config.resolve("db-host") == "db.example"
    assert config.resolve("something", env="MY_OWN") == "mine"
    assert config.resolve("my-own") == "mine"


def test_a_released_secret_says_so(secrets: Caller, service: str, store: Store) -> None:
    from factorywager.flow import blocking
    from factorywager.model import Ref

    secrets.set(service, "token", "one")
    value = blocking.run(secrets.operations.get(Ref(service, "token")))
    value.wipe()
    with pytest.raises(SecretReleasedError):
        value.reveal()
