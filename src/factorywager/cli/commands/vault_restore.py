"""Makes an earlier value of an entry the current one again, as a new version; nothing is lost by it."""

from __future__ import annotations

from argparse import ArgumentTypeError

from ..arguments import Parser
from ..session import Session

SUMMARY = "bring an earlier version back"


def arguments(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the entry")
    parser.add_argument("version", metavar="VERSION", type=_number, help="a number from `vault history`")


def run(session: Session) -> int:
    ref, number = session.ref(session.options.name), session.options.version
    session.run(session.vault.restore(ref, number, session.terms()))
    if session.options.json:
        session.output.json({"service": ref.service, "name": ref.name, "store": "vault", "restored": number})
    session.output.note(f"version {number} of {ref} is the current one again")
    return 0


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ArgumentTypeError("expected the number of a version")
    return int(text)
