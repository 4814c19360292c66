"""What other keepers of secrets wrote here: recognised by the attributes and the label that they give an item.

============== =============================================== ================================
writer         attributes                                      label
============== =============================================== ================================
python-keyring ``application=Python keyring library``, and     not looked at
               ``service``, ``username`` (or the scheme for
               KeePassXC: ``Title``, ``UserName``)
keyring-rs     ``service``, ``username``; up to version 3 also ``keyring:NAME@SERVICE``
               ``application=rust-keyring``
go-keyring     ``service``, ``username``                       ``Password for 'NAME' on 'SERVICE'``
keytar         ``xdg:schema=org.freedesktop.Secret.Generic``,  ``SERVICE/NAME``
               ``service``, ``account``
============== =============================================== ================================

Sources: python-keyring 25, keytar 7.10 and keyring-rs 4 as seen running, go-keyring's ``keyring_unix.go``.
Anything else is some other program's own business and is not offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...errors import LockedError
from ...flow import Flow
from ...model import Foreign, Secret
from ...protocols import secret_service as api
from ..store import Terms
from .items import decrypt, describe, moment
from .link import Link
from .prompts import Prompts
from .translate import STORE, VanishedError, checked

_GENERIC_SCHEMA: Final = "org.freedesktop.Secret.Generic"
_SCHEMA_ATTRIBUTE: Final = "xdg:schema"


def recognise(attributes: Mapping[str, str], label: str) -> tuple[str, str, str] | None:
    """Writer, service and name of an item in one of the forms above; ``None`` for every other."""
    application = attributes.get("application")
    service = attributes.get("service") or ""
    user, account = attributes.get("username") or "", attributes.get("account") or ""
    if application == "Python keyring library":
        found = ("python-keyring", service or attributes.get("Title", ""), user or attributes.get("UserName", ""))
    elif application == "rust-keyring" or (application is None and label == f"keyring:{user}@{service}"):
        found = ("keyring-rs", service, user)
    elif application is None and label == f"Password for '{user}' on '{service}'":
        found = ("go-keyring", service, user)
    elif attributes.get(_SCHEMA_ATTRIBUTE) == _GENERIC_SCHEMA and label == f"{service}/{account}":
        found = ("keytar", service, account)
    else:
        return None
    # an entry of ours cannot have an empty name, or one with NUL
    return found if all(found) and "\0" not in "".join(found) else None


def list_foreign(link: Link, service: str | None, prompts: Prompts, terms: Terms) -> Flow[list[Foreign]]:
    """Every recognised item of every collection, unlocked where need be: a locked one says only hashes of itself."""
    deadline = terms.deadline
    collections = api.property_value((yield from link.ask(api.collections(), deadline)), "ao")
    replies = yield from link.ask_all([api.collection_locked(path) for path in collections], deadline)
    locked = [path for path, reply in zip(collections, replies, strict=True) if api.property_value(checked(reply), "b")]
    if locked:
        yield from prompts.unlock(link, locked, terms)
    replies = yield from link.ask_all([api.collection_items(path) for path in collections], deadline)
    paths = [path for reply in replies for path in api.property_value(checked(reply), "ao")]
    found = []
    for item in (yield from describe(link, paths, deadline)):
        known = recognise(item.attributes, item.label)
        if known is not None and service in (None, known[1]):
            found.append(Foreign(*known, STORE, item.path, moment(item.created), moment(item.modified)))
    return sorted(found, key=lambda entry: (entry.service, entry.name, entry.writer, entry.handle))


def read_foreign(link: Link, entry: Foreign, prompts: Prompts, terms: Terms) -> Flow[Secret | None]:
    """All of them write UTF-8, so the bytes are given as they are."""
    if not (yield from _still(link, entry, terms)):
        return None
    try:
        try:
            reply = yield from link.ask(api.get_secret(entry.handle, link.session), terms.deadline)
        except LockedError:  # KeePassXC locks items one by one
            yield from prompts.unlock(link, [entry.handle], terms)
            reply = yield from link.ask(api.get_secret(entry.handle, link.session), terms.deadline)
    except VanishedError:
        return None
    return decrypt(link, api.secret(reply))


def delete_foreign(link: Link, entry: Foreign, prompts: Prompts, terms: Terms) -> Flow[bool]:
    if not (yield from _still(link, entry, terms)):
        return False
    try:
        prompt = api.one_path((yield from link.ask(api.delete_item(entry.handle), terms.deadline)))
        if prompt != api.NO_PATH:
            yield from prompts.run(link, prompt, terms)
    except VanishedError:
        return False
    return True


def _still(link: Link, entry: Foreign, terms: Terms) -> Flow[bool]:
    """Whether the item is what it was when it was listed: a path may have become another program's item since."""
    items = yield from describe(link, [entry.handle], terms.deadline)
    return any(recognise(item.attributes, item.label) == entry[:3] for item in items)
