"""Moves variables from FILE (default: `.env`) into the store, each one read back and compared before it is reported.

The guide's seven variables go to the guide's entries; `--all`, `--map` and `--only` take others.  An entry that holds
another value is never overwritten without `--force`.  FILE is not changed.
"""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence

from ...errors import ArgumentError, ArgumentValueError
from ...facade.arguments import read_name
from ...protocols.dotenv import Assignment
from ...services import envfile, migrate
from ...services.migrate import Selection, Step
from ..arguments import Parser
from ..session import Session

SUMMARY = "move a .env file's secrets into the store"

_DONE = {"new": "migrated", "conflict": "replaced"}


def arguments(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", help="the file (default: .env)")
    parser.add_argument("--from-env", action="store_true", help="take the environment, not a file")
    parser.add_argument("--all", action="store_true", help="take every variable of the file")
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
    parser.add_argument("--force", action="store_true", help="overwrite entries that hold other values")


def run(session: Session) -> int:
    options, operations = session.options, session.operations
    there = _variables(session)
    selection = Selection(options.all, dict(options.map), tuple(dict.fromkeys(options.only)), options.without)
    targets = migrate.select(there, selection)
    steps = session.run(migrate.plan(operations, session.service, there, targets))
    _tell_oddities(session, steps)
    if options.dry_run:
        _report(session, steps, {})
        return 0
    written: list[Step] = []
    try:
        session.run(migrate.apply(operations, session.service, steps, force=options.force, done=written.append))
    finally:  # also after a failure half-way, and Ctrl-C: what was written must be known
        _report(session, steps, {step.name: _DONE[step.state] for step in written})
    _tell_originals(session, steps)
    return 0


def _variables(session: Session) -> dict[str, Assignment]:
    options = session.options
    if not options.from_env:
        return session.run(envfile.read(options.file or ".env", session.terms().deadline))
    if options.file is not None:
        raise ArgumentValueError("give a file or --from-env, not both")
    if options.all:
        raise ArgumentValueError(
            "--all with --from-env would store the whole environment",
            hint="name the variables with --only or --map",
        )
    return {variable: Assignment(variable, value) for variable, value in os.environ.items()}


def _tell_oddities(session: Session, steps: Sequence[Step]) -> None:
    for step in steps:
        source = step.source
        if source.earlier:
            lines = ", ".join(map(str, (*source.earlier, source.line)))
            session.output.warning(f"{source.variable} is set on lines {lines}: the last one counts")
        for name in source.unresolved:
            session.output.warning(
                f"{source.variable} (line {source.line}): nothing sets ${{{name}}}, so it became empty"
            )
        if step.state == "empty":
            session.output.note(f"{source.variable} is empty and is skipped")


def _report(session: Session, steps: Sequence[Step], done: Mapping[str, str]) -> None:
    dry = session.options.dry_run
    unwritten = "new" if dry else "not-written"
    outcomes = [done.get(step.name) or (unwritten if step.state == "new" else step.state) for step in steps]
    if session.options.json:
        session.output.json(
            {
                "source": None if session.options.from_env else session.options.file or ".env",
                "service": session.service,
                "store": session.store,
                "dry_run": dry,
                "entries": [
                    {
                        "variable": step.source.variable,
                        "name": step.name,
                        "line": step.source.line,
                        "outcome": outcome,
                    }
                    for step, outcome in zip(steps, outcomes, strict=True)
                ],
            }
        )
    elif steps:
        rows = [[step.source.variable, step.name, outcome] for step, outcome in zip(steps, outcomes, strict=True)]
        session.output.table(["VARIABLE", "ENTRY", "OUTCOME"], rows)
    if not steps:
        session.output.note("there is nothing to migrate: --all takes variables that the guide does not know")


def _tell_originals(session: Session, steps: Sequence[Step]) -> None:
    if all(step.state == "empty" for step in steps):
        return
    if session.options.from_env:
        text = "the environment still holds these values: remove them from where they are set, such as a shell profile"
    else:
        text = (
            f"{session.options.file or '.env'} still holds these values in the clear: "
            "delete those lines once your programs read the store"
        )
    session.output.note(text)


def _mapping(text: str) -> tuple[str, str]:
    variable, found, name = text.partition("=")
    if not variable or not found:
        raise ArgumentTypeError("expected VARIABLE=NAME")
    try:
        return variable, read_name(name)
    except ArgumentError as error:
        raise ArgumentTypeError(str(error)) from None
