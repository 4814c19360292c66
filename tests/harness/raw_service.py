"""`RawService`: the Secret Service spoken bare, to arrange what a test needs and to look behind the library's back.

Nothing of the library under test is used here, and its session is ``plain``: two wrongs must not agree.
"""

from __future__ import annotations

from typing import Any

from jeepney import DBusAddress, MatchRule, message_bus

from .bus import Bus, call
from .process import PATIENCE

NAME = "org.freedesktop.secrets"
_S = "org.freedesktop.Secret."
_ROOT = "/org/freedesktop/secrets"
LOGIN = f"{_ROOT}/collection/login"
BUN_SCHEMA = "com.oven-sh.bun.Secret"


class RawService:
    """One connection and one plain session with whatever owns ``org.freedesktop.secrets``.

    Args:
        collection: what is meant where a method is given none.
    """

    def __init__(self, bus: Bus, collection: str = LOGIN) -> None:
        self._collection = collection
        self._connection = bus.connect()
        # GNOME Keyring 42 may answer a client's first call before it has noted the client; `OpenSession` ends it then.
        self._service("ReadAlias", "s", ("",))
        self.session = self._service("OpenSession", "sv", ("plain", ("s", "")))[1]

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> RawService:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _call(self, path: str, interface: str, member: str, signature: str | None = None, body: tuple = ()) -> tuple:
        return call(self._connection, DBusAddress(path, NAME, interface), member, signature, body)

    def _service(self, member: str, signature: str | None = None, body: tuple = ()) -> tuple:
        return self._call(_ROOT, _S + "Service", member, signature, body)

    def _get(self, path: str, kind: str, name: str) -> Any:
        return self._call(path, "org.freedesktop.DBus.Properties", "Get", "ss", (_S + kind, name))[0][1]

    # --- collections ------------------------------------------------------------------------------

    def collections(self) -> list[str]:
        return self._get(_ROOT, "Service", "Collections")

    def default(self) -> str | None:
        """The path behind the default alias; ``None`` where the alias points nowhere."""
        path = self._service("ReadAlias", "s", ("default",))[0]
        return None if path == "/" else path

    def set_default(self, collection: str) -> None:
        self._service("SetAlias", "so", ("default", collection))

    def locked(self, collection: str | None = None) -> bool:
        return self._get(collection or self._collection, "Collection", "Locked")

    def lock(self, collection: str | None = None) -> None:
        _, prompt = self._service("Lock", "ao", ([collection or self._collection],))
        self._complete(prompt)

    def request_unlock(self, collection: str | None = None) -> str:
        """Ask for a collection to be unlocked; gives the prompt's path, or ``/``."""
        return self._service("Unlock", "ao", ([collection or self._collection],))[1]

    def complete(self, prompt: str) -> bool:
        """Run a prompt to its end; gives whether it was dismissed."""
        rule = MatchRule(type="signal", interface=_S + "Prompt", member="Completed", path=prompt)
        with self._connection.filter(rule) as ends:
            self._connection.send_and_get_reply(message_bus.AddMatch(rule))
            self._call(prompt, _S + "Prompt", "Prompt", "s", ("",))
            end = self._connection.recv_until_filtered(ends, timeout=PATIENCE)
            self._connection.send_and_get_reply(message_bus.RemoveMatch(rule))
        return end.body[0]

    def _complete(self, prompt: str) -> None:
        """Run the prompt that KeePassXC returns for everything, even where it asks nobody."""
        if prompt != "/":
            assert not self.complete(prompt), "the prompt was dismissed"

    def unlock(self, password: str, collection: str = LOGIN) -> None:
        """Open a locked collection of GNOME Keyring without a prompt."""
        secret = (self.session, b"", password.encode(), "text/plain")
        interface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
        self._call(_ROOT, interface, "UnlockWithMasterPassword", "o(oayays)", (collection, secret))

    def create_collection(self, label: str, password: str) -> str:
        """A second collection, made without a prompt; gives its path."""
        secret = (self.session, b"", password.encode(), "text/plain")
        interface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
        properties = {_S + "Collection.Label": ("s", label)}
        return self._call(_ROOT, interface, "CreateWithMasterPassword", "a{sv}(oayays)", (properties, secret))[0]

    # --- items ------------------------------------------------------------------------------------

    def create(
        self,
        attributes: dict[str, str],
        value: bytes,
        *,
        label: str = "",
        collection: str | None = None,
        replace: bool = False,
        content_type: str = "text/plain",
    ) -> str:
        properties = {_S + "Item.Label": ("s", label), _S + "Item.Attributes": ("a{ss}", attributes)}
        secret = (self.session, b"", value, content_type)
        where, body = collection or self._collection, (properties, secret, replace)
        item, prompt = self._call(where, _S + "Collection", "CreateItem", "a{sv}(oayays)b", body)
        self._complete(prompt)
        return item

    def search(self, attributes: dict[str, str]) -> list[str]:
        unlocked, locked = self._service("SearchItems", "a{ss}", (attributes,))
        return [*unlocked, *locked]

    def attributes(self, item: str) -> dict[str, str]:
        return self._get(item, "Item", "Attributes")

    def set_attributes(self, item: str, attributes: dict[str, str]) -> None:
        properties = "org.freedesktop.DBus.Properties"
        self._call(item, properties, "Set", "ssv", (_S + "Item", "Attributes", ("a{ss}", attributes)))

    def label(self, item: str) -> str:
        return self._get(item, "Item", "Label")

    def value(self, item: str) -> bytes:
        return bytes(self.secret(item)[2])

    def secret(self, item: str) -> tuple:
        """The item's secret as the wire has it: session, parameters, value, content type."""
        return self._call(item, _S + "Item", "GetSecret", "o", (self.session,))[0]

    def delete(self, item: str) -> None:
        self._complete(self._call(item, _S + "Item", "Delete")[0])

    def ping(self) -> None:
        """Returns once the service has worked through everything sent before on any connection it has read."""
        self._call(_ROOT, "org.freedesktop.DBus.Peer", "Ping")


def bun_attributes(service: str, name: str) -> dict[str, str]:
    """What Bun writes (semantics of ``Bun.secrets``, Linux)."""
    return {"xdg:schema": BUN_SCHEMA, "service": service, "account": name}
