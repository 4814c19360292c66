"""Prints a database's credentials: for people with the password masked, as five JSON fields, or as a URL."""

from __future__ import annotations

from ...model.secret import REDACTED
from ...services import database
from ..arguments import Parser
from ..session import Session

SUMMARY = "print database credentials"


def arguments(parser: Parser) -> None:
    parser.add_argument("--show", action="store_true", help="show the password too")
    parser.add_argument("--url", action="store_true", help="print a postgresql:// URL, password included")


def run(session: Session) -> int:
    found = session.run(database.load(session.operations, session.service))
    options = session.options
    if options.url:
        with found.url().lease() as url:
            if options.json:
                session.output.json({"url": str(url, "ascii")})
            else:
                session.output.value(url)
    elif options.json:
        session.output.json(found._asdict() | {"password": found.password.reveal()})
    else:
        fields = found._asdict() | {"password": found.password.reveal() if options.show else REDACTED}
        session.output.table(["FIELD", "VALUE"], [[field, str(value)] for field, value in fields.items()])
    return 0
