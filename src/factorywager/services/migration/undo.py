"""Taking a migration back: first the files, byte for byte, then the entries it made; so no value is ever in neither."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from ...errors import ConflictError
from ...flow import Flow, Work
from ...model import Ref
from ..operations import Operations
from . import originals
from .fingerprint import Fingerprints
from .journal import FileNote, Journal, Stage
from .records import Records
from .transaction import Ground, Progress, Tell, settle


class Undone(NamedTuple):
    """What became of one file or entry.

    Attributes:
        outcome: ``restored``; ``removed``; ``kept`` (it holds another value by now, or another migration's file
            relies on it); ``untouched`` (there was nothing to take back).
    """

    what: Literal["file", "entry"]
    name: str
    outcome: Literal["restored", "removed", "kept", "untouched"]


class _Return(NamedTuple):
    """A file that has to be put back: ``now`` is what stands there, ``None`` for nothing."""

    number: int
    file: FileNote
    path: str
    now: bytes | None


def undo(
    ground: Ground, records: Records, journal: Journal, fingerprints: Fingerprints, *, force: bool, tell: Tell
) -> Flow[list[Undone]]:
    """Put the files back and take back the entries that the migration made, as far as they still hold its values.

    Args:
        force: put files back over changes that were made since.

    Raises:
        ConflictError: a file was changed or removed since, or came from where nobody can look; nothing was undone.
    """
    returns = yield from _examine(ground, journal, fingerprints, force)
    journal = yield from records.reach(journal, Stage.UNDOING, ground.operations.terms())
    tell(Progress("undoing"))
    done: list[Undone] = []
    for number, one in enumerate(returns, 1):
        yield from _restore(ground, records, journal, one)
        done.append(Undone("file", one.file.given or one.path, "restored"))
        tell(Progress("restored", one.path, number, len(returns)))
    journals = yield from records.journals(ground.operations.terms())
    relied_on = _relied_on(other for other in journals if other.identity != journal.identity)
    done += yield from _take_back(ground.operations, records, journal, relied_on, fingerprints, tell)
    yield from records.drop(journal, ground.operations.terms())
    tell(Progress("done"))
    return done


def _examine(ground: Ground, journal: Journal, fingerprints: Fingerprints, force: bool) -> Flow[list[_Return]]:
    """The files that are to be put back, once it is sure that all of them may be."""
    returns: list[_Return] = []
    for number, file in enumerate(journal.files):
        path, terms = file.path, ground.operations.terms()
        if path is None:
            if not force:
                raise ConflictError(
                    f"{file.given or 'the environment'} may not hold these values any more, and cannot be looked at",
                    hint="--force takes the entries back all the same",
                )
            continue
        yield Work(lambda: settle(journal, number, fingerprints), terms.deadline)  # noqa: B023
        now: bytes | None = yield Work(lambda: originals.read(path), terms.deadline)  # noqa: B023
        held = None if now is None else fingerprints.of_file(now)
        if held == file.before:
            continue
        if held != file.after and not force:
            raise ConflictError(
                f"{file.given} {'is gone' if now is None else 'was changed since'}: nothing was undone",
                hint="--force puts it back as it was before the migration",
            )
        returns.append(_Return(number, file, path, now))
    return returns


def _restore(ground: Ground, records: Records, journal: Journal, one: _Return) -> Flow[None]:
    terms = ground.operations.terms()
    raw = yield from records.original(journal, one.number, terms)
    at = originals.draft(one.path, journal.identity, one.number, "old")

    def work() -> None:
        if one.now is None:
            originals.write_draft(one.path, at, raw, one.file.mode or 0o600)
            originals.place(one.path, at)
        else:
            originals.write_draft(one.path, at, raw)
            originals.swap(one.path, at, one.now.__eq__)

    yield Work(work, terms.deadline)


def _relied_on(others: Iterable[Journal]) -> set[Ref]:
    """Entries that hold the only copy of what other migrations took out of files."""
    return {
        Ref(other.service, note.name)
        for other in others
        for note in other.entries
        if other.files[note.file].after is not None
    }


def _take_back(
    operations: Operations,
    records: Records,
    journal: Journal,
    relied_on: set[Ref],
    fingerprints: Fingerprints,
    tell: Tell,
) -> Flow[Sequence[Undone]]:
    notes = {note.name: note for note in journal.entries}
    held = yield from operations.get_many(journal.service, list(notes))
    done: list[Undone] = []
    for number, (name, note) in enumerate(notes.items(), 1):
        ref = Ref(journal.service, name)
        outcome: Literal["restored", "removed", "kept", "untouched"] = "untouched"
        if note.state != "unchanged" and name in held:
            outcome = "kept"
            if fingerprints.of_value(held[name]) == note.hash and ref not in relied_on:
                former = yield from records.former(journal, name, operations.terms())
                if former is None:
                    yield from operations.delete(ref)
                    outcome = "removed"
                else:
                    yield from operations.set(ref, former)
                    outcome = "restored"
        done.append(Undone("entry", name, outcome))
        tell(Progress("taken back", name, number, len(notes)))
    for secret in held.values():
        secret.wipe()
    return done
