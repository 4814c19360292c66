"""YAML files: every text and number, under its path, read by PyYAML.

It works on PyYAML's events, which have marks, and never builds the tree: aliases are not followed, so none can blow up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from .document import DEEPEST, Document, Path, bounded, joined, needed, verified
from .found import Found

name = "yaml"

_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*")
# what YAML 1.1 makes of a plain scalar; dates and everything else are shown as they are written
_NO_TEXT: Final = ("tag:yaml.org,2002:null", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:merge")
_TEXT: Final = "tag:yaml.org,2002:str"


def recognizes(file: str) -> bool:
    """``.yaml`` and ``.yml``."""
    return file.lower().endswith((".yaml", ".yml"))


class Leaf(NamedTuple):
    """A scalar that is no key: its path, what it says, and where it stands."""

    path: Path
    value: str
    begin: int
    end: int
    is_text: bool
    alias_of: str | None


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every text and number, dates as they are written; in a file of several documents under ``[0]``, ``[1]`` ….

    Raises:
        CorruptError: it is not YAML, has a name that is no text, or is nested deeper, or larger, than any file of
            credentials.
        UnavailableError: PyYAML is not installed.
    """
    document = Document(raw, file)
    founds = found(document, leaves(document))
    return verified(raw, founds, lambda changed: values(leaves(Document(changed, file))))


def values(every: list[Leaf]) -> dict[str, str]:
    """The values by key."""
    return {joined(leaf.path): leaf.value for leaf in every}


def found(document: Document, every: list[Leaf]) -> list[Found]:
    """What the file says, each with the places where it stands."""
    by_key: dict[str, list[Leaf]] = {}
    for leaf in every:
        by_key.setdefault(joined(leaf.path), []).append(leaf)
    return [_found(document, key, same) for key, same in by_key.items()]


def _found(document: Document, key: str, every: list[Leaf]) -> Found:
    last = every[-1]
    remarks = []
    if len(every) > 1:
        lines = ", ".join(str(document.line(leaf.begin)) for leaf in every)
        remarks.append(f"it stands on lines {lines}: the last one counts, and some tools refuse the file")
    if last.alias_of is not None:
        remarks.append(f"it is an alias for the value at &{last.alias_of}: its value changes with that one")
        return Found(key, last.value, document.line(last.begin), (), tuple(remarks))
    if not last.is_text:
        remarks.append("it is no text: another value is written as text")
    places = tuple(
        document.place(leaf.begin, leaf.end, _write)
        for leaf in every
        if leaf.value == last.value and leaf.alias_of is None
    )
    return Found(key, last.value, document.line(last.begin), places, tuple(remarks))


def _write(text: str) -> bytes:
    yaml = needed("yaml", "PyYAML")
    written: str = yaml.dump(text, Dumper=yaml.SafeDumper, default_style='"', allow_unicode=True, width=float("inf"))
    return written.rstrip("\n").encode()


def leaves(document: Document) -> list[Leaf]:
    """Every scalar that is no key, in the order of the file.

    Raises:
        CorruptError, UnavailableError: see `read`.
    """
    yaml = needed("yaml", "PyYAML")
    walk = _Walk(yaml, document)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is twenty times faster, where it was built
    try:
        for event in yaml.parse(document.text, Loader=loader):
            walk.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.refuse_line(mark.line + 1 if mark is not None else 1, "this is not YAML")
    except yaml.YAMLError as error:  # a character that YAML does not allow
        document.refuse(min(getattr(error, "position", 0), len(document.text)), "this is not YAML")
    if walk.documents > 1:
        return walk.leaves
    return [leaf._replace(path=leaf.path[1:]) for leaf in walk.leaves]


class _Collection:
    """A list or a mapping that is open: where it is, and how its next child is called."""

    def __init__(self, path: Path, *, is_list: bool) -> None:
        self.path = path
        self.is_list = is_list
        self.count = 0
        self.key: str | None = None


class _Walk:
    """Takes one event after the other, and keeps the scalars that are no keys."""

    def __init__(self, yaml: Any, document: Document) -> None:
        self._yaml = yaml
        self._document = document
        self._resolver = yaml.resolver.Resolver()
        self._anchored: dict[str, Leaf] = {}
        self._open: list[_Collection] = []
        self.leaves: list[Leaf] = []
        self.documents = 0

    def take(self, event: Any) -> None:
        """Raises: CorruptError: a name is no text, or there is too much of something."""
        yaml = self._yaml
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchored.clear()
            self.documents += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._open.pop()
        elif isinstance(event, yaml.NodeEvent):
            path = self._path(event)
            if path is None:
                return
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event, path)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event, path)
            elif len(path) > DEEPEST:
                self._document.refuse(event.start_mark.index, "it is nested too deeply")
            else:
                self._open.append(_Collection(path, is_list=isinstance(event, yaml.SequenceStartEvent)))

    def _path(self, event: Any) -> Path | None:
        """Where the node is; ``None`` for one that is the name of the next."""
        if not self._open:
            return (self.documents - 1,)
        parent = self._open[-1]
        if parent.is_list:
            parent.count += 1
            return (*parent.path, parent.count - 1)
        if parent.key is None:
            if not isinstance(event, self._yaml.ScalarEvent):
                self._document.refuse(event.start_mark.index, "this name is no text")
            parent.key = event.value
            return None
        path = (*parent.path, parent.key)
        parent.key = None
        return path

    def _scalar(self, event: Any, path: Path) -> None:
        tag = event.tag or self._resolver.resolve(self._yaml.ScalarNode, event.value, event.implicit)
        if tag in _NO_TEXT:
            return
        text = self._document.text
        begin, end = event.start_mark.index, event.end_mark.index
        properties = _PROPERTIES.match(text, begin, end)
        begin = properties.end() if properties else begin
        end = begin + len(text[begin:end].rstrip())  # a block's mark is behind the empty lines that follow it
        leaf = Leaf(path, event.value, begin, end, tag == _TEXT, None)
        if event.anchor is not None:
            self._anchored[event.anchor] = leaf
        self._keep(leaf)

    def _alias(self, event: Any, path: Path) -> None:
        """Of a scalar; a collection's values are listed where they stand."""
        known = self._anchored.get(event.anchor)
        if known is not None:
            self._keep(known._replace(path=path, begin=event.start_mark.index, alias_of=event.anchor))

    def _keep(self, leaf: Leaf) -> None:
        bounded(leaf.path, len(self.leaves), self._document)
        self.leaves.append(leaf)
