"""Findings as SARIF 2.1.0 (OASIS), which code hosts and editors show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME: Final = "https://bun.com/docs/runtime/secrets"


def sarif(version: str, found: Iterable[Mapping[str, Any]], passed_over: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """The document of ``scan --sarif``.

    Args:
        version: this program's.
        found, passed_over: as ``scan --json`` has them.
    """
    results = [_result(finding) for finding in found]
    rules = sorted({result["ruleId"] for result in results})
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "factorywager",
                        "version": version,
                        "informationUri": _HOME,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "results": results,
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {
                                "level": "note",
                                "message": {"text": f"passed over: {each['why']}"},
                                "locations": [_location(each["path"], None)],
                            }
                            for each in passed_over
                        ],
                    }
                ],
            }
        ],
    }


def _rule(name: str) -> dict[str, Any]:
    return {"id": name, "shortDescription": {"text": f"A secret in plain text, or encoded: {name}"}}


def _result(finding: Mapping[str, Any]) -> dict[str, Any]:
    entries = ", ".join(f"{entry['service']}/{entry['name']}" for entry in finding["entries"])
    what = f"The value of {entries} stands here" if entries else "What looks like a secret stands here"
    return {
        "ruleId": f"stored/{finding['kind']}" if entries else f"unknown/{finding['kind']}",
        "level": "error" if entries else "warning",
        "message": {"text": f"{what} ({finding['kind']}, {finding['fingerprint']})."},
        "locations": [_location(finding["path"], finding["line"])],
        "partialFingerprints": {"factorywager/v1": finding["id"]},
    }


def _location(path: str, line: int | None) -> dict[str, Any]:
    where: dict[str, Any] = {"artifactLocation": {"uri": quote(path.encode("utf-8", "surrogateescape"), safe="/:")}}
    if line is not None:
        where["region"] = {"startLine": line}
    return {"physicalLocation": where}
