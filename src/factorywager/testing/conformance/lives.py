"""What this library adds around an entry: leases, dates, observers, the guide's two classes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from factorywager import Event, Ref
from factorywager.errors import (
    ArgumentTypeError,
    ArgumentValueError,
    ExpiredWarning,
    NotFoundError,
    SecretReleasedError,
)
from factorywager.flow import blocking
from factorywager.stores.store import KeepsExpiry, Lists, Store

from ..caller import Caller, close_caller, make_caller
from .fixtures import Fixtures


class LifeConformance(Fixtures):
    """An entry's life between set and delete."""

    def test_get_or_create_makes_a_value_once(self, secrets: Caller, service: str) -> None:
        made: list[str] = []

        def make() -> str:
            made.append("made")
            return "fresh"

        assert secrets.get_or_create(service, "key", make) == "fresh"
        assert secrets.get_or_create(service, "key", make) == "fresh"
        assert made == ["made"]
        assert secrets.get(service, "key") == "fresh"

    def test_get_or_create_refuses_an_empty_value(self, secrets: Caller, service: str) -> None:
        with pytest.raises(ArgumentValueError):
            secrets.get_or_create(service, "key", lambda: "")
        assert secrets.exists(service, "key") is False

    def test_get_or_create_leaves_nothing_behind_when_make_fails(self, secrets: Caller, service: str) -> None:
        def make() -> str:
            raise RuntimeError("no entropy today")

        with pytest.raises(RuntimeError, match="no entropy today"):
            secrets.get_or_create(service, "key", make)
        assert secrets.exists(service, "key") is False

    def test_safe_get_of_what_is_there_and_what_is_not(self, secrets: Caller, service: str) -> None:
        secrets.set(service, "token", "one")
        assert secrets.safe_get(service, "token") == "one"
        assert secrets.safe_get(service, "absent") is None

    def test_a_lease_ends_with_its_block(self, secrets: Caller, service: str) -> None:
        secrets.set(service, "token", "one")
        with secrets.lease(service, "token") as view:
            assert view.readonly
            assert bytes(view) == b"one"
            with pytest.raises(TypeError):
                view[0] = 0
        with pytest.raises(ValueError, match="released"):
            bytes(view)
        assert secrets.get(service, "token") == "one"

    def test_a_lease_ends_when_its_block_fails(self, secrets: Caller, service: str) -> None:
        secrets.set(service, "token", "one")
        with pytest.raises(RuntimeError, match="inside"), secrets.lease(service, "token") as view:
            raise RuntimeError("inside")
        with pytest.raises(ValueError, match="released"):
            bytes(view)

    def test_a_slice_kept_of_a_lease_is_zero_afterwards(self, secrets: Caller, service: str) -> None:
        secrets.set(service, "token", "one")
        with secrets.lease(service, "token") as view:
            kept = view[0:2]
        assert bytes(kept) == b"\0\0"

    def test_a_lease_of_nothing_is_an_error(self, secrets: Caller, service: str, store: Store) -> None:
        with pytest.raises(NotFoundError) as caught, secrets.lease(service, "absent"):
            pass
        assert (caught.value.store, caught.value.service, caught.value.name) == (store.name, service, "absent")
        assert caught.value.hint

    def test_a_facade_with_a_service_of_its_own(
        self, store: Store, facade: str, service: str, secrets: Caller, interactive: bool
    ) -> None:
        bound = make_caller(facade, "Secrets", store, service=service, interactive=interactive)
        bound.set("token", "one")
        assert bound.get("token") == "one"
        assert bound.get({"name": "token"}) == "one"
        assert bound.get(name="token") == "one"
        assert bound.exists("token") is True
        bound.set(f"{service}.other", "token", "two")
        if isinstance(store, Lists):
            assert [info.service for info in bound.list()] == [service]
            assert bound.get_many() == {"token": "one"}
        assert bound.get_many(service, ["token"]) == {"token": "one"}
        with bound.lease("token") as view:
            assert bytes(view) == b"one"
        assert bound.delete("token") is True
        assert secrets.get(f"{service}.other", "token") == "two"
        close_caller(bound)

    # --- dates --------------------------------------------------------------------------------------------

    def test_expiry_is_kept_or_refused(self, secrets: Caller, service: str, store: Store) -> None:
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

    def test_an_expired_entry_is_read_with_a_warning(self, secrets: Caller, service: str, store: Store) -> None:
        then = datetime.now(UTC) - timedelta(days=1)
        if not isinstance(store, KeepsExpiry):
            with pytest.raises(ArgumentValueError, match="keeps no expiry dates"):
                secrets.set(service, "token", "one", expires=then)
            return
        secrets.set(service, "token", "one", expires=then)
        with pytest.warns(ExpiredWarning, match=f"{service}/token") as caught:
            assert secrets.get(service, "token") == "one"
        assert len(caught) == 1
        assert "one" not in str(caught[0].message).split()

    def test_a_date_without_a_zone_is_refused(self, secrets: Caller, service: str) -> None:
        with pytest.raises(ArgumentValueError):
            secrets.set(service, "token", "one", expires=datetime(2099, 1, 1))
        assert secrets.exists(service, "token") is False

    # --- observers ----------------------------------------------------------------------------------------

    def test_observers_see_every_operation_and_no_value(
        self, store: Store, facade: str, service: str, interactive: bool
    ) -> None:
        events: list[Event] = []
        secrets = make_caller(facade, "Secrets", store, interactive=interactive, observers=[events.append])
        value = "observed-value"
        secrets.set(service, "token", value)
        secrets.get(service, "token")
        secrets.get(service, "absent")
        secrets.exists(service, "token")
        if isinstance(store, Lists):
            secrets.list(service)
        secrets.get_many(service, ["token"])
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
            *([("list", None, "ok")] if isinstance(store, Lists) else []),
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

    # --- the guide's two classes --------------------------------------------------------------------------

    def test_the_manager_keeps_to_its_service(self, secrets: Caller, facade: str, service: str) -> None:
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
        self, secrets: Caller, facade: str, service: str, monkeypatch: pytest.MonkeyPatch
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

    def test_a_released_secret_says_so(self, secrets: Caller, service: str) -> None:
        secrets.set(service, "token", "one")
        value = blocking.run(secrets.operations.get(Ref(service, "token")))
        value.wipe()
        with pytest.raises(SecretReleasedError):
            value.reveal()
