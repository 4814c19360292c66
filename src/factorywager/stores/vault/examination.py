"""What ``factorywager doctor`` says about the vault."""

from __future__ import annotations

from ...errors import FactoryWagerError, LockedError
from ...flow import Flow
from ..store import Finding, Terms
from .access import Access
from .admin import VaultAdmin


def examine(access: Access, terms: Terms) -> Flow[list[Finding]]:
    """Looks at everything, the whole database included; never raises for what it finds."""
    findings: list[Finding] = []
    try:
        status = yield from VaultAdmin(access).status(terms)
        findings.append(Finding("ok", "path", status.path))
        if not status.exists:
            findings.append(Finding("note", "vault", "there is none yet", "the first `factorywager set` makes it"))
            return findings
        findings.append(Finding("ok", "key mode", str(status.mode)))
        # reading the header has checked the directory, opening checks the other files
        nothing: list[str] = []
        damage = yield from access.read(lambda entries: list(entries.damage()), terms, nothing)
        findings.append(Finding("ok", "permissions", "only this user can use the vault's files"))
        findings += [
            Finding("problem", "contents", found, "restore the vault from a backup, or set the entry again")
            for found in damage
        ]
        if not damage:
            count = yield from access.read(lambda entries: entries.count(), terms, 0)
            findings.append(Finding("ok", "contents", f"{count} entries, every page and value verified"))
    except LockedError as error:
        findings.append(Finding("note", "vault", str(error), error.hint))
    except FactoryWagerError as error:
        findings.append(Finding("problem", "vault", str(error), error.hint))
    return findings
