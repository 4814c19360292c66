"""Moves variables from FILES (default: `.env`) into the store, each one read back and compared before it is reported.

The guide's seven variables go to the guide's entries; `--all`, `--map` and `--only` take others.  An entry that holds
another value is never overwritten without `--force`.  The files keep their values unless `--blank` or `--replace` is
given, and are changed only when every value is in the store.  What was interrupted is gone on with by `--resume`;
`--undo` takes the latest migration back.
"""

from __future__ import annotations

import os
import time
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

from ...errors import ArgumentError, ArgumentValueError
from ...facade.arguments import read_name
from ...services.migration import source as sources
from ...services.migration.journal import Stage
from ...services.migration.migrations import Migrations
from ...services.migration.plan import Plan, Treatment
from ...services.migration.selection import Chosen, Proposal, Selection, propose, select
from ...services.migration.source import Source
from ..arguments import Parser
from ..migrate_report import Report, Teller, tell_outcome, tell_unfinished
from ..session import Session

if TYPE_CHECKING:
    from ...services.migration.journal import Journal

SUMMARY = "move a .env file's secrets into the store"


def arguments(parser: Parser) -> None:
    parser.add_argument("files", metavar="FILES", nargs="*", help="the files (default: .env)")
    parser.add_argument("--format", metavar="NAME", help="of the files (default: told by their names)")
    parser.add_argument("--from-env", action="store_true", help="take the environment, not a file")
    parser.add_argument("--all", action="store_true", help="take every variable of the files")
    parser.add_argument("--secrets", action="store_true", help="take what looks like a secret, too")
    parser.add_argument(
        "--map",
        metavar="VARIABLE=NAME",
        type=_mapping,
        action="append",
        default=[],
        help="take this variable too, to an entry of this name (repeatable)",
    )
    parser.add_argument(
        "--only",
        metavar="VARIABLE",
        action="append",
        default=[],
        help="take this variable and no others, known to the guide or not (repeatable)",
    )
    parser.add_argument(
        "--except",
        dest="without",
        metavar="VARIABLE",
        action="append",
        default=[],
        help="leave this variable out (repeatable)",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would happen, change nothing")
    parser.add_argument("--force", action="store_true", help="overwrite what holds other values")
    treatment = parser.add_mutually_exclusive_group()
    for one, text in (
        (Treatment.KEEP, "leave the files as they are (the default)"),
        (Treatment.BLANK, "then take the values out of the files"),
        (Treatment.REPLACE, "then put references (fw://…) in their place"),
    ):
        treatment.add_argument(f"--{one}", dest="treatment", action="store_const", const=one, help=text)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--resume", action="store_true", help="go on with what was interrupted")
    instead.add_argument("--undo", action="store_true", help="take the latest migration back (of FILES)")
    instead.add_argument("--forget", action="store_true", help="drop the copies kept for --undo")


def run(session: Session) -> int:
    options = session.options
    migrations = Migrations(session.operations, session.another, int(time.time()))
    try:
        if options.resume:
            return _resume(session, migrations)
        if options.undo:
            return _undo(session, migrations)
        if options.forget:
            return _forget(session, migrations)
        return _migrate(session, migrations)
    finally:
        migrations.close()


def _migrate(session: Session, migrations: Migrations) -> int:
    options = session.options
    treatment = options.treatment or Treatment.KEEP
    chosen, left = _choose(session, _sources(session))
    report = Report(session, treatment, chosen, left)
    if not chosen:
        report.show(None)
        return 0
    plan = session.run(migrations.plan(session.service, chosen, treatment))
    report.tell_oddities(plan)
    if options.dry_run:
        report.show(plan)
        return 0
    try:
        if _changes_something(plan, options.force):
            # under the lock nobody else migrates: what was seen before may be over by now
            journals = session.run(migrations.begin())
            paths = {one.source.path for one in chosen if one.source.path is not None}
            tell_unfinished(session, session.run(migrations.supersede(journals, paths)))
            plan = session.run(migrations.plan(session.service, chosen, treatment))
        with Teller(session.output) as teller:
            report.journal = session.run(
                migrations.carry_out(plan, force=options.force, tell=teller.passing_on(report.note))
            )
    finally:  # also after a failure half-way, and Ctrl-C: what was written must be known
        report.show(plan)
    report.tell_originals(plan)
    return 0


def _changes_something(plan: Plan, force: bool) -> bool:
    if not force and any(step.state == "conflict" for step in plan.steps):
        return False  # it is refused
    return bool(plan.writes or plan.rewrites)


def _resume(session: Session, migrations: Migrations) -> int:
    journals = session.run(migrations.begin())
    with Teller(session.output) as teller:
        journal, undone = session.run(migrations.resume(journals, teller))
    tell_outcome(session, journal, undone, resumed=journal.stage is Stage.DONE)
    return 0


def _undo(session: Session, migrations: Migrations) -> int:
    journals = session.run(migrations.begin())
    paths = {os.path.realpath(file) for file in session.options.files}
    with Teller(session.output) as teller:
        journal, undone = session.run(migrations.undo(journals, paths, force=session.options.force, tell=teller))
    tell_outcome(session, journal, undone, resumed=False)
    return 0


def _forget(session: Session, migrations: Migrations) -> int:
    journals: list[Journal] = session.run(migrations.begin())
    count = session.run(migrations.forget(journals, force=session.options.force))
    if session.options.json:
        session.output.json({"store": session.store, "forgotten": count})
    else:
        session.output.note(f"{count} migration{'s' * (count != 1)} can no longer be undone: the copies are gone")
    return 0


def _sources(session: Session) -> list[Source]:
    options = session.options
    if not options.from_env:
        deadline = session.terms().deadline
        found: dict[str, Source] = {}
        for number, file in enumerate(options.files or [".env"]):
            one = session.run(sources.read(file, options.format, deadline))
            found.setdefault(one.path or str(number), one)
        return list(found.values())
    if options.files:
        raise ArgumentValueError("give a file or --from-env, not both")
    if options.all:
        raise ArgumentValueError(
            "--all with --from-env would store the whole environment",
            hint="name the variables with --only or --map",
        )
    return [sources.from_environment()]


def _choose(session: Session, read: list[Source]) -> tuple[list[Chosen], list[Proposal]]:
    """What goes, and what is left; at a terminal the user is asked about that, unless options have said it all."""
    options = session.options
    selection = Selection(
        options.all, options.secrets, dict(options.map), tuple(dict.fromkeys(options.only)), options.without
    )
    chosen = select(read, selection)
    left = [one for one in propose(read, chosen) if one.found.key not in options.without]
    decided = options.all or options.secrets or options.only or options.from_env
    if not left or decided or options.dry_run or options.json or not session.at_terminal:
        return chosen, [] if decided else left
    taken = {found.key for found in (one.found for one in chosen)} | _ask(session, left)
    chosen = select(read, selection._replace(only=tuple(taken))) if taken else []
    return chosen, []


def _ask(session: Session, left: list[Proposal]) -> set[str]:
    """Which of these values go."""
    note = session.output.note
    note("Besides what the guide names there are:")
    for one in left:
        note(f"  {'*' if one.reason else ' '} {one.found.key}  ({one.reason or 'configuration'})")
    keys = {one.found.key for one in left}
    while True:
        answer = session.prompts.line("Take which? * for those marked, all, none, or names", "*").split()
        match answer:
            case ["*"]:
                return {one.found.key for one in left if one.reason}
            case ["all"]:
                return keys
            case ["none"] | []:
                return set()
        names = {word.strip(",") for word in answer}
        if names <= keys:
            return names
        note("there is no such variable among them")


def _mapping(text: str) -> tuple[str, str]:
    variable, found, name = text.partition("=")
    if not variable or not found:
        raise ArgumentTypeError("expected VARIABLE=NAME")
    try:
        return variable, read_name(name)
    except ArgumentError as error:
        raise ArgumentTypeError(str(error)) from None
