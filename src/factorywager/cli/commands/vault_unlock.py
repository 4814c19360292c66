"""Asks for the vault's passphrase once, and lets the kernel keep the opened key for a time."""

from __future__ import annotations

from argparse import ArgumentTypeError

from ...stores.vault.admin import VaultAdmin
from ..arguments import Parser
from ..session import Session
from .vault_status import tell

SUMMARY = "keep the vault open for a time"

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def arguments(parser: Parser) -> None:
    parser.add_argument(
        "--for",
        dest="span",
        metavar="SPAN",
        type=_span,
        default=8 * 3600,
        help="how long: 90s, 15m, 8h, 2d (default: 8h)",
    )


def run(session: Session) -> int:
    status = session.run(VaultAdmin(session.vault.access).unlock(session.options.span, session.terms()))
    return tell(session, status, f"the vault is unlocked for {session.options.span:,} seconds")


def _span(text: str) -> int:
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdecimal() and len(number) <= 6 and unit in _UNITS and int(number) > 0):
        raise ArgumentTypeError("expected a span such as 90s, 15m, 8h or 2d")
    return int(number) * _UNITS[unit]
