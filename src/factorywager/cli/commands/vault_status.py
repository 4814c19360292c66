"""Tells where the vault is, how its key is kept and whether it is locked; opens nothing and asks nothing."""

from __future__ import annotations

from ...stores.vault.admin import Status, VaultAdmin
from ..arguments import Parser
from ..session import Session

SUMMARY = "where the vault is and how its key is kept"


def arguments(parser: Parser) -> None:
    pass


def run(session: Session) -> int:
    status = session.run(VaultAdmin(session.vault.access).status(session.terms()))
    if session.options.json:
        session.output.json(document(status))
    else:
        session.output.table(["FIELD", "VALUE"], [[field, _shown(value)] for field, value in document(status).items()])
    return 0


def document(status: Status) -> dict[str, object]:
    """What `vault status --json` prints, and the other vault commands with it."""
    return {
        "path": status.path,
        "exists": status.exists,
        "mode": None if status.mode is None else str(status.mode),
        "locked": status.locked,
        "seconds_left": None if status.seconds_left is None else round(status.seconds_left),
        "entries": status.entries,
        "size": status.size,
        "format": status.format,
        "id": status.vault_id,
    }


def tell(session: Session, status: Status, text: str) -> int:
    """End a command that changed the vault: say so, and what the vault is like now."""
    if session.options.json:
        session.output.json(document(status))
    session.output.note(text)
    return 0


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
