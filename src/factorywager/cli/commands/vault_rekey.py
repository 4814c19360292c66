"""Gives the vault a new key, and with `--mode` another place for it; every entry is encrypted anew."""

from __future__ import annotations

from ...protocols.vault import Mode
from ...stores.vault.admin import VaultAdmin
from ..arguments import Parser
from ..session import Session
from .vault_init import new_passphrase
from .vault_status import tell

SUMMARY = "give the vault a new key"


def arguments(parser: Parser) -> None:
    parser.add_argument(
        "--mode",
        choices=[str(mode) for mode in Mode],
        help="key-file, passphrase or sealed (default: as before)",
    )


def run(session: Session) -> int:
    mode = None if session.options.mode is None else Mode(session.options.mode)
    status = session.run(VaultAdmin(session.vault.access).rekey(mode, session.terms(), new_passphrase(session)))
    return tell(session, status, f"the vault in {status.path} has a new key (key mode: {status.mode})")
