"""Tells what is there, what works, and what to do about the rest.

Looks at the system, at each store and at what `auto` chooses, and writes, reads and deletes a throw-away entry in the
chosen store.  The exit status is that of the error which keeps the chosen store from working, or 0.
"""

from __future__ import annotations

from ...services import doctor
from ...stores.store import Finding
from ..arguments import Parser
from ..output import BOLD, GREEN, RED, YELLOW, Output, painted, shown
from ..session import Session

SUMMARY = "examine the stores and say what to do"

_COLOURS = {"ok": GREEN, "note": YELLOW, "problem": RED}


def arguments(parser: Parser) -> None:
    pass


def run(session: Session) -> int:
    report = session.run(doctor.examine(session.operations))
    status = 0 if report.failure is None else report.failure.exit_status
    if session.options.json:
        session.output.json(
            {
                "store": session.store,
                "works": report.failure is None,
                "exit_status": status,
                "sections": {
                    title: [finding._asdict() for finding in findings] for title, findings in report.sections.items()
                },
            }
        )
    else:
        for title, findings in report.sections.items():
            _print(session.output, title, findings)
        works = "works" if status == 0 else "does not work"
        session.output.note(f"the {session.store} store {works}")
    return status


def _print(output: Output, title: str, findings: list[Finding]) -> None:
    output.line(painted(title, BOLD))
    width = max((len(finding.what) for finding in findings), default=0)
    for finding in findings:
        state = painted(f"{finding.state:<7}", _COLOURS[finding.state])
        output.line(f"  {state}  {shown(f'{finding.what:<{width}}')}  {shown(finding.detail)}")
        if finding.hint:
            output.line(f"  {'':<7}  {'':<{width}}  {shown(finding.hint)}")
