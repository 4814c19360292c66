"""``~/.kube/config``: tokens, passwords and embedded keys, each under the name of its cluster, user or context."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Callable, Mapping

from ...model.ref import SCHEME
from . import yaml
from .document import Document, verified
from .found import Found, Place, ends_with

name = "kube"

_NAMED_LISTS = ("clusters", "contexts", "users")


def recognizes(file: str) -> bool:
    """Where kubectl keeps it."""
    return ends_with(file, ".kube/config") or file.endswith(".kubeconfig")


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every text and number, as ``users.NAME.user.token``; keys and certificates as the base64 they are written in.

    A reference in the place of one is base64 too: kubectl refuses a whole file for anything else there.

    Raises:
        CorruptError, UnavailableError: as `yaml.read`.
    """
    document = Document(raw, file)
    founds = [_embedded(found) for found in yaml.found(document, _leaves(document))]
    return verified(raw, founds, lambda changed: _values(Document(changed, file)))


def _values(document: Document) -> dict[str, str]:
    return {key: _reference(key, value) for key, value in yaml.values(_leaves(document)).items()}


def _embedded(found: Found) -> Found:
    if not found.key.endswith("-data"):
        return found
    places = tuple(Place(place.begin, place.end, _writer(place.write)) for place in found.places)
    return found._replace(value=_reference(found.key, found.value), places=places)


def _writer(write: Callable[[str], bytes]) -> Callable[[str], bytes]:
    return lambda text: write(base64.b64encode(text.encode()).decode() if text.startswith(SCHEME) else text)


def _reference(key: str, value: str) -> str:
    """The reference that stands there as base64; every other value as it is."""
    if not key.endswith("-data"):
        return value
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):  # UnicodeDecodeError is a ValueError
        return value
    return text if text.startswith(SCHEME) else value


def _leaves(document: Document) -> list[yaml.Leaf]:
    every = yaml.leaves(document)
    names = {leaf.path[:2]: leaf.value for leaf in every if _is_name(leaf)}
    often = Counter((path[0], value) for path, value in names.items())
    return [
        leaf._replace(path=(leaf.path[0], names[leaf.path[:2]], *leaf.path[2:]))
        if leaf.path[:2] in names and often[leaf.path[0], names[leaf.path[:2]]] == 1
        else leaf
        for leaf in every
        # a name that is part of the others' keys is no value of its own
        if not (_is_name(leaf) and often[leaf.path[0], leaf.value] == 1)
    ]


def _is_name(leaf: yaml.Leaf) -> bool:
    return len(leaf.path) == 3 and leaf.path[0] in _NAMED_LISTS and leaf.path[2] == "name"
