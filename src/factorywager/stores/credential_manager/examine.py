"""What ``factorywager doctor`` says about Windows Credential Manager."""

from __future__ import annotations

import ctypes

from ...errors import FactoryWagerError
from ...flow import Flow
from ...model import Info
from ..store import Finding
from . import advapi


def examine(session: Flow[str], entries: Flow[list[Info]]) -> Flow[list[Finding]]:
    """What this logon session can keep, and what it holds; never raises for what it finds."""
    findings: list[Finding] = []
    try:
        findings.append(Finding("ok", "logon session", (yield from session)))
        count = len((yield from entries))
        findings.append(Finding("ok", "contents", f"{count} entries of Bun's and ours"))
        findings.append(
            Finding("ok", "limits", f"a value has at most {advapi.LONGEST_BLOB:,} bytes; the vault takes longer ones")
        )
        if _is_wine():
            findings.append(
                Finding(
                    "note",
                    "Wine",
                    "this is Wine, not Windows: credentials lie in its registry beside the key that scrambles them",
                    "use the vault for values that matter: --store vault",
                )
            )
    except FactoryWagerError as error:
        findings.append(Finding("problem", "Credential Manager", error.message, error.hint))
    return findings


def _is_wine() -> bool:
    return hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")  # type: ignore[attr-defined, unused-ignore]
