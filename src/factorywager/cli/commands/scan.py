"""Tells where values of the store stand in plain text, or encoded, below PATHS.

The values themselves are searched for, in all their usual disguises, in one pass; none is ever shown.  Without PATHS
it is the current directory, and besides it histories, logs, what editors keep, processes and systemd's journal.
The exit status is 20 when something was found.
"""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from collections import Counter
from typing import Any, Final

from ...errors import ArgumentValueError
from ...services.scan import baseline, document
from ...services.scan import scan as service
from ...services.scan.files import Limits
from ...services.scan.finding import Finding
from ...services.scan.needles import SHORTEST
from ..arguments import Parser
from ..session import Session

SUMMARY = "find where stored values still stand in plain text"

FOUND: Final = 20  # the exit status that tells a finding from a failure


def arguments(parser: Parser) -> None:
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATHS", help="files and directories (default: ., and all places)")
    add_plan(parser)
    add("--staged", action="store_true", help="what is about to be committed, and nothing else")
    add("--install-hook", action="store_true", help="have git run `scan --staged` before each commit")
    add("--baseline", metavar="FILE", help="leave out what is in FILE, an earlier --json")
    add("--sarif", action="store_true", help="print SARIF")


def add_plan(parser: Parser) -> None:
    """The options that say what is searched, and for what; `prove` has them too."""
    add = parser.add_argument
    add("--places", type=_places, metavar="LIST", help=f"of {', '.join(service.PLACES)}; or all, or none")
    add("--unknown", action="store_true", help="also what looks like a secret and is not in the store")
    add("--only", action="append", default=[], metavar="NAME", help="only entries of this name")
    add("--except", dest="excepted", action="append", default=[], metavar="NAME", help="not entries of this name")
    add("--since", type=_moment, metavar="WHEN", help="files and commits since then: 2026-01-31, or 7d")
    add("--exclude", action="append", default=[], metavar="PATTERN", help="leave out, as in a .gitignore")
    add("--gitignore", action="store_true", help="leave out what git ignores")
    add("--no-fwignore", action="store_true", help="do not follow .fwignore")
    add("--largest", type=_bytes, metavar="BYTES", help="leave out larger files")


def run(session: Session) -> int:
    options = session.options
    if options.install_hook:
        return _install(session)
    if options.staged and options.paths:
        raise ArgumentValueError("give PATHS or --staged, not both")
    known = baseline.read(options.baseline) if options.baseline else frozenset()
    report = service.scan(
        session.operations, plan(session)._replace(staged=options.staged, known=known), _progress(session)
    )
    if options.sarif:
        from ... import __version__
        from ...protocols.sarif import sarif

        made = document.document(report)
        session.output.json(sarif(__version__, made["found"], made["passed_over"]))
    elif options.json:
        session.output.json(document.document(report))
    else:
        show(session, report)
    return FOUND if report.findings else 0


def plan(session: Session) -> service.Plan:
    """What the options of `add_plan` ask for."""
    options = session.options
    everywhere = service.PLACES if not options.paths else ("git", "archive")
    return service.Plan(
        options.paths or ["."],
        places=frozenset(everywhere if options.places is None else options.places),
        unknown=options.unknown,
        service=options.service,
        only=options.only,
        excepted=options.excepted,
        exclude=options.exclude,
        fwignore=not options.no_fwignore,
        gitignore=options.gitignore,
        limits=Limits(options.since, options.largest),
    )


def show(session: Session, report: service.Report) -> None:
    """The findings as a table, and what else there is to say."""
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
    commit = f" ({finding.commits[0][:12]})" if finding.commits else ""
    more = f" (and {finding.more} more)" if finding.more else ""
    entry = ", ".join(map(str, finding.refs)) or "-"
    return [where + commit + more, finding.kind, entry, finding.fingerprint]


def _install(session: Session) -> int:
    from ...services.scan import hook

    path = str(hook.install())
    if session.options.json:
        session.output.json({"hook": path})
    session.output.note(f"git runs `factorywager scan --staged` before each commit: {path}")
    return 0


def _progress(session: Session) -> Any:
    """Notes for a person who waits."""
    return (lambda what: session.output.note(f"searching {what}")) if os.isatty(2) else None


def _places(text: str) -> frozenset[str]:
    if text in ("all", "none"):
        return frozenset(service.PLACES if text == "all" else ())
    places = frozenset(text.split(","))
    if not places <= set(service.PLACES):
        raise ArgumentTypeError(f"expected all, none, or some of {','.join(service.PLACES)}")
    return places


def _moment(text: str) -> float:
    """Seconds since 1970."""
    import re
    import time
    from datetime import datetime

    ago = re.fullmatch(r"([0-9]{1,5})([hdw])", text)
    if ago:
        return time.time() - int(ago[1]) * {"h": 3600, "d": 86400, "w": 604_800}[ago[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise ArgumentTypeError("expected a date such as 2026-01-31, or a time such as 12h, 7d, 4w") from None


def _bytes(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 1 << 62:
        raise ArgumentTypeError("expected a number of bytes")
    return int(text)
