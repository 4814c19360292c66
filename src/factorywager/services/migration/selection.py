"""`Selection`: which of the values that were found go, and to which entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...errors import ConflictError, NotFoundError
from ...protocols.formats.found import Found
from .. import catalogue
from ..references import is_reference
from ..suspicion import suspect
from .source import Source


class Selection(NamedTuple):
    """What the user decided.

    Attributes:
        every: all of them, not only the guide's seven and those in ``names``.
        secrets: those that look like secrets as well.
        names: entry names for variables, before the guide's own.
        only: just these, whether the guide knows them or not; empty for no such limit.
        without: these stay.
    """

    every: bool = False
    secrets: bool = False
    names: Mapping[str, str] = {}
    only: Sequence[str] = ()
    without: Sequence[str] = ()


class Proposal(NamedTuple):
    """One value that nobody has said anything about.

    Attributes:
        reason: why it looks like a secret; ``None`` where it does not.
    """

    source: Source
    found: Found
    reason: str | None


class Chosen(NamedTuple):
    """One value that goes, and the entry it goes to."""

    source: Source
    found: Found
    name: str


def select(sources: Sequence[Source], selection: Selection) -> list[Chosen]:
    """What goes where.

    Raises:
        NotFoundError: a variable that was asked for by name is not there.
        ConflictError: two variables, or one variable's values in two files, would go to one entry.
    """
    there = {found.key for source in sources for found in source.found}
    absent = [variable for variable in (*selection.only, *selection.names) if variable not in there]
    if absent:
        raise NotFoundError(f"there is no variable {', '.join(absent)}: nothing was migrated")
    chosen: list[Chosen] = []
    owners: dict[str, Chosen] = {}
    for source in sources:
        for found, name in _going(source, selection):
            one = Chosen(source, found, name)
            _agree(owners.setdefault(name, one), one)
            chosen.append(one)
    return chosen


def propose(sources: Sequence[Source], chosen: Sequence[Chosen]) -> list[Proposal]:
    """What stays where it is as things are, and what it looks like; the user decides."""
    taken = {(id(one.source), one.found.key) for one in chosen}
    return [
        Proposal(source, found, looks_like(found))
        for source in sources
        for found in source.found
        if found.value and not is_reference(found.value) and (id(source), found.key) not in taken
    ]


def looks_like(found: Found) -> str | None:
    """Why a value looks like a secret; ``None`` where it looks like configuration."""
    suspicion = suspect(found.key, found.value)
    return None if suspicion is None else suspicion.reason


def _going(source: Source, selection: Selection) -> Iterator[tuple[Found, str]]:
    known = {**catalogue.NAME_OF_VARIABLE, **selection.names}
    keys = source.by_key()
    for key in selection.only or keys:
        wanted = bool(selection.only) or selection.every or key in known
        if not wanted and selection.secrets and not selection.only:
            wanted = looks_like(keys[key]) is not None
        if wanted and key in keys and key not in selection.without:
            yield keys[key], known.get(key) or catalogue.name_of(key)


def _agree(first: Chosen, second: Chosen) -> None:
    """The same value of the same variable in several files is one entry; anything else would lose one of them."""
    if first.found.key == second.found.key and first.found.value == second.found.value:
        return
    if first.found.key == second.found.key:
        raise ConflictError(
            f"{first.found.key} has different values in {first.source.given} and {second.source.given}: "
            "nothing was migrated",
            hint="migrate the files one after the other, each with a --service of its own",
        )
    key = second.found.key
    raise ConflictError(
        f"{first.found.key} and {key} would both become {second.name}: nothing was migrated",
        hint=f"name one of them with --map {key}=NAME, or leave it out with --except {key}",
    )
