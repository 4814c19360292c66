"""A report of `scan`, as programs read it; docs/reference/cli.md describes it."""

from __future__ import annotations

from typing import Any

from .finding import Finding
from .scan import Report


def document(report: Report) -> dict[str, Any]:
    """Everything but values."""
    return {
        "found": [_finding(finding) for finding in report.findings],
        "accepted": report.accepted,
        "searched": {"values": report.values, "bytes": report.bytes, "places": report.searched},
        "left_out": [{"service": left.ref.service, "name": left.ref.name, "why": left.why} for left in report.left_out],
        "passed_over": [each._asdict() for each in report.passed_over],
        "locked": report.locked,
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
