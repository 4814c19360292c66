"""`Journal`: what a migration has set out to do, as it is written down before it is begun.  It holds no value.

It lies in the records' encrypted vault; values and files appear in it as fingerprints all the same, so that whoever
gets to see one learns names.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from ...errors import CorruptError
from .plan import Plan, Treatment

_VERSION = 1


class Stage(StrEnum):
    """How far it is.  Which files are changed already is seen from the files."""

    WRITING = "writing"  # entries, then files; `resume` goes on
    DONE = "done"
    UNDOING = "undoing"  # files, then entries; `resume` goes on with that


class FileNote(NamedTuple):
    """One file.

    Attributes:
        given: as the user named it; ``None`` for the environment.
        path: as `Source.path`.
        format: its name.
        before, after: fingerprints of its bytes; ``after`` is ``None`` where they stay as they are.
        mode: its permissions, for when it has to be made anew.
    """

    given: str | None
    path: str | None
    format: str | None
    before: str
    after: str | None
    mode: int | None


class EntryNote(NamedTuple):
    """One value.

    Attributes:
        file: index into `Journal.files`.
        state: as `Step.state` was when the migration began.
        hash: the value's fingerprint.
    """

    file: int
    key: str
    name: str
    state: str
    hash: str


class Journal(NamedTuple):
    """One migration.

    Attributes:
        identity: sorts by the time it began.
        begun: seconds since 1970.
        undo_until: when its copies are swept, seconds since 1970.
    """

    identity: str
    begun: int
    undo_until: int
    stage: Stage
    service: str
    treatment: Treatment
    files: tuple[FileNote, ...]
    entries: tuple[EntryNote, ...]

    @property
    def paths(self) -> set[str]:
        return {file.path for file in self.files if file.path is not None}

    def encoded(self) -> bytes:
        from json import dumps

        document = self._asdict() | {
            "version": _VERSION,
            "files": [file._asdict() for file in self.files],
            "entries": [entry._asdict() for entry in self.entries],
        }
        return dumps(document).encode()


def decode(raw: bytes) -> Journal:
    """The journal that `Journal.encoded` wrote.

    Raises:
        CorruptError: a newer version of this program wrote it.
    """
    from json import loads

    document: dict[str, Any] = loads(raw)
    if document.pop("version", None) != _VERSION:
        raise CorruptError("a newer version of factorywager wrote this record of a migration", hint="upgrade")
    return Journal(
        **document
        | {
            "stage": Stage(document["stage"]),
            "treatment": Treatment(document["treatment"]),
            "files": tuple(FileNote(**file) for file in document["files"]),
            "entries": tuple(EntryNote(**entry) for entry in document["entries"]),
        }
    )


def open_journal(plan: Plan, begun: int, seconds: int, modes: Mapping[str, int]) -> Journal:
    """The journal of a plan that begins now, to be kept for so many seconds."""
    import os
    import time

    sources = list({id(step.source): step.source for step in plan.steps}.values())
    after = {rewrite.path: rewrite.after for rewrite in plan.rewrites}
    prints = plan.fingerprints
    files = tuple(
        FileNote(
            source.given,
            source.path,
            None if source.format is None else source.format.name,
            prints.of_file(source.raw),
            prints.of_file(after[source.path]) if source.path in after else None,
            modes.get(source.path or ""),
        )
        for source in sources
    )
    places = {id(source): index for index, source in enumerate(sources)}
    entries = tuple(
        EntryNote(places[id(step.source)], step.found.key, step.name, step.state, step.fingerprint)
        for step in plan.steps
        if step.moves
    )
    identity = f"{time.time_ns():020d}-{os.urandom(4).hex()}"
    return Journal(identity, begun, begun + seconds, Stage.WRITING, plan.service, plan.treatment, files, entries)
