"""Takes over what other keepers of secrets wrote into the store: python-keyring, keytar, go-keyring, keyring-rs.

Takes the named entries of the service, or all of the service's when none is named; with --all those of every service.
Each is written as an entry of ours and read back.  The other program's entry stays, unless --remove is given, and so
that program goes on working.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import ArgumentValueError
from ...services import adopt
from ...services.adopt import Step
from ..arguments import Parser
from ..session import Session

SUMMARY = "take over what other keepers of secrets wrote"


def arguments(parser: Parser) -> None:
    parser.add_argument("names", metavar="NAME", nargs="*", help="the entries (default: all of the service's)")
    parser.add_argument("--all", action="store_true", help="the entries of every service")
    parser.add_argument(
        "--from",
        dest="writers",
        metavar="WRITER",
        action="append",
        default=[],
        help="only this program's: python-keyring, keytar, go-keyring or keyring-rs (repeatable)",
    )
    parser.add_argument("--remove", action="store_true", help="delete the other program's entry once ours is read back")
    parser.add_argument("--dry-run", action="store_true", help="show what would happen, change nothing")


def run(session: Session) -> int:
    options, operations = session.options, session.operations
    if options.all and options.names:
        raise ArgumentValueError("give names or --all, not both")
    service = None if options.all else session.service
    chosen = session.run(adopt.choose(operations, service, options.names, options.writers))
    steps = session.run(adopt.plan(operations, chosen))
    if options.dry_run:
        _report(session, steps, {})
        return 0
    done: dict[str, bool] = {}
    try:
        session.run(
            adopt.apply(
                operations,
                steps,
                remove=options.remove,
                done=lambda step, removed: done.update({step.entry.handle: removed}),
            )
        )
    finally:  # also after a failure half-way, and Ctrl-C: what was written must be known
        _report(session, steps, done)
    if done and not options.remove:
        session.output.note("the other programs' entries are still there; --remove deletes them")
    return 0


def _report(session: Session, steps: Sequence[Step], done: dict[str, bool]) -> None:
    outcomes = [_outcome(step, done, session.options.dry_run) for step in steps]
    if session.options.json:
        session.output.json(
            {
                "store": session.store,
                "dry_run": session.options.dry_run,
                "entries": [
                    {
                        "service": step.entry.service,
                        "name": step.entry.name,
                        "writer": step.entry.writer,
                        "outcome": outcome,
                        "removed": done.get(step.entry.handle, False),
                    }
                    for step, outcome in zip(steps, outcomes, strict=True)
                ],
            }
        )
        return
    rows = [
        [step.entry.service, step.entry.name, step.entry.writer, outcome, "yes" if done.get(step.entry.handle) else "-"]
        for step, outcome in zip(steps, outcomes, strict=True)
    ]
    session.output.table(["SERVICE", "NAME", "WRITER", "OUTCOME", "REMOVED"], rows)


def _outcome(step: Step, done: dict[str, bool], dry_run: bool) -> str:
    if step.state != "new" or dry_run:
        return step.state
    return "adopted" if step.entry.handle in done else "not-written"
