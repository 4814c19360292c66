"""Stores the API token (the entry `tier-api-token`).

Without TOKEN it is read from standard input when that is a pipe or a file, and asked for, hidden, at a terminal.
"""

from __future__ import annotations

from ...services import catalogue
from ..arguments import Parser
from ..session import Session
from .set import store_value

SUMMARY = "store the API token"


def arguments(parser: Parser) -> None:
    parser.add_argument("token", metavar="TOKEN", nargs="?", help="the token; - reads standard input")


def run(session: Session) -> int:
    return store_value(session, catalogue.API_TOKEN, session.options.token)
