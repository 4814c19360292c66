"""Prints the API token (the entry `tier-api-token`), and nothing else: `T=$(factorywager get-token)`."""

from __future__ import annotations

from ...services import catalogue
from ..arguments import Parser
from ..session import Session
from .get import add_no_newline, print_value

SUMMARY = "print the API token"


def arguments(parser: Parser) -> None:
    add_no_newline(parser)


def run(session: Session) -> int:
    return print_value(session, catalogue.API_TOKEN)
