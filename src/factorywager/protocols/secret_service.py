"""The Secret Service API as messages: what is asked, and what the answers mean.

Source: Secret Service API draft (freedesktop.org), and libsecret's schema convention for Bun's entries
(``xdg:schema``).  Paths and names only; how calls are made is ``transports``' business.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from jeepney.low_level import Message
from jeepney.wrappers import DBusAddress, new_method_call

from ..errors import PlatformError
from ..model import Ref
from . import dbus
from .received import Received, not_dbus, uint32
from .session import ALGORITHM

BUS_NAME: Final = "org.freedesktop.secrets"
ROOT: Final = "/org/freedesktop/secrets"
NO_PATH: Final = "/"  # how the API says "no object": no prompt needed, no such alias

_ALIASES: Final = f"{ROOT}/aliases/"

_SERVICE: Final = "org.freedesktop.Secret.Service"
_COLLECTION: Final = "org.freedesktop.Secret.Collection"
_ITEM: Final = "org.freedesktop.Secret.Item"
_PROMPT: Final = "org.freedesktop.Secret.Prompt"

# Bun's entries (semantics §2): libsecret stores a schema's name as one more attribute.
SCHEMA: Final = "com.oven-sh.bun.Secret"
_SCHEMA_ATTRIBUTE: Final = "xdg:schema"

SIGNALS: Final = f"type='signal',sender='{BUS_NAME}',interface='{_COLLECTION}'"
# GNOME Keyring says nothing of the items of a collection that is deleted.
COLLECTION_SIGNALS: Final = f"type='signal',sender='{BUS_NAME}',interface='{_SERVICE}'"
OWNER_CHANGED: Final = (
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
    f"member='NameOwnerChanged',arg0='{BUS_NAME}'"
)


class Ciphertext(NamedTuple):
    """A secret as it travels: the struct ``(oayays)``."""

    session: str
    iv: bytes
    value: bytes
    content_type: str


class Item(NamedTuple):
    """What an item says of itself; times are Unix seconds, 0 where the daemon keeps none."""

    path: str
    attributes: Mapping[str, str]
    created: int
    modified: int
    label: str

    @property
    def ref(self) -> Ref | None:
        """The entry it is, or ``None`` where it is not one of Bun's."""
        return ref_of(self.attributes)


def attributes(ref: Ref) -> dict[str, str]:
    """The attributes that Bun writes for an entry, and that find it again."""
    return {_SCHEMA_ATTRIBUTE: SCHEMA, "service": ref.service, "account": ref.name}


def ref_of(attributes: Mapping[str, str]) -> Ref | None:
    """The entry that attributes stand for, or ``None`` where they are not one of Bun's."""
    service, name = attributes.get("service"), attributes.get("account")
    if attributes.get(_SCHEMA_ATTRIBUTE) != SCHEMA or not service or not name:
        return None
    return Ref(service, name)


def attributes_of_service(service: str | None) -> dict[str, str]:
    """The attributes that find all of Bun's entries, or those of one service."""
    own = {_SCHEMA_ATTRIBUTE: SCHEMA}
    return own if service is None else own | {"service": service}


# --- calls ------------------------------------------------------------------------------------


def greeting() -> Message:
    """The first call to a daemon; no other is sent before it is answered.

    GNOME Keyring (42, and upstream to this day) notes a new client in one task of its main loop and answers its calls
    in others.  A first call that comes in the middle of the loop's search for work is answered before the client is
    noted, and an ``OpenSession`` from a client that is not noted ends the daemon.  This one needs no client, and once
    it is answered, noting the client comes next.
    """
    return read_alias("")


def open_session(public_key: bytes) -> Message:
    return _call(ROOT, _SERVICE, "OpenSession", "sv", (ALGORITHM, ("ay", public_key)))


def search(wanted: Mapping[str, str]) -> Message:
    return _call(ROOT, _SERVICE, "SearchItems", "a{ss}", (wanted,))


def get_secrets(items: Sequence[str], session: str) -> dbus.Prepared:
    call = _call(ROOT, _SERVICE, "GetSecrets", "aoo", ([], session))
    return dbus.Prepared(call, dbus.marshalled_paths(items, session))


@lru_cache(maxsize=4096)
def get_secret(item: str, session: str) -> dbus.Prepared:
    return dbus.Prepared(_call(item, _ITEM, "GetSecret", "o", (session,)))


def create_item(collection: str, ref: Ref, secret: Ciphertext) -> Message:
    properties = {
        f"{_ITEM}.Label": ("s", str(ref)),
        f"{_ITEM}.Attributes": ("a{ss}", attributes(ref)),
    }
    return _call(collection, _COLLECTION, "CreateItem", "a{sv}(oayays)b", (properties, tuple(secret), True))


def set_secret(item: str, secret: Ciphertext) -> Message:
    return _call(item, _ITEM, "SetSecret", "(oayays)", (tuple(secret),))


def delete_item(item: str) -> Message:
    return _call(item, _ITEM, "Delete")


def read_alias(alias: str) -> Message:
    return _call(ROOT, _SERVICE, "ReadAlias", "s", (alias,))


def create_collection(label: str, alias: str) -> Message:
    return _call(ROOT, _SERVICE, "CreateCollection", "a{sv}s", ({f"{_COLLECTION}.Label": ("s", label)}, alias))


def unlock(objects: Sequence[str]) -> Message:
    return _call(ROOT, _SERVICE, "Unlock", "ao", (list(objects),))


def show_prompt(prompt: str) -> Message:
    return _call(prompt, _PROMPT, "Prompt", "s", ("",))


def collections() -> Message:
    return _call(ROOT, dbus.PROPERTIES, "Get", "ss", (_SERVICE, "Collections"))


def collection_locked(collection: str) -> Message:
    return _call(collection, dbus.PROPERTIES, "Get", "ss", (_COLLECTION, "Locked"))


def collection_items(collection: str) -> Message:
    return _call(collection, dbus.PROPERTIES, "Get", "ss", (_COLLECTION, "Items"))


def collection_label(collection: str) -> Message:
    return _call(collection, dbus.PROPERTIES, "Get", "ss", (_COLLECTION, "Label"))


def wallet_is_open(program: str, wallet: str) -> Message:
    """Asks KWallet itself, in its own interface, whether a wallet is open; ``program`` is kwalletd5 or kwalletd6."""
    return _call(f"/modules/{program}", "org.kde.KWallet", "isOpen", "s", (wallet,))


def item_attributes(item: str) -> Message:
    return _call(item, dbus.PROPERTIES, "Get", "ss", (_ITEM, "Attributes"))


def item_properties(item: str) -> Message:
    return _call(item, dbus.PROPERTIES, "GetAll", "s", (_ITEM,))


def owner_process() -> Message:
    """Asks the bus which process the daemon is."""
    return new_method_call(dbus.BUS, "GetConnectionUnixProcessID", "s", (BUS_NAME,))


def completed_rule(prompt: str) -> str:
    """The match rule for one prompt's end."""
    return f"type='signal',sender='{BUS_NAME}',interface='{_PROMPT}',member='Completed',path='{prompt}'"


# --- answers ----------------------------------------------------------------------------------


def opened(reply: Received) -> tuple[str, bytes]:
    """Session path and the daemon's public key."""
    (kind, public_key), session = dbus.body(reply, "vo")
    if kind != "ay":
        raise PlatformError("the daemon sent a public key of the wrong type")
    return session, bytes(public_key)


def found(reply: Received) -> tuple[list[str], list[str]]:
    """Paths of unlocked and of locked items."""
    unlocked, locked = dbus.body(reply, "aoao")
    return unlocked, locked


def secrets(reply: Received) -> dict[str, Ciphertext]:
    """Encrypted secrets by item path; items that are locked or gone are silently left out by the daemon."""
    dbus.expect(reply, "a{o(oayays)}")
    if reply.little_endian:
        try:
            return dict(_secrets(reply))
        except (struct.error, UnicodeDecodeError, IndexError) as error:
            raise not_dbus(error) from None
    return {item: _ciphertext(parts) for item, parts in reply.body[0].items()}


def secret(reply: Received) -> Ciphertext:
    dbus.expect(reply, "(oayays)")
    if reply.little_endian:
        try:
            ciphertext, end = _secret(reply.raw, reply.start, len(reply.raw))
        except (struct.error, UnicodeDecodeError, IndexError) as error:
            raise not_dbus(error) from None
        reply.expect_end(end)
        return ciphertext
    return _ciphertext(reply.body[0])


def object_and_prompt(reply: Received) -> tuple[str, str]:
    """What was created, and the prompt to run first where there is one."""
    created, prompt = dbus.body(reply, "oo")
    return created, prompt


def unlocked(reply: Received) -> tuple[list[str], str]:
    objects, prompt = dbus.body(reply, "aoo")
    return objects, prompt


def one_path(reply: Received) -> str:
    return str(dbus.body(reply, "o")[0])


def property_value(reply: Received, signature: str) -> Any:
    """The value of one property, once it has the type it should have."""
    ((kind, value),) = dbus.body(reply, "v")
    if kind != signature:
        raise PlatformError(f"the daemon has a property of type {kind!r} where {signature!r} was due")
    return value


def item(path: str, reply: Received) -> Item:
    """An item from its properties; times that are missing (KWallet) are 0."""
    (properties,) = dbus.body(reply, "a{sv}")
    kind, own = properties.get("Attributes", ("", {}))
    if kind != "a{ss}":
        raise PlatformError("the daemon describes an item without attributes")
    label = properties.get("Label", ("s", ""))[1]
    return Item(path, own, _time(properties.get("Created")), _time(properties.get("Modified")), str(label))


def is_completed(message: Received, prompt: str) -> bool:
    return dbus.path(message) == prompt and dbus.member(message) == "Completed"


def is_item_signal(message: Received) -> bool:
    """Whether it tells of an item's change; KWallet tells everything again under the collection's aliases."""
    return (
        dbus.member(message) in ("ItemCreated", "ItemChanged", "ItemDeleted")
        and dbus.interface(message) == _COLLECTION
        and not (dbus.path(message) or "").startswith(_ALIASES)
    )


def is_collection_signal(message: Received) -> bool:
    return dbus.interface(message) == _SERVICE


def is_owner_change(message: Received) -> bool:
    return dbus.member(message) == "NameOwnerChanged" and bool(message.body) and message.body[0] == BUS_NAME


def dismissed(signal: Received) -> bool:
    """Whether a prompt's end was the user's refusal."""
    return bool(dbus.body(signal, "bv")[0])


def collection_of(path: str) -> str:
    """The collection that a path lies in, or is; the API fixes the forms ``…/collection/NAME`` and
    ``…/collection/NAME/ITEM``."""
    return "/".join(path.split("/")[:6])


def _secrets(reply: Received) -> Iterator[tuple[str, Ciphertext]]:
    """The body ``a{o(oayays)}``, little-endian; every length is held against the array's.

    By hand, because jeepney's general reader takes longer over fifty secrets than the daemon does.
    Source: D-Bus Specification, "Marshaling": strings and arrays begin with their length at a multiple of 4, dict
    entries and structs at one of 8.
    """
    raw, position = reply.raw, reply.start
    length = uint32(raw, position)
    position += 4
    end = ((position + 7) & ~7) + length
    if end > len(raw):
        raise IndexError("array")
    reply.expect_end(end)
    while (position := (position + 7) & ~7) < end:
        item, position = _piece(raw, position, end)
        secret, position = _secret(raw, (position + 8) & ~7, end)  # behind the item's NUL
        yield item.decode(), secret


def _secret(raw: bytes, position: int, end: int) -> tuple[Ciphertext, int]:
    """The struct ``(oayays)`` at ``position``, little-endian, and where it ends; nothing of it lies behind ``end``."""
    session, position = _piece(raw, position, end)
    iv, position = _piece(raw, (position + 4) & ~3, end)  # behind the session's NUL
    value, position = _piece(raw, (position + 3) & ~3, end)
    content_type, position = _piece(raw, (position + 3) & ~3, end)
    return Ciphertext(session.decode(), iv, value, content_type.decode()), position + 1


def _piece(raw: bytes, at: int, end: int) -> tuple[bytes, int]:
    """The bytes of a string or of an array of bytes, and where they end."""
    begin = at + 4
    until = begin + uint32(raw, at)
    if until > end:
        raise IndexError("piece")
    return raw[begin:until], until


def _ciphertext(parts: Sequence[Any]) -> Ciphertext:
    session, iv, value, content_type = parts
    return Ciphertext(session, bytes(iv), bytes(value), content_type)


def _time(variant: tuple[str, Any] | None) -> int:
    return variant[1] if variant is not None and variant[0] in ("t", "x", "u", "i") else 0


def _call(path: str, interface: str, method: str, signature: str | None = None, body: tuple[Any, ...] = ()) -> Message:
    try:
        return new_method_call(DBusAddress(path, BUS_NAME, interface), method, signature, body)
    except ValueError:
        raise dbus.misnamed() from None
