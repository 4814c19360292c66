"""Makes the kernel forget the vault's key; the next command needs the passphrase again."""

from __future__ import annotations

from ...stores.vault.admin import VaultAdmin
from ..arguments import Parser
from ..session import Session
from .vault_status import tell

SUMMARY = "lock the vault now"


def arguments(parser: Parser) -> None:
    pass


def run(session: Session) -> int:
    admin = VaultAdmin(session.vault.access)
    forgotten = session.run(admin.lock(session.terms()))
    status = session.run(admin.status(session.terms()))
    return tell(session, status, "the vault is locked" if forgotten else "the vault was locked already")
