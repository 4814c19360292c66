"""``~/.kube/config``: tokens, passwords and embedded keys, each under the name of its cluster, user or context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from . import yaml
from .document import Document, verified
from .found import Found, ends_with

name = "kube"

_NAMED_LISTS = ("clusters", "contexts", "users")


def recognizes(file: str) -> bool:
    """Where kubectl keeps it."""
    return ends_with(file, ".kube/config") or file.endswith(".kubeconfig")


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every text and number, as ``users.NAME.user.token``; keys and certificates as the base64 they are written in.

    Raises:
        CorruptError, UnavailableError: as `yaml.read`.
    """
    document = Document(raw, file)
    founds = yaml.found(document, _leaves(document))
    return verified(raw, founds, lambda changed: yaml.values(_leaves(Document(changed, file))))


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
