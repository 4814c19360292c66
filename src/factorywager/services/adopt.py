"""Taking over what other keepers of secrets wrote into the same store: choose, plan, apply.

A plan is made before anything is written, and can be shown as it is.  Applying it writes an entry of ours, reads it
back and compares; what the other keeper wrote stays, unless it is to be removed, and is removed only after that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from ..errors import ConflictError, CorruptError, NotFoundError
from ..flow import Flow
from ..model import Foreign, Ref, Secret
from ..model.utf8 import is_utf8
from .operations import Operations


class Step(NamedTuple):
    """What becomes of one entry of another writer.

    Attributes:
        state: ``new``; ``unchanged`` (ours has this value already); ``conflict`` (ours, or another writer's of the
            same name, has another value); ``empty`` (there is nothing to store: an empty value deletes, here).
    """

    entry: Foreign
    value: Secret
    state: Literal["new", "unchanged", "conflict", "empty"]


def choose(
    operations: Operations, service: str | None, names: Sequence[str], writers: Sequence[str]
) -> Flow[list[Foreign]]:
    """The entries meant: of one service or of all; of these names and writers, where any are given.

    Raises:
        NotFoundError: there is none, or none for one of the names.
    """
    there = yield from operations.list_foreign(service)
    chosen = [
        entry for entry in there if (not names or entry.name in names) and (not writers or entry.writer in writers)
    ]
    absent = [name for name in names if name not in {entry.name for entry in chosen}]
    if absent or not chosen:
        raise NotFoundError(
            f"no other program keeps {', '.join(absent) or 'anything'} here: nothing was adopted",
            hint="`factorywager list --all --all-writers` shows whose is whose",
            store=operations.store.name,
            service=service,
        )
    return chosen


def plan(operations: Operations, chosen: Sequence[Foreign]) -> Flow[list[Step]]:
    """What would happen to each entry, after a look at what the store holds.  Changes nothing.

    Raises:
        CorruptError: a value is not text, or not what its writer writes.
    """
    steps: list[Step] = []
    first: dict[Ref, Secret] = {}
    for entry in chosen:
        value = yield from operations.get_foreign(entry)
        if value is None:
            continue  # removed since it was listed
        _check_text(entry, value)
        if value.empty:
            steps.append(Step(entry, value, "empty"))
            continue
        held = yield from operations.get(entry.ref)
        rival = first.setdefault(entry.ref, value)
        if rival != value or (held is not None and held != value):
            state: Literal["new", "unchanged", "conflict"] = "conflict"
        else:
            state = "new" if held is None else "unchanged"
        steps.append(Step(entry, value, state))
        if held is not None:
            held.wipe()
    return steps


def apply(
    operations: Operations, steps: Sequence[Step], *, remove: bool, done: Callable[[Step, bool], None]
) -> Flow[None]:
    """Carry a plan out, step by step; an error ends it where it stands.

    Args:
        remove: delete the other writer's entry once ours has been read back.
        done: told of each step that is done, and whether the original was removed.

    Raises:
        ConflictError: entries hold other values, in which case nothing was written; or what is read back is not what
            was written, because somebody else has changed it since the plan was made.
    """
    conflicts = [step.entry for step in steps if step.state == "conflict"]
    if conflicts:
        raise ConflictError(
            f"other values are there for: {', '.join(sorted({str(entry.ref) for entry in conflicts}))}; "
            "nothing was adopted",
            hint="compare with `factorywager list --all --all-writers --show`; delete the wrong one, or name a writer "
            "with --from",
            store=operations.store.name,
        )
    for step in steps:
        if step.state == "empty":
            continue
        yield from _write(operations, step)
        done(step, (yield from _remove(operations, step)) if remove else False)


def _write(operations: Operations, step: Step) -> Flow[None]:
    ref = step.entry.ref
    stored = yield from operations.get_or_create(ref, lambda: Secret(step.value.bytes))
    same = stored == step.value
    stored.wipe()
    if not same:
        # it was absent, or had this value, when the plan was made
        raise ConflictError(
            "somebody else has just stored another value",
            hint="look at it, then try again",
            store=operations.store.name,
            service=ref.service,
            name=ref.name,
        )


def _remove(operations: Operations, step: Step) -> Flow[bool]:
    """Remove the original, unless it has changed since: then it is newer than what was adopted."""
    now = yield from operations.get_foreign(step.entry)
    if now is None:
        return False
    same = now == step.value
    now.wipe()
    if not same:
        raise ConflictError(
            f"{step.entry.writer} has just stored another value: its entry was not removed",
            hint="adopt it again",
            store=operations.store.name,
            service=step.entry.service,
            name=step.entry.name,
        )
    return (yield from operations.delete_foreign(step.entry))


def _check_text(entry: Foreign, value: Secret) -> None:
    """Refuse what no entry of ours may hold.

    Raises:
        CorruptError: it is not UTF-8 text, or has NUL bytes.
    """
    with value.bytes as view:
        good = is_utf8(view) and 0 not in view
    if not good:
        raise CorruptError(
            f"the value that {entry.writer} wrote is not text: nothing was adopted",
            hint="leave it out: name the entries to adopt",
            store=entry.store,
            service=entry.service,
            name=entry.name,
        )
