"""What `migrate` says: the table or document of a plan and of what came of it, and how far long work is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from ..services.migration.fingerprint import SHOWN
from ..services.migration.journal import Journal
from ..services.migration.plan import Plan, Step, Treatment
from ..services.migration.selection import Chosen, Proposal, looks_like
from ..services.migration.transaction import Progress, Tell
from ..services.migration.undo import Undone

if TYPE_CHECKING:
    from .output import Output
    from .session import Session

_DONE: Final = {"new": "migrated", "conflict": "replaced"}
_FILE_DONE: Final = {Treatment.BLANK: "blanked", Treatment.REPLACE: "replaced"}

_BRIEF: Final = 0.5  # seconds; work that is over by then needs no progress shown


class Teller:
    """Shows how far it is, on a line of the terminal that is overwritten; is a `Tell`."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._begun = time.monotonic()

    def __enter__(self) -> Teller:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._output.progress(None)

    def __call__(self, progress: Progress) -> None:
        if progress.total > 1 and time.monotonic() - self._begun > _BRIEF:
            self._output.progress(f"{progress.what} {progress.number} of {progress.total}")

    def passing_on(self, also: Tell) -> Tell:
        """This one and another."""

        def tell(progress: Progress) -> None:
            also(progress)
            self(progress)

        return tell


class Report:
    """What became of each value and each file.

    Attributes:
        journal: of the migration, where there is one.
    """

    def __init__(
        self, session: Session, treatment: Treatment, chosen: Sequence[Chosen], left: Sequence[Proposal]
    ) -> None:
        self._session = session
        self._treatment = treatment
        self._sources = list({id(one.source): one.source for one in chosen}.values())
        self._left = left
        self._stored: set[str] = set()
        self._changed: set[str] = set()
        self.journal: Journal | None = None

    def note(self, progress: Progress) -> None:
        """Take down what has been done; a `Tell`."""
        if progress.what == "stored":
            self._stored.add(progress.which)
        elif progress.what == "changed":
            self._changed.add(progress.which)

    def tell_oddities(self, plan: Plan) -> None:
        """Warn of what is unusual about the values that were chosen, and tell of what was not."""
        for step in plan.steps:
            for remark in step.found.remarks:
                line = "" if step.found.line is None else f" (line {step.found.line})"
                self._session.output.warning(f"{step.found.key}{line}: {remark}")
            if step.state == "empty":
                self._session.output.note(f"{step.found.key} is empty and is skipped")
            elif step.state == "reference":
                self._session.output.note(f"{step.found.key} is a reference already and is skipped")
        self._tell_left()

    def _tell_left(self) -> None:
        secrets = list(dict.fromkeys(one.found.key for one in self._left if one.reason))
        if secrets:
            look = "look like secrets" if len(secrets) > 1 else "looks like a secret"
            self._session.output.note(f"{', '.join(secrets)} {look} too: --secrets or --all takes what does")

    def show(self, plan: Plan | None) -> None:
        """The data."""
        session = self._session
        steps = [] if plan is None else plan.steps
        if session.options.json:
            session.output.json(self._document(steps))
        elif steps:
            self._table(steps)
        if not steps:
            self._tell_left()
            session.output.note("there is nothing to migrate: --all takes variables that the guide does not know")

    def tell_originals(self, plan: Plan) -> None:
        """Say what the files hold now, and how to go back."""
        note = self._session.output.note
        if any(step.moves for step in plan.steps):
            if self._session.options.from_env:
                note(
                    "the environment still holds these values: "
                    "remove them from where they are set, such as a shell profile"
                )
            for source in self._sources:
                if source.given is not None and source.path not in self._changed:
                    note(
                        f"{source.given} still holds these values in the clear: "
                        "delete those lines once your programs read the store"
                    )
        if self.journal is not None:
            until = time.strftime("%Y-%m-%d", time.localtime(self.journal.undo_until))
            note(f"`factorywager migrate --undo` takes this back, until {until}; --forget drops the encrypted copy")

    # --- within -------------------------------------------------------------------------------

    def _outcome(self, step: Step) -> str:
        if step.name in self._stored and step.writes:
            return _DONE[step.state]
        if step.state != "new":
            return step.state
        return "new" if self._session.options.dry_run else "not-written"

    def _document(self, steps: Sequence[Step]) -> dict[str, Any]:
        session = self._session
        files = [source for source in self._sources if source.given is not None]
        return {
            "source": files[0].given if len(files) == 1 else self._only_given(),
            "service": session.service,
            "store": session.store,
            "dry_run": session.options.dry_run,
            "treatment": str(self._treatment),
            "undo_until": None if self.journal is None else _iso(self.journal.undo_until),
            "files": [
                {
                    "file": source.given,
                    "format": None if source.format is None else source.format.name,
                    "outcome": _FILE_DONE[self._treatment] if source.path in self._changed else "kept",
                }
                for source in files
            ],
            "entries": [
                {
                    "file": step.source.given,
                    "variable": step.found.key,
                    "name": step.name,
                    "line": step.found.line,
                    "fingerprint": step.fingerprint[:SHOWN],
                    "looks_like": looks_like(step.found),
                    "outcome": self._outcome(step),
                }
                for step in steps
            ],
            "left": [
                {
                    "file": one.source.given,
                    "variable": one.found.key,
                    "line": one.found.line,
                    "looks_like": one.reason,
                }
                for one in self._left
            ],
        }

    def _only_given(self) -> str | None:
        options = self._session.options
        given = options.files or [".env"]
        return None if options.from_env or len(given) > 1 else str(given[0])

    def _table(self, steps: Sequence[Step]) -> None:
        several, dry = len(self._sources) > 1, self._session.options.dry_run
        rows = [
            [
                *([step.source.given or "-"] if several else []),
                step.found.key,
                step.name,
                *([_kind(step), step.fingerprint[:SHOWN]] if dry else []),
                self._outcome(step),
            ]
            for step in steps
        ]
        heads = ["VARIABLE", "ENTRY", "OUTCOME"]
        if dry:
            heads[2:2] = ["LOOKS LIKE", "FINGERPRINT"]
        self._session.output.table((["FILE"] if several else []) + heads, rows)


def _kind(step: Step) -> str:
    if step.state in ("empty", "reference"):
        return "-"
    return looks_like(step.found) or "configuration"


def tell_unfinished(session: Session, journals: Sequence[Journal]) -> None:
    """Say that something is left to be resumed or undone."""
    for journal in journals:
        files = ", ".join(file.given or "the environment" for file in journal.files)
        session.output.warning(
            f"a migration of {files} was interrupted: --resume goes on with it, --undo takes it back"
        )


def tell_outcome(session: Session, journal: Journal, undone: Sequence[Undone], *, resumed: bool) -> None:
    """What `--undo` and `--resume` did."""
    if session.options.json:
        session.output.json(
            {
                "service": journal.service,
                "store": session.store,
                "outcome": "resumed" if resumed else "undone",
                "files": [file.given for file in journal.files],
                "undone": [one._asdict() for one in undone],
            }
        )
        return
    if undone:
        rows = [[one.what, one.name, one.outcome] for one in undone]
        session.output.table(["WHAT", "NAME", "OUTCOME"], rows)
    if resumed:
        session.output.note(f"{len(journal.entries)} values are in the store; the files are as they were to be")
    for one in undone:
        if one.what == "entry" and one.outcome == "kept":
            session.output.note(f"{one.name} is kept: it holds another value now, or another migration relies on it")


def _iso(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat()
