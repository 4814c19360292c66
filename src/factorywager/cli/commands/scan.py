"""Tells where values of the store stand in plain text, or encoded, in the files below PATHS (default: `.`).

The values themselves are searched for, in all their usual disguises, in one pass; none is ever shown.
The exit status is 20 when something was found.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from ...services.scan import scan as service
from ...services.scan.finding import Finding
from ...services.scan.needles import SHORTEST
from ..arguments import Parser
from ..session import Session

SUMMARY = "find where stored values still stand in plain text"

FOUND: Final = 20  # the exit status that tells a finding from a failure


def arguments(parser: Parser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATHS", help="files and directories (default: .)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only entries of this name")
    parser.add_argument("--except", dest="excepted", action="append", default=[], metavar="NAME", help="not these")


def run(session: Session) -> int:
    options = session.options
    plan = service.Plan(options.paths or ["."], service=options.service, only=options.only, excepted=options.excepted)
    report = service.scan(session.operations, plan)
    if session.options.json:
        session.output.json(document(report))
    else:
        _print(session, report)
    return FOUND if report.findings else 0


def document(report: service.Report) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "found": [_finding(finding) for finding in report.findings],
        "accepted": report.accepted,
        "searched": {"values": report.values, "bytes": report.bytes, "places": report.searched},
        "left_out": [{"service": left.ref.service, "name": left.ref.name, "why": left.why} for left in report.left_out],
        "passed_over": [each._asdict() for each in report.passed_over],
        "seconds": round(report.seconds, 3),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    source = finding.source
    return {
        "id": finding.id,
        "place": source.place,
        "path": source.path,
        "line": finding.line,
        "offset": finding.offset,
        "object": source.blob,
        "commits": list(finding.commits),
        "kind": finding.kind,
        "entries": [ref._asdict() for ref in finding.refs],
        "fingerprint": finding.fingerprint,
        "more": finding.more,
    }


def _print(session: Session, report: service.Report) -> None:
    output = session.output
    if report.findings:
        output.table(["WHERE", "KIND", "ENTRY", "FINGERPRINT"], [_row(finding) for finding in report.findings])
    for left in report.left_out:
        if left.why == "too short":
            output.warning(f"{left.ref} is not searched for: it has fewer than {SHORTEST} characters")
        elif left.why == "configuration":
            output.note(f"{left.ref} is not searched for: it is no secret (--only {left.ref.name} takes it in)")
    for why, number in Counter(each.why for each in report.passed_over).most_common():
        output.note(f"passed over: {number:,} ({why})")
    places = ", ".join(f"{place}: {number:,}" for place, number in sorted(report.searched.items()))
    output.note(
        f"searched {places or 'nothing'} ({report.bytes / 1e6:,.1f} MB) for {report.values} "
        f"value{'s' * (report.values != 1)} in {report.seconds:.1f} s: {len(report.findings)} found"
        + (f", and {report.accepted} that the baseline holds" if report.accepted else "")
    )


def _row(finding: Finding) -> list[str]:
    where = finding.source.path if finding.line is None else f"{finding.source.path}:{finding.line}"
    entry = ", ".join(map(str, finding.refs))
    more = f" (and {finding.more} more)" if finding.more else ""
    return [where + more, finding.kind, entry, finding.fingerprint]
