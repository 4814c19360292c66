"""What ``factorywager doctor`` says about Windows Credential Manager."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from ...errors import FactoryWagerError
from ...flow import Flow
from ..store import Finding, Terms
from . import advapi

if TYPE_CHECKING:
    from .store import CredentialManagerStore


def examine(store: CredentialManagerStore, terms: Terms) -> Flow[list[Finding]]:
    """What this logon session can keep, and what it holds; never raises for what it finds."""
    findings: list[Finding] = []
    try:
        findings.append(Finding("ok", "logon session", (yield from store.reach(terms))))
        entries = yield from store.list(None, terms)
        findings.append(Finding("ok", "contents", f"{len(entries)} entries of Bun's and ours"))
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
