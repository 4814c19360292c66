"""get, set, delete: the contract of ``Bun.secrets``, rule by rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from factorywager import Secret
from factorywager.errors import PlatformError
from factorywager.stores.store import Limited, Store

from ..caller import Caller, in_threads
from ..samples import LONG, ODD_TEXTS
from .fixtures import Fixtures, assert_names, assert_refused, assert_too_long, shares_places


# What is stored here is meant to be odd; advice about it is not what is tested.
@pytest.mark.filterwarnings("ignore::factorywager.errors.BestPracticeWarning")
class EntryConformance(Fixtures):
    """Single entries."""

    def test_a_missing_entry_is_none_and_deleting_it_is_false(self, secrets: Caller, service: str) -> None:
        assert secrets.get(service, "absent") is None
        assert secrets.delete(service, "absent") is False
        assert secrets.exists(service, "absent") is False

    def test_set_get_delete(self, secrets: Caller, service: str) -> None:
        assert secrets.set(service, "token", "one") is None
        assert secrets.get(service, "token") == "one"
        assert secrets.exists(service, "token") is True
        assert secrets.delete(service, "token") is True
        assert secrets.get(service, "token") is None
        assert secrets.delete(service, "token") is False

    def test_set_replaces(self, secrets: Caller, service: str, store: Store) -> None:
        secrets.set(service, "token", "a longer first value")
        secrets.set(service, "token", "two")
        assert secrets.get(service, "token") == "two"
        assert_names(secrets, store, service, ["token"])

    def test_set_after_delete(self, secrets: Caller, service: str) -> None:
        secrets.set(service, "token", "one")
        secrets.delete(service, "token")
        secrets.set(service, "token", "two")
        assert secrets.get(service, "token") == "two"

    def test_an_empty_value_deletes(self, secrets: Caller, service: str, store: Store) -> None:
        secrets.set(service, "token", "one")
        secrets.set(service, "token", "")
        assert secrets.get(service, "token") is None
        assert secrets.exists(service, "token") is False
        assert_names(secrets, store, service, [])
        secrets.set(service, "token", "")  # nothing there: no error

    @pytest.mark.parametrize(
        "call",
        [
            lambda verb, service, name: verb(service, name),
            lambda verb, service, name: verb(service=service, name=name),
            lambda verb, service, name: verb({"service": service, "name": name}),
            lambda verb, service, name: verb(service, name=name),
        ],
        ids=["positional", "keywords", "mapping", "mixed"],
    )
    def test_call_forms_of_get_and_delete(self, secrets: Caller, service: str, call: Callable[..., Any]) -> None:
        secrets.set(service, "token", "one")
        assert call(secrets.get, service, "token") == "one"
        assert call(secrets.safe_get, service, "token") == "one"
        assert call(secrets.exists, service, "token") is True
        with call(secrets.lease, service, "token") as view:
            assert bytes(view) == b"one"
        assert call(secrets.delete, service, "token") is True
        assert call(secrets.get, service, "token") is None

    @pytest.mark.parametrize(
        "call",
        [
            lambda set_, service: set_(service, "token", "one"),
            lambda set_, service: set_(service=service, name="token", value="one"),
            lambda set_, service: set_({"service": service, "name": "token", "value": "one"}),
            lambda set_, service: set_({"service": service, "name": "token"}, value="one"),
            lambda set_, service: set_(service, "token", Secret("one")),
            lambda set_, service: set_(service, "token", "one", persist="local", allow_unrestricted_access=True),
            lambda set_, service: set_(
                {
                    "service": service,
                    "name": "token",
                    "value": "one",
                    "persist": "local",
                    "allowUnrestrictedAccess": True,
                }
            ),
        ],
        ids=["positional", "keywords", "mapping", "mixed", "secret", "options", "mapping of options"],
    )
    def test_call_forms_of_set(self, secrets: Caller, service: str, call: Callable[..., Any]) -> None:
        call(secrets.set, service)
        assert secrets.get(service, "token") == "one"

    def test_a_secret_given_to_set_stays_usable(self, secrets: Caller, service: str) -> None:
        value = Secret("one")
        secrets.set(service, "a", value)
        secrets.set(service, "b", value)
        assert secrets.get_many(service, ["a", "b"]) == {"a": "one", "b": "one"}
        assert value.reveal() == "one"

    @pytest.mark.parametrize("text", [*ODD_TEXTS, pytest.param(LONG, id="64 KiB")])
    def test_values_round_trip_exactly(self, secrets: Caller, service: str, text: str, store: Store) -> None:
        if isinstance(store, Limited) and len(text.encode()) > store.longest_value:
            assert_too_long(secrets, service, text)
            text = text[: store.longest_value]
        secrets.set(service, "odd", text)
        assert secrets.get(service, "odd") == text
        with secrets.lease(service, "odd") as view:
            assert bytes(view) == text.encode()

    @pytest.mark.parametrize("text", ODD_TEXTS)
    def test_names_and_services_round_trip_exactly(
        self, secrets: Caller, service: str, text: str, store: Store, unkeepable_names: frozenset[str]
    ) -> None:
        odd = service + text
        if text in unkeepable_names:
            with pytest.raises(PlatformError) as caught:
                secrets.set(odd, text, "one")
            assert caught.value.hint
            assert secrets.get(odd, text) is None
            assert_names(secrets, store, odd, [])
            return
        secrets.set(odd, text, "one")
        assert secrets.get(odd, text) == "one"
        assert_names(secrets, store, odd, [text])
        assert secrets.get_many(odd, [text]) == {text: "one"}
        assert secrets.delete(odd, text) is True
        assert secrets.get(odd, text) is None
        assert_names(secrets, store, odd, [])

    def test_names_that_look_alike_are_different_entries(self, secrets: Caller, service: str, store: Store) -> None:
        names = [
            "Token",
            "token",
            "token ",
            "tok\N{LATIN SMALL LETTER E WITH ACUTE}n",
            "toke\N{COMBINING ACUTE ACCENT}n",
        ]
        if shares_places(store):
            secrets.set(service, names[0], "one")
            assert_refused(secrets, service, names[1])
            names = names[1:]
            secrets.delete(service, "Token")
        for name in names:
            secrets.set(service, name, f"value of {name!r}")
        assert secrets.get_many(service, names) == {name: f"value of {name!r}" for name in names}

    def test_a_slash_does_not_move_between_service_and_name(self, secrets: Caller, service: str, store: Store) -> None:
        secrets.set(f"{service}/b", "c", "one")
        if shares_places(store):
            assert_refused(secrets, service, "b/c")
            assert secrets.get(f"{service}/b", "c") == "one"
            return
        assert secrets.get(service, "b/c") is None
        secrets.set(service, "b/c", "two")
        assert secrets.get(f"{service}/b", "c") == "one"
        assert secrets.delete(service, "b/c") is True
        assert secrets.get(f"{service}/b", "c") == "one"

    def test_fifty_chains_at_once_do_not_disturb_each_other(self, secrets: Caller, service: str) -> None:
        def chain(number: int) -> Callable[[Any], Any]:
            def steps(facade: Any) -> Any:
                name, value = f"chain{number}", f"value {number}"
                yield facade.set(service, name, value)
                first = yield facade.get(service, name)
                deleted = yield facade.delete(service, name)
                last = yield facade.get(service, name)
                return first == value, deleted, last

            return steps

        assert secrets.together([chain(number) for number in range(50)]) == [(True, True, None)] * 50

    def test_writers_of_one_entry_leave_one_whole_value(self, secrets: Caller, service: str, store: Store) -> None:
        values = [str(number) * 1000 for number in range(8)]

        def writer(value: str) -> Callable[[Any], Any]:
            def steps(facade: Any) -> Any:
                yield facade.set(service, "contended", value)

            return steps

        secrets.together([writer(value) for value in values])
        assert secrets.get(service, "contended") in values
        assert_names(secrets, store, service, ["contended"])

    def test_eight_threads_share_one_store(self, store: Store, service: str, interactive: bool) -> None:
        from factorywager.blocking import Secrets

        shared = Secrets(store, interactive=interactive)

        def work(number: int) -> None:
            for turn in range(5):
                name = f"thread{number}-{turn}"
                shared.set(service, name, name)
                assert shared.get(service, name) == name
                assert shared.delete(service, name) is True
                shared.set(service, name, "kept")

        in_threads([partial(work, number) for number in range(8)])
        kept = {f"thread{n}-{t}": "kept" for n in range(8) for t in range(5)}
        assert shared.get_many(service, list(kept)) == kept
