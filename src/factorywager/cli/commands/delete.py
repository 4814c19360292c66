"""Removes an entry.  Nothing is asked; that there was no such entry is an error."""

from __future__ import annotations

from ...errors import NotFoundError
from ..arguments import Parser
from ..session import Session

SUMMARY = "remove an entry"


def arguments(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the entry")
    parser.add_argument("--missing-ok", action="store_true", help="an absent entry is no error")


def run(session: Session) -> int:
    ref = session.ref(session.options.name)
    deleted = session.run(session.operations.delete(ref))
    if not deleted and not session.options.missing_ok:
        raise NotFoundError(
            "there is no such entry: nothing was deleted",
            hint=f"`factorywager list --service {ref.service}` shows what there is",
            store=session.store,
            service=ref.service,
            name=ref.name,
        )
    if session.options.json:
        session.output.json({"service": ref.service, "name": ref.name, "store": session.store, "deleted": deleted})
    session.output.note(
        f"deleted {ref} from the {session.store} store" if deleted else f"{ref} is not in the {session.store} store"
    )
    return 0
