"""A migration as it is carried out, and gone on with after it was interrupted.

::

    journal and copies written down   from here on `resume` and `undo` know of it
    drafts of the changed files       everything that a file system can refuse is refused before the store is touched
    entries written, in parts
    all of them read back over a connection of its own, and compared
    files changed, one by one         each in one step, and only if it is still what the plan saw
    journal: done

Until its file is changed a value is in the file; before that it was read back from the store.  So it is always in one
of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from ...errors import ConflictError, NotFoundError, PlatformError, StoreError
from ...flow import Flow, Work
from ...model import Ref, Secret
from ...stores.store import CreatesMany
from ..operations import Operations
from . import originals, source
from .fingerprint import Fingerprints
from .journal import FileNote, Journal, Stage, open_journal
from .plan import Plan, Rewrite, Step, rewrites
from .records import KEPT, Records
from .source import Source

_AT_ONCE: Final = 250  # entries; others who write into the vault wait for less than a tenth of a second


class Ground(NamedTuple):
    """What a migration works on.

    Attributes:
        operations: the store that the values go to.
        fresh: the same store over a connection that nothing was written through.
        records: ``None`` for a store that ends with the process: there is nothing to resume then, nor to undo.
        now: seconds since 1970.
    """

    operations: Operations
    fresh: Operations
    records: Records | None
    now: int


class Progress(NamedTuple):
    """One thing that has just been done."""

    what: Literal["recorded", "drafted", "stored", "verified", "changed", "undoing", "restored", "taken back", "done"]
    which: str = ""
    number: int = 1
    total: int = 1


Tell: TypeAlias = Callable[[Progress], None]


def carry_out(ground: Ground, plan: Plan, *, force: bool, tell: Tell) -> Flow[Journal | None]:
    """Carry a plan out; ``None`` where it changes nothing, or nothing of it lasts.

    Args:
        force: overwrite entries that hold another value.

    Raises:
        ConflictError: entries hold other values and ``force`` is false, in which case nothing was written; or
            one was created, or a file was changed, by somebody else since the plan was made.
        PlatformError: the store gives back something else than was written.
    """
    conflicts = list(dict.fromkeys(step.name for step in plan.steps if step.state == "conflict"))
    if conflicts and not force:
        raise ConflictError(
            f"other values are there already: {', '.join(conflicts)}; nothing was written",
            hint="--force overwrites them, --except VARIABLE leaves a variable out",
            store=ground.operations.store.name,
            service=plan.service,
        )
    if not plan.writes and not plan.rewrites:
        return None
    if ground.records is None:
        yield from _store(ground, plan, tell)
        return None
    journal = yield from _begin(ground, ground.records, plan, conflicts)
    tell(Progress("recorded"))
    try:
        yield from _draft(ground, journal, plan.rewrites, tell)
    except StoreError:
        yield from ground.records.drop(journal, ground.operations.terms())  # nothing has happened
        raise
    return (yield from _finish(ground, ground.records, journal, plan, tell))


def resume(ground: Ground, records: Records, journal: Journal, fingerprints: Fingerprints, tell: Tell) -> Flow[Journal]:
    """Go on with a migration that was interrupted in `Stage.WRITING`.

    Raises:
        ConflictError: a file, or an entry, was changed by somebody else meanwhile.
        NotFoundError: its values came from where they cannot be read again, and not all of them were stored.
    """
    terms = ground.operations.terms()
    left: dict[int, Source] = {}
    for number, file in enumerate(journal.files):
        if file.path is None:
            continue
        yield Work(lambda: settle(journal, number, fingerprints), terms.deadline)  # noqa: B023
        now = yield from _again(file, ground.operations)
        print_ = fingerprints.of_file(now.raw)
        if print_ == file.before:
            left[number] = now
        elif print_ != file.after:
            raise changed_since(file)
    steps = yield from _steps(ground.operations, records, journal, left, fingerprints)
    plan = Plan(
        journal.service,
        journal.treatment,
        steps,
        rewrites(journal.service, journal.treatment, steps),
        fingerprints,
    )
    yield from _draft(ground, journal, plan.rewrites, tell)
    return (yield from _finish(ground, records, journal, plan, tell))


def settle(journal: Journal, number: int, fingerprints: Fingerprints) -> None:
    """Tidy up what a killed process may have left beside a file."""
    file = journal.files[number]
    if file.path is None:
        return

    def is_before(raw: bytes) -> bool:
        return fingerprints.of_file(raw) == file.before

    def is_after(raw: bytes) -> bool:
        return fingerprints.of_file(raw) == file.after

    for direction, origin, target in (("new", is_before, is_after), ("old", is_after, is_before)):
        at = originals.draft(file.path, journal.identity, number, direction)  # type: ignore[arg-type]
        originals.settle(file.path, at, origin, target)


def changed_since(file: FileNote) -> ConflictError:
    return ConflictError(
        f"{file.given} was changed since the migration began",
        hint="`factorywager migrate --undo --force` puts it back as it was; or put your change off and try again",
    )


# --- the steps ----------------------------------------------------------------------------------


def _begin(ground: Ground, records: Records, plan: Plan, conflicts: Sequence[str]) -> Flow[Journal]:
    terms = ground.operations.terms()

    def modes() -> dict[str, int]:
        import stat

        for rewrite in plan.rewrites:
            originals.examine(rewrite.path)
        paths = {step.source.path for step in plan.steps if step.source.path is not None}
        return {path: stat.S_IMODE(originals.status(path).st_mode) for path in paths}

    journal = open_journal(plan, ground.now, KEPT, (yield Work(modes, terms.deadline)))
    raw = {step.source.path: step.source.raw for step in plan.steps}
    files = {number: raw[file.path] for number, file in enumerate(journal.files) if file.path is not None}
    former = yield from ground.operations.get_many(plan.service, conflicts) if conflicts else _none()
    try:
        yield from records.begin(journal, files, former, terms)
    finally:
        for value in former.values():
            value.wipe()
    return journal


def _draft(ground: Ground, journal: Journal, changes: Sequence[Rewrite], tell: Tell) -> Flow[None]:
    """Write every draft; when one fails, none is left."""
    terms = ground.operations.terms()
    places = _places(journal, changes)

    def work(rewrite: Rewrite, at: str) -> None:
        originals.examine(rewrite.path)
        originals.write_draft(rewrite.path, at, rewrite.after)

    try:
        for rewrite, at in zip(changes, places, strict=True):
            yield Work(lambda: work(rewrite, at), terms.deadline)  # noqa: B023
            tell(Progress("drafted", rewrite.path))
    except BaseException:
        for at in places:
            originals.remove(at)
        raise


def _finish(ground: Ground, records: Records, journal: Journal, plan: Plan, tell: Tell) -> Flow[Journal]:
    places = _places(journal, plan.rewrites)
    begun = 0
    try:
        yield from _store(ground, plan, tell)
        for rewrite, at in zip(plan.rewrites, places, strict=True):
            begun += 1
            terms = ground.operations.terms()
            expected = rewrite.source.raw.__eq__
            yield Work(lambda: originals.swap(rewrite.path, at, expected), terms.deadline)  # noqa: B023
            tell(Progress("changed", rewrite.path, begun, len(places)))
    except BaseException:
        for at in places[begun:]:
            originals.remove(at)
        raise
    journal = yield from records.reach(journal, Stage.DONE, ground.operations.terms())
    tell(Progress("done"))
    return journal


def _store(ground: Ground, plan: Plan, tell: Tell) -> Flow[None]:
    """Write every entry, and read all that the files are to do without over another connection."""
    writes = list(plan.writes.values())
    stored = 0
    for part in (yield from _parts(ground.operations, writes)):
        if len(part) > 1:
            yield from _create(ground.operations, plan.service, part)
        else:
            yield from _write(ground.operations, Ref(plan.service, part[0].name), part[0])
        for step in part:
            stored += 1
            tell(Progress("stored", step.name, stored, len(writes)))
    moves = plan.moves
    held = yield from ground.fresh.get_many(plan.service, list(moves))
    try:
        wrong = [name for name, step in moves.items() if held.get(name) != step.value]
    finally:
        for value in held.values():
            value.wipe()
    if wrong:
        raise PlatformError(
            f"the store gives back something else than was written: {', '.join(wrong)}; no file was changed",
            store=ground.operations.store.name,
            service=plan.service,
        )
    tell(Progress("verified", total=len(moves), number=len(moves)))


def _parts(operations: Operations, steps: Sequence[Step]) -> Flow[Sequence[Sequence[Step]]]:
    """What is written as one change each: one entry, or many new ones where the store can create them together."""
    store = yield from operations.serving(operations.terms())
    if not isinstance(store, CreatesMany):
        return [[step] for step in steps]
    new = [step for step in steps if step.state == "new"]
    return [new[at : at + _AT_ONCE] for at in range(0, len(new), _AT_ONCE)] + [[s] for s in steps if s.state != "new"]


def _create(operations: Operations, service: str, steps: Sequence[Step]) -> Flow[None]:
    # these are wiped by what they are given to, so it gets copies
    there = yield from operations.create_many(service, {step.name: Secret(step.value.bytes) for step in steps})
    for step in steps:
        if step.name in there:
            yield from _write(operations, Ref(service, step.name), step)  # it may have this value by now


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


# --- going on -----------------------------------------------------------------------------------


def _again(file: FileNote, operations: Operations) -> Flow[Source]:
    """The file as it is now."""
    if file.path is None or file.format is None:
        raise NotFoundError(f"{file.given} cannot be read again")
    found = yield from source.read(file.path, file.format, operations.terms().deadline)
    return found._replace(given=file.given)


def _steps(
    operations: Operations, records: Records, journal: Journal, left: Mapping[int, Source], fingerprints: Fingerprints
) -> Flow[list[Step]]:
    """What is still to be done for the files that are as they were."""
    by_key = {number: now.by_key() for number, now in left.items()}
    names = list(dict.fromkeys(note.name for note in journal.entries))
    held = yield from operations.get_many(journal.service, names)
    steps: list[Step] = []
    for note in journal.entries:
        now = held.get(note.name)
        stored = None if now is None else fingerprints.of_value(now)
        if note.file not in left:
            if journal.files[note.file].path is None and stored != note.hash:
                raise NotFoundError(
                    f"{note.key} was not stored, and cannot be read again from where it came",
                    hint="`factorywager migrate --undo --force` takes back what was stored; then migrate again",
                )
            continue
        found = by_key[note.file].get(note.key)
        value = Secret("" if found is None else found.value)
        if found is None or fingerprints.of_value(value) != note.hash:
            raise ConflictError(
                f"{note.key} has another value now, although its file has not changed: "
                "it is made of variables of the environment",
                hint="set them as they were, or run `factorywager migrate --undo` and migrate again",
            )
        state: Literal["new", "unchanged", "conflict"] = "unchanged"
        if now is None:
            state = "new"
        elif stored != note.hash:
            state = "conflict"
            yield from _permitted(operations, records, journal, note.name, now)
        steps.append(Step(left[note.file], found, note.name, value, state, note.hash))
    for secret in held.values():
        secret.wipe()
    return steps


def _permitted(operations: Operations, records: Records, journal: Journal, name: str, now: Secret) -> Flow[None]:
    """Only the value that the user has agreed to lose may be overwritten."""
    former = yield from records.former(journal, name, operations.terms())
    if former is None or former != now:
        raise ConflictError(
            "somebody else has stored another value since the migration began",
            hint="`factorywager migrate --undo` takes the migration back and leaves this entry as it is",
            store=operations.store.name,
            service=journal.service,
            name=name,
        )


def _places(journal: Journal, changes: Sequence[Rewrite]) -> list[str]:
    numbers = {file.path: number for number, file in enumerate(journal.files)}
    return [originals.draft(change.path, journal.identity, numbers[change.path], "new") for change in changes]


def _none() -> Flow[dict[str, Secret]]:
    return {}
    yield
