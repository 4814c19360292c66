"""No default collection, and items that others left: twins, strangers, second collections."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from factorywager.errors import (
    AmbiguousError,
    CanceledError,
    CorruptError,
    InteractionNotAllowedError,
    UnavailableError,
)
from harness.caller import Caller
from harness.gnome_keyring import PASSWORD, GnomeKeyring
from harness.prompter import Prompter
from harness.raw_service import LOGIN, RawService, bun_attributes
from harness.timing import under

from .verbs import SERVICE, VERBS

Prompts = Callable[..., Prompter]

ENTRY = bun_attributes(SERVICE, "token")


# --- no default collection ----------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["set", "set_many"])
def test_without_a_default_collection_nothing_is_stored_and_the_error_says_what_to_run(
    keyring: GnomeKeyring, secrets: Caller, verb: str
) -> None:
    keyring.start_without_login()
    with under(2), pytest.raises(UnavailableError, match="default collection") as caught:
        VERBS[verb][0](secrets)
    assert "gnome-keyring-daemon --unlock" in caught.value.hint
    with keyring.raw() as raw:
        assert raw.default() is None


def test_without_a_default_collection_there_is_nothing_to_read(keyring: GnomeKeyring, secrets: Caller) -> None:
    keyring.start_without_login()
    assert secrets.get(SERVICE, "token") is None
    assert secrets.delete(SERVICE, "token") is False
    assert secrets.list(SERVICE) == []
    assert secrets.get_many(SERVICE) == {}


def test_a_person_is_asked_for_the_password_of_a_new_collection(
    keyring: GnomeKeyring, interactive: Caller, prompter: Prompts
) -> None:
    keyring.start_without_login()
    dialogs = prompter(f"password:{PASSWORD}")
    interactive.set(SERVICE, "token", "one")
    assert interactive.get(SERVICE, "token") == "one"
    assert dialogs.prompts[0]["kind"] == "password"  # the daemon may follow it with questions of its own
    with keyring.raw() as raw:
        (item,) = raw.search(ENTRY)
        assert item.startswith(raw.default())


def test_a_person_who_dismisses_that_stores_nothing(
    keyring: GnomeKeyring, interactive: Caller, prompter: Prompts
) -> None:
    keyring.start_without_login()
    prompter("dismiss")
    with pytest.raises(CanceledError):
        interactive.set(SERVICE, "token", "one")
    with keyring.raw() as raw:
        assert raw.default() is None
        assert raw.search(ENTRY) == []


# --- several items that are one entry -----------------------------------------------------------------


def _twins(raw: RawService, *values: bytes) -> None:
    """Items with the entry's attributes and one more each, so that none replaces another."""
    for number, value in enumerate(values):
        raw.create({**ENTRY, "extra": str(number)}, value)


def test_twins_that_disagree_are_ambiguous(keyring: GnomeKeyring, secrets: Caller) -> None:
    keyring.start()
    with keyring.raw() as raw:
        _twins(raw, b"first", b"second")
    for verb in ("get", "lease", "get_many", "get_many of names", "get_or_create"):
        with pytest.raises(AmbiguousError) as caught:
            VERBS[verb][0](secrets)
        assert caught.value.code == "ERR_SECRETS_AMBIGUOUS"
        assert "first" not in str(caught.value)
        assert caught.value.hint
    assert secrets.exists(SERVICE, "token") is True
    assert [info.name for info in secrets.list(SERVICE)] == ["token"]


def test_twins_that_agree_are_one_value(keyring: GnomeKeyring, secrets: Caller) -> None:
    keyring.start()
    with keyring.raw() as raw:
        _twins(raw, b"same", b"same")
    assert secrets.get(SERVICE, "token") == "same"
    assert secrets.get_many(SERVICE) == {"token": "same"}


def test_storing_again_settles_it(keyring: GnomeKeyring, secrets: Caller) -> None:
    keyring.start()
    with keyring.raw() as raw:
        _twins(raw, b"first", b"second")
        secrets.set(SERVICE, "token", "third")
        assert secrets.get(SERVICE, "token") == "third"
        assert [raw.value(item) for item in raw.search(ENTRY)] == [b"third"]


def test_deleting_removes_every_twin(keyring: GnomeKeyring, secrets: Caller) -> None:
    keyring.start()
    with keyring.raw() as raw:
        _twins(raw, b"first", b"second")
        assert secrets.delete(SERVICE, "token") is True
        assert raw.search(ENTRY) == []
    assert secrets.delete(SERVICE, "token") is False


def test_the_default_collection_comes_first_and_deleting_clears_both(keyring: GnomeKeyring, secrets: Caller) -> None:
    keyring.start()
    with keyring.raw() as raw:
        other = raw.create_collection("Other", "pw")
        raw.create(ENTRY, b"from the other", collection=other)
        assert secrets.get(SERVICE, "token") == "from the other"
        raw.create(ENTRY, b"from the default")
        assert secrets.get(SERVICE, "token") == "from the default"
        assert secrets.get_many(SERVICE) == {"token": "from the default"}
        assert secrets.delete(SERVICE, "token") is True
        assert raw.search(ENTRY) == []


def test_a_value_in_the_locked_default_is_not_passed_over_for_an_old_one(
    keyring: GnomeKeyring, secrets: Caller
) -> None:
    keyring.start()
    with keyring.raw() as raw:
        other = raw.create_collection("Other", "pw")
        raw.create(ENTRY, b"old", collection=other)
        raw.create(ENTRY, b"new")
    keyring.lock()
    with pytest.raises(InteractionNotAllowedError):
        secrets.get(SERVICE, "token")


def test_a_locked_collection_that_has_nothing_of_it_does_not_stand_in_the_way(
    keyring: GnomeKeyring, secrets: Caller
) -> None:
    keyring.start()
    with keyring.raw() as raw:
        other = raw.create_collection("Other", "pw")
        raw.create({"unrelated": "item"}, b"x", collection=other)
        raw.create(ENTRY, b"one")
        raw.lock(other)
    assert secrets.get(SERVICE, "token") == "one"
    assert secrets.get(SERVICE, "absent") is None
    assert [info.name for info in secrets.list(SERVICE)] == ["token"]


def test_the_default_alias_is_followed_when_it_moves(keyring: GnomeKeyring, secrets: Caller) -> None:
    keyring.start()
    with keyring.raw() as raw:
        secrets.set(SERVICE, "first", "one")
        other = raw.create_collection("Other", "pw")
        raw.set_default(other)
        secrets.set(SERVICE, "second", "two")
        (first,), (second,) = (raw.search(bun_attributes(SERVICE, name)) for name in ("first", "second"))
        assert first.startswith(LOGIN)
        assert second.startswith(other)
    assert secrets.get_many(SERVICE) == {"first": "one", "second": "two"}


# --- strangers ----------------------------------------------------------------------------------------


def test_other_programs_items_are_neither_read_nor_listed_nor_deleted(keyring: GnomeKeyring, secrets: Caller) -> None:
    keyring.start()
    theirs = [
        {"service": SERVICE, "account": "token", "xdg:schema": "org.freedesktop.Secret.Generic"},
        {"service": SERVICE, "username": "token", "application": "Python keyring library"},
        {"service": SERVICE, "account": "token"},
    ]
    with keyring.raw() as raw:
        items = [raw.create(attributes, b"theirs") for attributes in theirs]
        assert secrets.get(SERVICE, "token") is None
        assert secrets.list(SERVICE) == []
        assert secrets.get_many(SERVICE) == {}
        assert secrets.delete(SERVICE, "token") is False
        secrets.set(SERVICE, "token", "ours")
        assert secrets.get(SERVICE, "token") == "ours"
        assert secrets.delete(SERVICE, "token") is True
        assert [raw.value(item) for item in items] == [b"theirs"] * 3


def test_an_entry_without_a_name_is_left_out(keyring: GnomeKeyring, secrets: Caller) -> None:
    keyring.start()
    with keyring.raw() as raw:
        raw.create({"xdg:schema": ENTRY["xdg:schema"], "service": SERVICE}, b"odd")
        raw.create(ENTRY, b"one")
    assert [info.name for info in secrets.list(SERVICE)] == ["token"]
    assert secrets.get_many(SERVICE) == {"token": "one"}


def test_bytes_that_are_no_text_are_corrupt_and_can_be_leased(keyring: GnomeKeyring, secrets: Caller) -> None:
    keyring.start()
    with keyring.raw() as raw:
        raw.create(ENTRY, b"\xff\x00\xfe")
    with pytest.raises(CorruptError) as caught:
        secrets.get(SERVICE, "token")
    assert "xff" not in str(caught.value)
    with secrets.lease(SERVICE, "token") as view:
        assert bytes(view) == b"\xff\x00\xfe"


def test_an_empty_value_of_another_program_reads_as_empty(keyring: GnomeKeyring, secrets: Caller) -> None:
    keyring.start()
    with keyring.raw() as raw:
        raw.create(ENTRY, b"")
    assert secrets.get(SERVICE, "token") == ""
    assert secrets.exists(SERVICE, "token") is True


def test_an_item_deleted_by_another_program_while_it_is_read(keyring: GnomeKeyring, secrets: Caller) -> None:
    """Deleting and reading in turns as fast as both go: a read gives the value or nothing."""
    keyring.start()
    with keyring.raw() as raw:

        def churn() -> None:
            for _turn in range(100):
                raw.delete(raw.create(ENTRY, b"one"))

        def read(facade):
            seen = set()
            for _turn in range(100):
                seen.add((yield facade.get(SERVICE, "token")))
                listed = yield facade.get_many(SERVICE)
                assert listed in ({}, {"token": "one"})
            return seen

        churner = threading.Thread(target=churn, daemon=True)
        churner.start()
        try:
            (seen,) = secrets.together([read])
        finally:
            churner.join(20)
        assert seen <= {None, "one"}
