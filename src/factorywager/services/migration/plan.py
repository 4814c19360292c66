"""`Plan`: what a migration would do, after a look at what the store holds; nothing is changed by making one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal, NamedTuple

from ...errors import ArgumentValueError, ConflictError, CorruptError
from ...flow import Flow
from ...model import Ref, Secret
from ...protocols.formats.found import Found, rewritten
from .. import references
from ..operations import Operations
from .fingerprint import Fingerprints
from .selection import Chosen
from .source import Source


class Treatment(StrEnum):
    """What becomes of the values in the files."""

    KEEP = "keep"
    BLANK = "blank"
    REPLACE = "replace"


class Step(NamedTuple):
    """What becomes of one value.

    Attributes:
        state: ``new``; ``unchanged`` (the entry has this value already); ``conflict`` (it has another);
            ``empty`` (there is nothing to store); ``reference`` (what stands there refers to an entry).
        fingerprint: see `Fingerprints`.
    """

    source: Source
    found: Found
    name: str
    value: Secret
    state: Literal["new", "unchanged", "conflict", "empty", "reference"]
    fingerprint: str

    @property
    def writes(self) -> bool:
        """Whether applying it changes the store."""
        return self.state in ("new", "conflict")

    @property
    def moves(self) -> bool:
        """Whether the value is in the store in the end, so that the file can do without it."""
        return self.writes or self.state == "unchanged"


class Rewrite(NamedTuple):
    """A file as it is and as it is to be."""

    source: Source
    path: str
    after: bytes


class Plan(NamedTuple):
    """All of it.  Steps are in the order of the files, and of the values in each."""

    service: str
    treatment: Treatment
    steps: Sequence[Step]
    rewrites: Sequence[Rewrite]
    fingerprints: Fingerprints

    @property
    def writes(self) -> dict[str, Step]:
        """What is to be stored, by entry: the same value of two files is written once."""
        return {step.name: step for step in self.steps if step.writes}

    @property
    def moves(self) -> dict[str, Step]:
        """What the store holds in the end, by entry."""
        return {step.name: step for step in self.steps if step.moves}


def make(
    operations: Operations, service: str, chosen: Sequence[Chosen], treatment: Treatment, fingerprints: Fingerprints
) -> Flow[Plan]:
    """Look at what the store holds, and say what would happen to each value.

    Raises:
        CorruptError: a value is not text.
        ArgumentValueError: a value cannot be taken out of its source.
        ConflictError: without the values, something else in the file would change.
    """
    held = yield from operations.get_many(service, list(dict.fromkeys(one.name for one in chosen)))
    steps = [_step(one, held.get(one.name), fingerprints) for one in chosen]
    for secret in held.values():
        secret.wipe()
    return Plan(service, treatment, steps, rewrites(service, treatment, steps), fingerprints)


def _step(one: Chosen, held: Secret | None, fingerprints: Fingerprints) -> Step:
    source, found, name = one
    try:
        value = Secret(found.value.encode())
    except UnicodeEncodeError:
        raise CorruptError(f"the value of {found.key} is not UTF-8 text: nothing was migrated") from None
    state: Literal["new", "unchanged", "conflict", "empty", "reference"]
    if value.empty:
        state = "empty"
    elif references.is_reference(found.value):
        # storing it would make an entry that refers to itself, and a file whose secret is already elsewhere
        state = "reference"
    elif held is None:
        state = "new"
    else:
        state = "unchanged" if held == value else "conflict"
    return Step(source, found, name, value, state, fingerprints.of_value(value))


def rewrites(service: str, treatment: Treatment, steps: Sequence[Step]) -> list[Rewrite]:
    """The files as they are to be.  See `make` for what it raises."""
    if treatment is Treatment.KEEP:
        return []
    made: list[Rewrite] = []
    for path in dict.fromkeys(step.source.path for step in steps if step.moves):
        own = [step for step in steps if step.moves and step.source.path == path]
        source = own[0].source
        if path is None:
            raise ArgumentValueError(
                f"{source.given or 'the environment'} cannot be changed", hint="leave --blank and --replace out"
            )
        texts = {step.found.key: _text(service, treatment, step) for step in own}
        made.append(Rewrite(source, path, _after(source, texts)))
    return made


def _text(service: str, treatment: Treatment, step: Step) -> str:
    if not step.found.places:
        raise ArgumentValueError(
            f"{step.source.given}: {step.found.key} cannot be taken out of such a file",
            hint="leave --blank and --replace out, and delete the file when everything works",
        )
    return references.written(Ref(service, step.name)) if treatment is Treatment.REPLACE else ""


def _after(source: Source, texts: Mapping[str, str]) -> bytes:
    """The file with these texts for values.  It is read again, so that what it says then is known and not hoped."""
    assert source.format is not None  # only the environment has none
    by_key = source.by_key()
    after = rewritten(source.raw, [(by_key[key], text) for key, text in texts.items()])
    told = {found.key: found.value for found in source.format.read(after, source.given or "", os.environ)}
    for found in source.found:
        if told.get(found.key, "") != texts.get(found.key, found.value):
            raise ConflictError(
                f"{source.given}: {found.key} would become something else without the values that it is made of",
                hint=f"migrate {found.key} as well, or leave --blank and --replace out",
            )
    return after
