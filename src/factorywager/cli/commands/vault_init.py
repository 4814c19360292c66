"""Makes the vault, and chooses where its key is kept.

key-file     in a file beside it, which only your user can read: protects backups and other users, not from you
passphrase   nowhere: it is made from a passphrase that you type (or FACTORYWAGER_VAULT_PASSPHRASE_FILE holds)
sealed       as one entry in the operating system's store
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...protocols.vault import Mode
from ...stores.vault.admin import VaultAdmin
from ..arguments import Parser
from ..session import Session
from .vault_status import tell

if TYPE_CHECKING:
    from ...stores.vault.keys import Ask

SUMMARY = "make the vault, choose where its key is kept"


def arguments(parser: Parser) -> None:
    parser.add_argument(
        "--mode",
        choices=[str(mode) for mode in Mode],
        default=str(Mode.KEY_FILE),
        help="key-file (default), passphrase or sealed",
    )


def run(session: Session) -> int:
    mode = Mode(session.options.mode)
    status = session.run(VaultAdmin(session.vault.access).init(mode, session.terms(), new_passphrase(session)))
    return tell(session, status, f"made a vault in {status.path} (key mode: {status.mode})")


def new_passphrase(session: Session) -> Ask | None:
    """Asks for a new passphrase, twice; ``None`` where a file holds it, or nobody may be asked."""
    if os.environ.get("FACTORYWAGER_VAULT_PASSPHRASE_FILE") or not session.interactive:
        return None
    return lambda: session.prompts.new_secret("New passphrase")
