"""`KnownPaths`, told of changes in the orders that are hard to meet with a real daemon."""

from __future__ import annotations

import pytest
from jeepney.low_level import HeaderFields, Message
from jeepney.wrappers import DBusAddress, new_signal

from factorywager.model import Ref
from factorywager.protocols.dbus import Router
from factorywager.stores.secret_service.paths import KnownPaths

OWNER = ":1.1"
A, B = Ref("com.example", "a"), Ref("com.example", "b")
P, Q = "/org/freedesktop/secrets/collection/login/1", "/org/freedesktop/secrets/collection/login/2"


class Daemon:
    """Sends signals into a router; what it says of changes is all that the memory ever hears."""

    def __init__(self) -> None:
        self.router = Router()
        self.paths = KnownPaths(self.router, OWNER)
        self._serial = 0

    def tell(self, member: str, path: str, *, sender: str = OWNER) -> None:
        address = DBusAddress(
            "/org/freedesktop/secrets/collection/login", interface="org.freedesktop.Secret.Collection"
        )
        self._send(new_signal(address, member, "o", (path,)), sender)

    def _send(self, message: Message, sender: str) -> None:
        message.header.fields[HeaderFields.sender] = sender
        self._serial += 1
        self.router.receive(message.serialise(self._serial))

    def remember(self, ref: Ref, path: str) -> None:
        self.paths.remember(ref, path, self.paths.epoch)


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.mark.parametrize("member", ["ItemCreated", "ItemChanged", "ItemDeleted"])
def test_any_change_ends_what_is_known_of_an_item(daemon: Daemon, member: str) -> None:
    daemon.remember(A, P)
    daemon.remember(B, Q)
    before = daemon.paths.epoch
    daemon.tell(member, P)
    assert daemon.paths.find(A) is None
    assert daemon.paths.ref(P) is None
    assert daemon.paths.find(B) == Q
    assert daemon.paths.changed(P, before)
    assert not daemon.paths.changed(Q, before)
    assert not daemon.paths.changed(P, daemon.paths.epoch)
    assert daemon.paths.strangers == (set() if member == "ItemDeleted" else {P})


def test_nobody_else_is_believed(daemon: Daemon) -> None:
    daemon.remember(A, P)
    daemon.tell("ItemDeleted", P, sender=":1.2")
    assert daemon.paths.find(A) == P


def test_what_was_found_out_before_a_change_is_not_remembered(daemon: Daemon) -> None:
    epoch = daemon.paths.epoch
    daemon.tell("ItemChanged", Q)
    daemon.paths.remember(A, P, epoch)
    assert daemon.paths.find(A) is None


def test_an_entry_found_elsewhere_leaves_nothing_of_its_old_item(daemon: Daemon) -> None:
    """Of the items of a collection that is deleted no signal tells, and a new one may have the same path."""
    daemon.remember(A, P)
    daemon.remember(A, Q)
    assert daemon.paths.ref(P) is None
    daemon.tell("ItemCreated", P)
    assert daemon.paths.find(A) == Q


def test_a_stranger_that_is_a_known_entry_makes_it_unknown(daemon: Daemon) -> None:
    daemon.remember(A, P)
    daemon.tell("ItemCreated", Q)
    daemon.paths.introduce([Q], [A], daemon.paths.epoch)
    assert daemon.paths.find(A) is None
    assert not daemon.paths.strangers


def test_a_stranger_that_is_another_entry_changes_nothing(daemon: Daemon) -> None:
    daemon.remember(A, P)
    daemon.tell("ItemCreated", Q)
    daemon.paths.introduce([Q], [B], daemon.paths.epoch)
    assert daemon.paths.find(A) == P
    assert not daemon.paths.strangers


def test_a_stranger_that_changes_while_it_is_asked_stays_one(daemon: Daemon) -> None:
    daemon.tell("ItemCreated", Q)
    asked = daemon.paths.epoch
    daemon.tell("ItemChanged", Q)
    daemon.paths.introduce([Q], [B], asked)
    assert daemon.paths.strangers == {Q}


def test_very_many_strangers_end_everything_that_is_known(daemon: Daemon) -> None:
    daemon.remember(A, P)
    before = daemon.paths.epoch
    for number in range(10_000):
        daemon.tell("ItemCreated", f"{Q}{number}")
    assert daemon.paths.find(A) is None
    assert len(daemon.paths.strangers) < 100
    assert daemon.paths.changed(P, before)  # that it was not is no longer known
    assert len(daemon.paths._changes) < 10_000
