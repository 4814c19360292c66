"""Prints the value of an entry, and nothing else: `T=$(factorywager get NAME)` is exactly the value.

NAME may be a reference (`fw://SERVICE/NAME`), and a value that is one is followed.
"""

from __future__ import annotations

from ...services import references
from ..arguments import Parser
from ..session import Session

SUMMARY = "print an entry's value"


def arguments(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the entry, or a reference to one")
    add_no_newline(parser)


def run(session: Session) -> int:
    return print_value(session, session.options.name)


def add_no_newline(parser: Parser) -> None:
    parser.add_argument("-n", "--no-newline", action="store_true", help="print the value's bytes and no newline")


def print_value(session: Session, name: str) -> int:
    """Print one value as the options ask.

    Raises:
        NotFoundError: there is no such entry.
        ConflictError: it is a reference that leads in a circle.
        CorruptError: ``--json`` was asked for and the value is not text; or it is a malformed reference.
    """
    ref = references.parse(name) if references.is_reference(name) else session.ref(name)
    operations = session.operations
    secret = session.run(references.follow(operations, session.run(operations.require(ref))))
    if session.options.json:
        session.output.json(
            {"service": ref.service, "name": ref.name, "store": session.store, "value": secret.reveal()}
        )
    else:
        with secret.lease() as view:
            session.output.value(view, newline=not session.options.no_newline)
    return 0
