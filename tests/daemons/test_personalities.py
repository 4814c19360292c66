"""The fake's personalities beside the daemons they are of: the same calls to both, and the same comes back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from jeepney import DBusAddress, MatchRule, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.low_level import HeaderFields, Message, MessageType

from factorywager.testing import FakeSecretService
from factorywager.testing.secret_service import GNOME_KEYRING, KEEPASSXC, KWALLET, Fault
from harness.bus import Bus
from harness.daemon import Daemon
from harness.gnome_keyring import GnomeKeyring
from harness.keepassxc import KeePassXC
from harness.kwallet import KWallet
from harness.process import PATIENCE
from harness.raw_service import LOGIN, NAME, bun_attributes

_S = "org.freedesktop.Secret."
_ROOT = "/org/freedesktop/secrets"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_ATTRIBUTES = bun_attributes("com.example.personality", "token")
_DH = "dh-ietf1024-sha256-aes128-cbc-pkcs7"
_KEY = bytes([2]) * 128  # a public key; nothing is encrypted with it
_ABSENT = f"{_ROOT}/session/s999"

_DAEMONS = [(GnomeKeyring, GNOME_KEYRING), (KWallet, KWALLET), (KeePassXC, KEEPASSXC)]


class Script:
    """Calls to one Secret Service, and what came back of each, without what differs from run to run.

    Attributes:
        seen: by step: the types of the reply, or the error's name, and what was looked at in it.
    """

    def __init__(self, connection: DBusConnection) -> None:
        self._connection = connection
        self.seen: dict[str, Any] = {}

    def call(
        self, step: str, path: str, interface: str, member: str, types: str = "", body: tuple[Any, ...] = ()
    ) -> tuple[Any, ...]:
        call = new_method_call(DBusAddress(path, NAME, interface), member, types or None, body)
        reply: Message = self._connection.send_and_get_reply(call, timeout=PATIENCE)
        fields = reply.header.fields
        if reply.header.message_type is MessageType.error:
            self.seen[step] = fields[HeaderFields.error_name]
            return ()
        self.seen[step] = fields.get(HeaderFields.signature, "")
        return reply.body

    def note(self, step: str, what: Any) -> None:
        self.seen[step] = (self.seen[step], what)

    def service(self, step: str, member: str, types: str, *body: Any) -> tuple[Any, ...]:
        return self.call(step, _ROOT, _S + "Service", member, types, body)

    def complete(self, step: str, prompt: str) -> Any:
        """Run a prompt, if there is one; gives its result."""
        self.note(step, "no prompt" if prompt == "/" else "a prompt")
        if prompt == "/":
            return None
        rule = MatchRule(type="signal", interface=_S + "Prompt", member="Completed", path=prompt)
        with self._connection.filter(rule) as ends:
            self._connection.send_and_get_reply(message_bus.AddMatch(rule))
            self.call(f"{step}: prompt", prompt, _S + "Prompt", "Prompt", "s", ("",))
            end = self._connection.recv_until_filtered(ends, timeout=PATIENCE)
        self.seen[f"{step}: completed"] = (end.header.fields[HeaderFields.signature], end.body[0], end.body[1][0])
        return end.body[1][1]

    def create(self, step: str, collection: str, session: str, value: bytes) -> str:
        properties = {f"{_S}Item.Label": ("s", "made up"), f"{_S}Item.Attributes": ("a{ss}", _ATTRIBUTES)}
        body = (properties, (session, b"", value, "text/plain"), True)
        created = self.call(step, collection, _S + "Collection", "CreateItem", "a{sv}(oayays)b", body)
        if not created:
            return "/"
        item, prompt = created
        made = self.complete(step, prompt)
        return item if made is None else made

    def search(self, step: str) -> None:
        for unlocked, locked in [self.service(step, "SearchItems", "a{ss}", _ATTRIBUTES)]:
            self.note(step, (len(unlocked), len(locked)))

    def secret(self, step: str, item: str, session: str) -> None:
        for _, _, value, content_type in self.call(step, item, _S + "Item", "GetSecret", "o", (session,)):
            self.note(step, (bytes(value), content_type))


def _play(script: Script, collection: str, *, prompts: bool) -> tuple[str, str]:
    """While all is open; gives an item that is left, and the session."""
    for name, algorithm, argument in [
        ("plain", "plain", ("s", "")),
        ("encrypted", _DH, ("ay", _KEY)),
        ("encrypted, with a short key", _DH, ("ay", _KEY[1:])),
        ("by no known algorithm", "rot13", ("s", "")),
    ]:
        opened = script.service(f"session {name}", "OpenSession", "sv", algorithm, argument)
        if opened:
            script.note(f"session {name}", opened[0][0])
        if name == "plain":
            session = opened[1]
    script.search("search of what is not there")
    item = script.create("create", collection, session, b"one")
    assert script.create("replace", collection, session, b"two") == item
    script.search("search")
    script.secret("get", item, session)
    script.secret("get in a strange session", item, _ABSENT)
    for step, where in [("secrets", item), ("secrets of what is not there", f"{item}0")]:
        for found in script.service(step, "GetSecrets", "aoo", [where], session):
            script.note(step, [(each == item, bytes(parts[2])) for each, parts in found.items()])
    if not prompts:  # KeePassXC's prompt then ends as one that is dismissed; the fake refuses at once
        script.create("create in a strange session", collection, _ABSENT, b"three")
    script.service("secrets in a strange session", "GetSecrets", "aoo", [item], _ABSENT)
    for kind, attributes in script.call("attributes", item, _PROPERTIES, "Get", "ss", (f"{_S}Item", "Attributes")):
        script.note("attributes", (kind, _ATTRIBUTES.items() <= attributes.items(), sorted(attributes)))
    for properties in script.call("properties", item, _PROPERTIES, "GetAll", "s", (f"{_S}Item",)):
        script.note("properties", sorted((name, kind) for name, (kind, _) in properties.items()))
    script.call("no such property", item, _PROPERTIES, "Get", "ss", (f"{_S}Item", "Colour"))
    script.call("no such method", item, _S + "Item", "Paint")
    for alias in ("default", "nobody"):
        for path in script.service(f"alias {alias}", "ReadAlias", "s", alias):
            script.note(f"alias {alias}", "/" if path == "/" else "a collection")
    objects, prompt = script.service("unlock what is open", "Unlock", "ao", [collection])
    script.complete("unlock what is open", prompt)
    script.note("unlock what is open", [each == collection for each in objects])
    for (prompt,) in [script.call("delete", item, _S + "Item", "Delete")]:
        script.complete("delete", prompt)
    script.search("search of what was deleted")
    script.call("delete what was deleted", item, _S + "Item", "Delete")
    script.secret("get what was deleted", item, session)
    script.service("secrets of what was deleted", "GetSecrets", "aoo", [item], session)
    script.call("create nowhere", f"{_ROOT}/collection/nowhere", _S + "Collection", "SearchItems", "a{ss}", ({},))
    script.call("prompt that is none", f"{_ROOT}/prompt/p999", _S + "Prompt", "Prompt", "s", ("",))
    return script.create("create again", collection, session, b"three"), session


def _play_locked(script: Script, item: str, session: str, *, searches: bool) -> None:
    """While the collection is locked."""
    if searches:
        script.search("search while locked")
    script.secret("get while locked", item, session)
    for found in script.service("secrets while locked", "GetSecrets", "aoo", [item], session):
        script.note("secrets while locked", len(found))
    for kind, attributes in script.call(
        "attributes while locked", item, _PROPERTIES, "Get", "ss", (f"{_S}Item", "Attributes")
    ):
        script.note("attributes while locked", (kind, sorted(attributes)))


@pytest.fixture(params=_DAEMONS, ids=lambda pair: pair[0].__name__)
def daemon(request: pytest.FixtureRequest, bus: Bus) -> Iterator[Daemon]:
    daemon: Daemon = request.param[0](bus).start()
    yield daemon
    daemon.stop()


@pytest.fixture
def fake(daemon: Daemon) -> Iterator[FakeSecretService]:
    """With the daemon's ways; KeePassXC here does not ask before a read, since nobody could answer."""
    personality = dict(_DAEMONS)[type(daemon)]
    with FakeSecretService(replace(personality, habits=personality.habits - {Fault.ITEM_LOCKS})) as fake:
        yield fake


def test_the_fake_answers_as_the_daemon_does(daemon: Daemon, fake: FakeSecretService) -> None:
    seen = []
    for one, address, collection in [(daemon, daemon.bus.address, daemon.collection), (fake, fake.address, LOGIN)]:
        with contextlib.closing(open_dbus_connection(bus=address)) as connection:
            script = Script(connection)
            item, session = _play(script, collection, prompts=isinstance(daemon, KeePassXC))
            one.lock()
            _play_locked(script, item, session, searches=not isinstance(daemon, KeePassXC))  # its search waits 25 s
        seen.append(script.seen)
    assert len(seen[0]) > 30
    assert seen[1] == seen[0]
