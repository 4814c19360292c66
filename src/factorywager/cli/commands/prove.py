"""Searches PATHS as `scan` does and prints a sealed report on one page: what was searched, what was found, what
remains to be done.

The seal is made with a key that stays in the store; `--verify` checks a report against it.  The exit status is 20
when something was found.
"""

from __future__ import annotations

from typing import Any

from ... import __version__
from ...errors import ArgumentValueError
from ...services.scan import page, proof
from ...services.scan import scan as service
from ..arguments import Parser
from ..output import BOLD, painted, shown
from ..session import Session
from .scan import FOUND, add_plan, plan

SUMMARY = "print a sealed report of what is left in plain text"


def arguments(parser: Parser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATHS", help="files and directories (default: ., and all places)")
    add_plan(parser)
    parser.add_argument("--html", action="store_true", help="print a page of HTML, which carries the report")
    parser.add_argument("--verify", metavar="FILE", help="check the seal of a report, --json or --html")


def run(session: Session) -> int:
    options = session.options
    if options.verify is not None:
        return _verify(session)
    planned = plan(session)
    report = service.scan(session.operations, planned)
    made = session.run(proof.make(session.operations, report, planned.paths, __version__))
    if options.html:
        session.output.line(page.html(made))
    elif options.json:
        session.output.json(made)
    else:
        _print(session, made)
    return 0 if made["clean"] else FOUND


def _verify(session: Session) -> int:
    if session.options.paths:
        raise ArgumentValueError("give PATHS or --verify, not both")
    made = proof.read(session.options.verify)
    session.run(proof.verify(session.operations, made))
    if session.options.json:
        session.output.json(made)
    session.output.note(f"the seal matches: {page.verdict(made).lower()}, {made['made']}")
    return 0


def _print(session: Session, made: dict[str, Any]) -> None:
    for kind, text in page.lines(made):
        if kind in ("title", "head"):
            session.output.line(painted(shown(text), BOLD))
        else:
            session.output.line(("  - " if kind == "item" else "  ") + shown(text))
