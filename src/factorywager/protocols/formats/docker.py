"""``~/.docker/config.json``: for each registry the account, as base64 of ``user:password``, and tokens."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping

from . import json
from .document import Document, verified
from .found import Found, Place, ends_with

name = "docker"


def recognizes(file: str) -> bool:
    """Where docker and podman keep it."""
    return ends_with(file, ".docker/config.json", ".dockercfg", "containers/auth.json")


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every text of the file; of an ``auth`` the password alone, which is written back beside the same user.

    Raises:
        CorruptError: it is not JSON.
    """
    document = Document(raw, file)
    founds = [_decoded(found) for found in json.leaves(document)]
    return verified(raw, founds, lambda changed: dict(_values(Document(changed, file))))


def _values(document: Document) -> Iterator[tuple[str, str]]:
    for key, value in json.scalars(document).items():
        account = _account(key, value)
        yield key, value if account is None else account[1]


def _decoded(found: Found) -> Found:
    account = _account(found.key, found.value)
    if account is None:
        return found
    user, password = account
    places = tuple(Place(place.begin, place.end, _writer(user, place.write)) for place in found.places)
    remark = "it is written as base64, together with its user"
    return found._replace(value=password, places=places, remarks=(*found.remarks, remark))


def _writer(user: str, write: Callable[[str], bytes]) -> Callable[[str], bytes]:
    return lambda password: write(base64.b64encode(f"{user}:{password}".encode()).decode())


def _account(key: str, value: str) -> tuple[str, str] | None:
    """User and password of an ``auth``; docker cuts at the first colon, and takes NULs off the end."""
    if not key.endswith(".auth"):
        return None
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):  # UnicodeDecodeError is a ValueError
        return None
    return (user, password) if colon else None
