"""Prints the value of an entry, and nothing else: `T=$(factorywager get NAME)` is exactly the value."""

from __future__ import annotations

from ..arguments import Parser
from ..session import Session

SUMMARY = "print an entry's value"


def arguments(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the entry")
    add_no_newline(parser)


def run(session: Session) -> int:
    return print_value(session, session.options.name)


def add_no_newline(parser: Parser) -> None:
    parser.add_argument("-n", "--no-newline", action="store_true", help="print the value's bytes and no newline")


def print_value(session: Session, name: str) -> int:
    """Print one value as the options ask.

    Raises:
        NotFoundError: there is no such entry.
        CorruptError: ``--json`` was asked for and the value is not text.
    """
    ref = session.ref(name)
    secret = session.run(session.operations.require(ref))
    if session.options.json:
        session.output.json(
            {"service": ref.service, "name": ref.name, "store": session.store, "value": secret.reveal()}
        )
    else:
        with secret.lease() as view:
            session.output.value(view, newline=not session.options.no_newline)
    return 0
