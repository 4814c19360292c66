"""Moving variables from a ``.env`` file or the environment into a store: select, plan, apply.

A plan is made before anything is written, and can be shown as it is; applying it writes one entry at a time and
reads each back.  Where the values came from is never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from ..errors import ConflictError, CorruptError, NotFoundError, PlatformError
from ..flow import Flow
from ..model import Ref, Secret
from ..protocols.dotenv import Assignment
from . import catalogue
from .operations import Operations


class Selection(NamedTuple):
    """Which variables go, and where to.

    Attributes:
        every: all of them, not only the guide's seven and those in ``names``.
        names: entry names for variables, before the guide's own.
        only: just these, whether the guide knows them or not; empty for no such limit.
        without: these stay.
    """

    every: bool = False
    names: Mapping[str, str] = {}
    only: Sequence[str] = ()
    without: Sequence[str] = ()


class Step(NamedTuple):
    """What becomes of one variable.

    Attributes:
        state: ``new``; ``unchanged`` (the entry has this value already); ``conflict`` (it has another);
            ``empty`` (there is nothing to store).
    """

    source: Assignment
    name: str
    value: Secret
    state: Literal["new", "unchanged", "conflict", "empty"]

    @property
    def writes(self) -> bool:
        """Whether applying it changes the store."""
        return self.state in ("new", "conflict")


def select(there: Mapping[str, Assignment], selection: Selection) -> dict[str, str]:
    """The entry name for each variable that goes.

    Raises:
        NotFoundError: a variable that was asked for by name is not there.
        ConflictError: two variables would go to one entry.
    """
    absent = [variable for variable in (*selection.only, *selection.names) if variable not in there]
    if absent:
        raise NotFoundError(f"there is no variable {', '.join(absent)}: nothing was migrated")
    known = {**catalogue.NAME_OF_VARIABLE, **selection.names}
    going = selection.only or [variable for variable in there if selection.every or variable in known]
    targets: dict[str, str] = {}
    owners: dict[str, str] = {}
    for variable in going:
        if variable in selection.without:
            continue
        name = known.get(variable) or catalogue.name_of(variable)
        rival = owners.setdefault(name, variable)
        if rival != variable:
            raise ConflictError(
                f"{rival} and {variable} would both become {name}: nothing was migrated",
                hint=f"name one of them with --map {variable}=NAME, or leave it out with --except {variable}",
            )
        targets[variable] = name
    return targets


def plan(
    operations: Operations, service: str, there: Mapping[str, Assignment], targets: Mapping[str, str]
) -> Flow[list[Step]]:
    """What would happen to each variable, after a look at what the store holds.  Changes nothing.

    Raises:
        CorruptError: a value is not text.
    """
    held = yield from operations.get_many(service, list(targets.values()))
    steps = [_step(there[variable], name, held.get(name)) for variable, name in targets.items()]
    for secret in held.values():
        secret.wipe()
    return steps


def _step(source: Assignment, name: str, held: Secret | None) -> Step:
    try:
        raw = source.value.encode()
    except UnicodeEncodeError:
        raise CorruptError(f"the value of {source.variable} is not UTF-8 text: nothing was migrated") from None
    value = Secret(raw)
    if value.empty:
        return Step(source, name, value, "empty")
    if held is None:
        return Step(source, name, value, "new")
    return Step(source, name, value, "unchanged" if held == value else "conflict")


def apply(
    operations: Operations, service: str, steps: Sequence[Step], *, force: bool, done: Callable[[Step], None]
) -> Flow[None]:
    """Carry a plan out, step by step; an error ends it where it stands.

    Args:
        force: overwrite entries that hold another value.
        done: told of each step once its entry has been written, read back and found equal.

    Raises:
        ConflictError: entries hold other values and ``force`` is false, in which case nothing was written; or
            one was created by somebody else since the plan was made.
        PlatformError: the store gives back something else than was written.
    """
    conflicts = [step.name for step in steps if step.state == "conflict"]
    if conflicts and not force:
        raise ConflictError(
            f"other values are there already: {', '.join(conflicts)}; nothing was written",
            hint="--force overwrites them, --except VARIABLE leaves a variable out",
            store=operations.store.name,
            service=service,
        )
    for step in steps:
        if step.writes:
            yield from _write(operations, Ref(service, step.name), step)
            done(step)


def _write(operations: Operations, ref: Ref, step: Step) -> Flow[None]:
    # each of these is wiped by what it is given to, so they get copies
    if step.state == "new":
        stored = yield from operations.get_or_create(ref, lambda: Secret(step.value.bytes))
    else:
        yield from operations.set(ref, Secret(step.value.bytes))
        stored = yield from operations.require(ref)
    try:
        if stored == step.value:
            return
    finally:
        stored.wipe()
    where = {"store": operations.store.name, "service": ref.service, "name": ref.name}
    if step.state == "new":
        raise ConflictError("somebody else has just stored another value", hint="look at it, then try again", **where)
    raise PlatformError("the store gives back something else than was written", **where)
