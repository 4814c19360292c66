"""`Daemon`: one life of the fake: its sessions and prompts, and what it answers.  No I/O; the keyring outlives it.

Source: Secret Service API draft; what the daemons do differently is in `Personality`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import md5
from itertools import count
from typing import Any, Final

from jeepney import DBusAddress, HeaderFields, Message, new_error, new_method_return, new_signal

from .answers import Answer, CallError, Variant
from .exchange import ENCRYPTED, EncryptedSession, PlainSession, WrongKeyError, agree
from .faults import Fault, Faults
from .keyring import ROOT, Collection, Item, Keyring
from .personality import Personality
from .prompts import Prompts, User

_S: Final = "org.freedesktop.Secret."
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
NO_PATH: Final = "/"

_LOCKED: Final = f"{_S}Error.IsLocked"
_INVALID: Final = "org.freedesktop.DBus.Error.InvalidArgs"
_UNSUPPORTED: Final = "org.freedesktop.DBus.Error.NotSupported"


class Daemon:
    """A running Secret Service.

    Args:
        name: its unique name on the bus.
        dialogs: what a user would have seen, one line for each dialog; added to here.

    Attributes:
        prompts: what waits to be shown, and who answers it.
    """

    def __init__(
        self, name: str, personality: Personality, keyring: Keyring, faults: Faults, user: User, dialogs: list[str]
    ) -> None:
        self.name = name
        self._personality = personality
        self._keyring = keyring
        self._faults = faults
        self.prompts = Prompts(user, dialogs)
        self._sessions: dict[str, tuple[str, PlainSession | EncryptedSession]] = {}
        self._read = {collection.path for collection in keyring.collections.values() if not collection.locked}
        self._opened: set[tuple[str, str]] = set()  # items that a client may read, by client and path
        self._numbers = count(1)
        self._client = ""
        self._before: list[Message] = []
        self._after: list[Message] = []

    def handle(self, client: str, call: Message) -> list[Message]:
        """Everything to send because of one call, in order; the reply has a ``reply_serial``."""
        self._client, self._before, self._after = client, [], []
        fields = call.header.fields
        try:
            signature, body = self._answer(
                fields[HeaderFields.path],
                fields.get(HeaderFields.interface, ""),
                fields[HeaderFields.member],
                fields.get(HeaderFields.signature, ""),
                call.body,
            )
            reply = new_method_return(call, signature or None, body)
        except CallError as error:
            reply = new_error(call, error.name, "s", (error.text,))
        return [*self._before, reply, *self._after]

    def forget_sessions(self) -> None:
        self._sessions.clear()

    # --- calls --------------------------------------------------------------------------------

    def _answer(self, path: str, interface: str, member: str, signature: str, body: tuple[Any, ...]) -> Answer:
        if interface == _PROPERTIES:
            return self._property(path, member, body)
        method = _METHODS.get((interface, member))
        if method is None:
            raise CallError(self._personality.no_method, f"No such method “{member}”")
        if signature != method[0]:
            raise CallError(_INVALID, f"Type of message, “({signature})”, does not match expected “({method[0]})”")
        return method[1](self, path, *body)

    def _open_session(self, path: str, algorithm: str, argument: Variant) -> Answer:
        session: PlainSession | EncryptedSession
        output: Variant
        if algorithm == "plain":
            output, session = self._personality.plain, PlainSession()
        elif algorithm == ENCRYPTED and argument[0] == "ay":
            theirs = bytes(argument[1])
            if self._personality.key_bytes not in (None, len(theirs)):
                raise CallError(_INVALID, f"a public key has {self._personality.key_bytes} bytes")
            public, session = agree(
                theirs,
                pads=self._personality.pads,
                zero_secret=self._faults.strikes(Fault.LEADING_ZERO_SHARED_KEY),
                zero_public=self._faults.strikes(Fault.LEADING_ZERO_PUBLIC_KEY),
            )
            output = ("ay", public)
        else:
            raise CallError(_UNSUPPORTED, f"The algorithm “{algorithm}” is not supported")
        at = f"{ROOT}/session/s{next(self._numbers)}"
        self._sessions[at] = (self._client, session)
        return "vo", (output, at)

    def _close_session(self, path: str) -> Answer:
        self._session(path)
        del self._sessions[path]
        return "", ()

    def _search(self, path: str, wanted: dict[str, str]) -> Answer:
        unlocked, locked = self._found(self._keyring.items(), wanted)
        return "aoao", (unlocked, locked)

    def _search_collection(self, path: str, wanted: dict[str, str]) -> Answer:
        collection = self._collection(path)
        unlocked, locked = self._found([(collection, item) for item in collection.items.values()], wanted)
        return "ao", ([*unlocked, *locked],)

    def _found(self, items: Iterable[tuple[Collection, Item]], wanted: dict[str, str]) -> tuple[list[str], list[str]]:
        unlocked: list[str] = []
        locked: list[str] = []
        for collection, item in items:
            if item.matches(wanted) and not (collection.locked and self._has(Fault.LOCKED_IS_EMPTY)):
                (locked if self._is_locked(collection, item) else unlocked).append(item.path)
        return unlocked, locked

    def _unlock(self, path: str, objects: list[str]) -> Answer:
        locked = [each for each in objects if self._object_locked(each)]
        open_now = [each for each in objects if each not in locked]
        if self._faults.strikes(Fault.STAYS_LOCKED):
            return "aoo", (objects, NO_PATH)
        if not locked and not self._has(Fault.PROMPTS):
            return "aoo", (objects, NO_PATH)

        def act() -> Variant:
            for each in locked:
                self._open(each)
            return "ao", objects

        return "aoo", (open_now, self._prompt("unlock" if locked else "", act))

    def _lock(self, path: str, objects: list[str]) -> Answer:
        for each in objects:
            if each in self._keyring.collections:
                self._keyring.collections[each].locked = True
            self._opened.discard((self._client, each))
        return "aoo", (objects, NO_PATH)

    def _get_secrets(self, path: str, paths: list[str], session: str) -> Answer:
        self._session(session)
        if self._faults.strikes(Fault.GET_SECRETS_FAILS):
            raise CallError(self._personality.missed or self._personality.vanished, "an item is gone")
        secrets = {}
        for each in paths:
            found = self._keyring.find(each)
            if found is None:
                if self._personality.missed is not None:
                    raise CallError(self._personality.missed, f"No such item: {each}")
                continue
            if not self._is_unreadable(*found) and not self._faults.strikes(Fault.GET_SECRETS_OMITS):
                secrets[each] = self._sealed(session, found[1])
        return "a{o(oayays)}", (secrets,)

    def _get_secret(self, path: str, session: str) -> Answer:
        collection, item = self._item(path)
        self._session(session)
        if self._is_unreadable(collection, item):
            raise CallError(_LOCKED, "Cannot get secret of a locked object")
        return "(oayays)", (self._sealed(session, item),)

    def _set_secret(self, path: str, secret: tuple[Any, ...]) -> Answer:
        collection, item = self._item(path)
        if self._is_locked(collection, item):
            raise CallError(_LOCKED, "Cannot set secret of a locked item")
        item.value, item.content_type = self._opened_secret(secret), secret[3]
        return "", ()

    def _create_item(self, path: str, properties: dict[str, Variant], secret: tuple[Any, ...], replace: bool) -> Answer:
        collection = self._collection(path)
        value = self._opened_secret(secret)
        if collection.locked and not self._writes_prompt:
            raise CallError(_LOCKED, "Cannot create an item in a locked collection")
        attributes = properties.get(f"{_S}Item.Attributes", ("a{ss}", {}))[1]
        label = properties.get(f"{_S}Item.Label", ("s", ""))[1]

        def act() -> Variant:
            collection.locked = False
            for item in collection.items.values() if replace else ():
                if item.attributes == attributes:
                    item.value, item.label, item.content_type = value, label, secret[3]
                    item.modified = max(item.modified, item.created)
                    self._signal(collection, "ItemChanged", item.path)
                    return "o", item.path
            item = self._keyring.add(collection, dict(attributes), value, label)
            item.content_type = secret[3]
            self._signal(collection, "ItemCreated", item.path)
            return "o", item.path

        if self._writes_prompt:
            return "oo", (NO_PATH, self._prompt("create", act))
        return "oo", (act()[1], NO_PATH)

    def _delete_item(self, path: str) -> Answer:
        collection, item = self._item(path)
        if collection.locked and not self._writes_prompt:
            raise CallError(_LOCKED, "Cannot delete a locked item")

        def act() -> Variant:
            collection.items.pop(item.path, None)
            self._signal(collection, "ItemDeleted", item.path)
            return "s", ""

        if self._writes_prompt:
            return "o", (self._prompt("delete", act),)
        act()
        return "o", (NO_PATH,)

    def _create_collection(self, path: str, properties: dict[str, Variant], alias: str) -> Answer:
        def act() -> Variant:
            made = self._keyring.add_collection(properties.get(f"{_S}Collection.Label", ("s", ""))[1])
            if alias:
                self._keyring.aliases[alias] = made.path
            return "o", made.path

        return "oo", (NO_PATH, self._prompt("create a collection", act))

    def _read_alias(self, path: str, alias: str) -> Answer:
        if alias == "default" and self._faults.strikes(Fault.NO_DEFAULT_ALIAS):
            return "o", (NO_PATH,)
        return "o", (self._keyring.aliases.get(alias, NO_PATH),)

    def _set_alias(self, path: str, alias: str, collection: str) -> Answer:
        self._keyring.aliases[alias] = collection
        return "", ()

    # --- prompts ------------------------------------------------------------------------------

    @property
    def _writes_prompt(self) -> bool:
        return self._personality.write_prompts or self._has(Fault.PROMPTS)

    def _prompt(self, dialog: str, act: Callable[[], Variant]) -> str:
        return self.prompts.add(f"{ROOT}/prompt/p{next(self._numbers)}", dialog, act)

    def _show(self, path: str, window: str) -> Answer:
        if not self.prompts.waits(path):
            raise CallError(self._personality.vanished, f"Object does not exist at path “{path}”")
        if (completed := self.prompts.show(path)) is not None:
            (self._before if self.prompts.user is User.IS_FASTER else self._after).append(completed)
        return "", ()

    def _dismiss(self, path: str) -> Answer:
        self.prompts.drop(path)
        return "", ()

    # --- properties ---------------------------------------------------------------------------

    def _property(self, path: str, member: str, body: tuple[Any, ...]) -> Answer:
        properties = self._properties(path)
        match member:
            case "Get" if body[1] in properties:
                return "v", (properties[body[1]],)
            case "GetAll":
                return "a{sv}", (properties,)
            case "Set" if body[1] in ("Label", "Attributes"):
                collection, item = self._item(path)
                setattr(item, body[1].lower(), body[2][1])
                self._signal(collection, "ItemChanged", item.path)
                return "", ()
        raise CallError(self._personality.no_property, f"No such property “{body[1:2]}”")

    def _properties(self, path: str) -> dict[str, Variant]:
        if path == ROOT:
            return {"Collections": ("ao", list(self._keyring.collections))}
        if path in self._keyring.collections:
            collection = self._keyring.collections[path]
            return {
                "Items": ("ao", list(collection.items)),
                "Label": ("s", collection.label),
                "Locked": ("b", collection.locked),
                "Created": ("t", 1),
                "Modified": ("t", 1),
            }
        collection, item = self._item(path)
        hashed = collection.locked and self._hashes(collection)
        attributes = {name: _hash(value) if hashed else value for name, value in item.attributes.items()}
        attributes |= dict.fromkeys(self._personality.adds, "")
        own: dict[str, Variant] = {
            "Attributes": ("a{ss}", {f"gkr:compat:hashed:{name}": value for name, value in attributes.items()})
            if hashed
            else ("a{ss}", attributes),
            "Label": ("s", "" if hashed else item.label),
            "Locked": ("b", self._is_locked(collection, item)),
            "Created": ("t", item.created),
            "Modified": ("t", item.modified),
        }
        return own | {"Type": ("s", "org.freedesktop.Secret.Generic")} if self._personality.kinds else own

    # --- within -------------------------------------------------------------------------------

    def _has(self, fault: Fault) -> bool:
        return fault in self._personality.habits or self._faults.strikes(fault)

    def _is_locked(self, collection: Collection, item: Item) -> bool:
        if collection.locked:
            return True
        return self._has(Fault.ITEM_LOCKS) and (self._client, item.path) not in self._opened

    def _is_unreadable(self, collection: Collection, item: Item) -> bool:
        return self._is_locked(collection, item) and not self._personality.blanks

    def _hashes(self, collection: Collection) -> bool:
        """GNOME Keyring remembers what it has once read, until it is started again."""
        forgotten = Fault.HASHED_ATTRIBUTES in self._personality.habits and collection.path not in self._read
        return forgotten or self._faults.strikes(Fault.HASHED_ATTRIBUTES)

    def _object_locked(self, path: str) -> bool:
        if path in self._keyring.collections:
            return self._keyring.collections[path].locked
        found = self._keyring.find(path)
        return found is not None and self._is_locked(*found)

    def _open(self, path: str) -> None:
        found = self._keyring.find(path)
        collection = self._keyring.collections.get(path) if found is None else found[0]
        if collection is not None:
            collection.locked = False
            self._read.add(collection.path)
        self._opened.add((self._client, path))

    def _collection(self, path: str) -> Collection:
        path = self._keyring.aliases.get(path.removeprefix(f"{ROOT}/aliases/"), path)
        if path not in self._keyring.collections:
            raise CallError(self._personality.vanished, f"Object does not exist at path “{path}”")
        return self._keyring.collections[path]

    def _item(self, path: str) -> tuple[Collection, Item]:
        found = self._keyring.find(path)
        if found is None or (found[0].locked and self._personality.hides):
            raise CallError(self._personality.vanished, f"Object does not exist at path “{path}”")
        return found

    def _session(self, path: str, unknown: str | None = None) -> PlainSession | EncryptedSession:
        if self._faults.strikes(Fault.STALE_SESSION):
            self.forget_sessions()
        owner, session = self._sessions.get(path, (None, None))
        if session is None or owner != self._client:
            raise CallError(unknown or self._personality.stale, "Can't find session")
        return session

    def _sealed(self, session: str, item: Item) -> tuple[str, bytes, bytes, str]:
        held = b"" if self._is_locked(*self._item(item.path)) else item.value
        iv, value = self._sessions[session][1].encrypt(held)
        self._opened.discard((self._client, item.path))  # "allow once"
        return session, iv, value, item.content_type

    def _opened_secret(self, secret: tuple[Any, ...]) -> bytes:
        path, iv, value, _ = secret
        try:
            return self._session(path, self._personality.undecipherable).decrypt(bytes(iv), bytes(value))
        except WrongKeyError:
            raise CallError(self._personality.undecipherable, "Can't find session") from None

    def _signal(self, collection: Collection, member: str, item: str) -> None:
        """Before the reply, as GNOME Keyring does."""
        emitter = DBusAddress(collection.path, interface=f"{_S}Collection")
        self._before.append(new_signal(emitter, member, "o", (item,)))


# by interface and member: the types of the arguments, and the method
_METHODS: Final[dict[tuple[str, str], tuple[str, Callable[..., Answer]]]] = {
    (f"{_S}Service", "OpenSession"): ("sv", Daemon._open_session),
    (f"{_S}Service", "SearchItems"): ("a{ss}", Daemon._search),
    (f"{_S}Service", "Unlock"): ("ao", Daemon._unlock),
    (f"{_S}Service", "Lock"): ("ao", Daemon._lock),
    (f"{_S}Service", "GetSecrets"): ("aoo", Daemon._get_secrets),
    (f"{_S}Service", "CreateCollection"): ("a{sv}s", Daemon._create_collection),
    (f"{_S}Service", "ReadAlias"): ("s", Daemon._read_alias),
    (f"{_S}Service", "SetAlias"): ("so", Daemon._set_alias),
    (f"{_S}Session", "Close"): ("", Daemon._close_session),
    (f"{_S}Collection", "SearchItems"): ("a{ss}", Daemon._search_collection),
    (f"{_S}Collection", "CreateItem"): ("a{sv}(oayays)b", Daemon._create_item),
    (f"{_S}Item", "GetSecret"): ("o", Daemon._get_secret),
    (f"{_S}Item", "SetSecret"): ("(oayays)", Daemon._set_secret),
    (f"{_S}Item", "Delete"): ("", Daemon._delete_item),
    (f"{_S}Prompt", "Prompt"): ("s", Daemon._show),
    (f"{_S}Prompt", "Dismiss"): ("", Daemon._dismiss),
}


def _hash(value: str) -> str:
    """What GNOME Keyring shows in place of a value."""
    return md5(value.encode(), usedforsecurity=False).hexdigest()
