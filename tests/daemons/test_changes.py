"""What a store has learned of an entry must end when another program changes it: nothing stale is ever read."""

from __future__ import annotations

import pytest

from factorywager.errors import AmbiguousError, InteractionNotAllowedError
from harness.caller import Caller
from harness.gnome_keyring import GnomeKeyring
from harness.raw_service import RawService, bun_attributes

from .verbs import SERVICE

ENTRY = bun_attributes(SERVICE, "token")


@pytest.fixture
def raw(filled: GnomeKeyring):
    with filled.raw() as raw:
        yield raw


@pytest.fixture
def known(raw: RawService, secrets: Caller) -> Caller:
    """A facade that has read the entry before, by every way of reading."""
    for _ in range(2):
        assert secrets.get(SERVICE, "token") == "one"
        assert secrets.get_many(SERVICE) == {"token": "one"}
        assert secrets.get_many(SERVICE, ["token"]) == {"token": "one"}
        assert secrets.exists(SERVICE, "token") is True
    return secrets


def _reads(secrets: Caller) -> tuple[object, ...]:
    return (
        secrets.get(SERVICE, "token"),
        secrets.get_many(SERVICE).get("token"),
        secrets.get_many(SERVICE, ["token"]).get("token"),
    )


def test_a_value_replaced_in_place(known: Caller, raw: RawService) -> None:
    for turn in range(20):
        raw.create(ENTRY, f"turn {turn}".encode(), replace=True)
        assert _reads(known) == (f"turn {turn}",) * 3


def test_an_item_deleted(known: Caller, raw: RawService) -> None:
    (item,) = raw.search(ENTRY)
    raw.delete(item)
    assert _reads(known) == (None,) * 3
    assert known.exists(SERVICE, "token") is False
    assert known.delete(SERVICE, "token") is False


def test_an_item_deleted_and_made_anew(known: Caller, raw: RawService) -> None:
    for turn in range(20):
        for item in raw.search(ENTRY):
            raw.delete(item)
        raw.create(ENTRY, f"turn {turn}".encode())
        assert _reads(known) == (f"turn {turn}",) * 3


def test_an_absent_entry_that_appears(known: Caller, raw: RawService) -> None:
    for _ in range(2):
        assert known.get(SERVICE, "later") is None
        assert known.get_many(SERVICE, ["later"]) == {}
    raw.create(bun_attributes(SERVICE, "later"), b"here")
    assert known.get(SERVICE, "later") == "here"
    assert known.get_many(SERVICE, ["later"]) == {"later": "here"}


def test_a_twin_that_appears(known: Caller, raw: RawService) -> None:
    raw.create({**ENTRY, "extra": "1"}, b"other")
    with pytest.raises(AmbiguousError):
        known.get(SERVICE, "token")
    with pytest.raises(AmbiguousError):
        known.get_many(SERVICE, ["token"])


def test_an_entry_of_another_collection_that_appears_in_the_default_one(known: Caller, raw: RawService) -> None:
    other = raw.create_collection("Other", "pw")
    raw.create(bun_attributes(SERVICE, "elsewhere"), b"old", collection=other)
    assert known.get(SERVICE, "elsewhere") == "old"
    raw.create(bun_attributes(SERVICE, "elsewhere"), b"new")
    assert known.get(SERVICE, "elsewhere") == "new"


def test_the_default_alias_moves_to_another_collection(known: Caller, raw: RawService) -> None:
    other = raw.create_collection("Other", "pw")
    raw.create(ENTRY, b"two", collection=other)
    assert known.get(SERVICE, "token") == "one"
    raw.set_default(other)
    assert _reads(known) == ("two",) * 3


def test_attributes_changed_so_that_it_is_another_entry(known: Caller, raw: RawService) -> None:
    (item,) = raw.search(ENTRY)
    raw.set_attributes(item, bun_attributes(SERVICE, "renamed"))
    assert _reads(known) == (None,) * 3
    assert known.get(SERVICE, "renamed") == "one"


def test_a_collection_locked_and_unlocked(known: Caller, filled: GnomeKeyring, raw: RawService) -> None:
    for _ in range(3):
        filled.lock()
        for read in (
            lambda: known.get(SERVICE, "token"),
            lambda: known.get_many(SERVICE),
            lambda: known.get_many(SERVICE, ["token"]),
        ):
            with pytest.raises(InteractionNotAllowedError):
                read()
        filled.unlock_without_prompt()
        assert _reads(known) == ("one",) * 3


def test_a_daemon_restarted_with_other_items(known: Caller, filled: GnomeKeyring, raw: RawService) -> None:
    """Item paths are numbers that begin anew: what was learned from the old daemon names other items now."""
    filled.restart()
    with filled.raw() as fresh:
        for item in fresh.search(ENTRY):
            fresh.delete(item)
        fresh.create(bun_attributes(SERVICE, "first"), b"stranger")
        fresh.create(ENTRY, b"two")
    assert _reads(known) == ("two",) * 3
    assert known.get(SERVICE, "first") == "stranger"


def test_two_facades_see_each_others_changes(known: Caller, open_secrets) -> None:
    other = open_secrets("secret-service", interactive=False)
    for turn in range(10):
        other.set(SERVICE, "token", f"turn {turn}")
        assert _reads(known) == (f"turn {turn}",) * 3
        known.delete(SERVICE, "token")
        assert _reads(other) == (None,) * 3
        known.set(SERVICE, "token", f"again {turn}")
        assert _reads(other) == (f"again {turn}",) * 3
