"""Stores a database's five credentials, as one change where the store can.

What is left out is asked for at a terminal.  PASSWORD may be `-`: it is then read from standard input.
"""

from __future__ import annotations

from ...services import catalogue, database
from ..arguments import Parser
from ..session import Session
from ..values import read_secret

SUMMARY = "store database credentials"

_HELP = {
    "host": "host name, IP address, or directory of a Unix socket",
    "port": "port number",
    "user": "user name",
    "password": "password; - reads standard input",
    "database": "name of the database",
}
_USUAL = {"host": "localhost", "port": "5432"}


def arguments(parser: Parser) -> None:
    for field in database.FIELDS:
        parser.add_argument(field, metavar=field.upper(), nargs="?", help=_HELP[field])


def run(session: Session) -> int:
    host, port, user, name = (_text(session, field) for field in database.FIELDS if field != "password")
    password = read_secret(session, session.options.password, "Password")
    given = database.Database(host, port, user, password, name)
    session.run(database.store(session.operations, session.service, given))
    names = list(catalogue.DATABASE)
    if session.options.json:
        session.output.json({"service": session.service, "store": session.store, "stored": names})
    session.output.note(f"stored {', '.join(names)} of {session.service} in the {session.store} store")
    return 0


def _text(session: Session, field: str) -> str:
    given = getattr(session.options, field)
    if given is None:
        given = session.prompts.line(field.capitalize(), _USUAL.get(field))
    return database.checked(field, given)
