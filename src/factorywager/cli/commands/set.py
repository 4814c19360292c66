"""Stores a value under a name, replacing any earlier one.

Without VALUE the value is read from standard input when that is a pipe or a file (one trailing newline is dropped),
and asked for, hidden, at a terminal.  `-` reads standard input too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...stores.store import Options
from ..arguments import Parser
from ..session import Session
from ..values import read_secret

if TYPE_CHECKING:
    from datetime import datetime

SUMMARY = "store a value"


def arguments(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the entry")
    parser.add_argument("value", metavar="VALUE", nargs="?", help="the value; - reads standard input")
    parser.add_argument(
        "--expires",
        metavar="WHEN",
        type=_moment,
        help="a date, a date and time, or a span such as 90d or 12h, after which reading warns (vault only)",
    )


def run(session: Session) -> int:
    return store_value(session, session.options.name, session.options.value, session.options.expires)


def store_value(session: Session, name: str, given: str | None, expires: datetime | None = None) -> int:
    """Store one value, wherever it comes from, and say so."""
    ref = session.ref(name)
    value = read_secret(session, given, f"Value of {name}")
    session.run(session.operations.set(ref, value, Options(expires=expires)))
    if session.options.json:
        session.output.json({"service": ref.service, "name": ref.name, "store": session.store, "stored": True})
    session.output.note(f"stored {ref} in the {session.store} store")
    return 0


def _moment(text: str) -> datetime:
    """A time to come, with a time zone: this computer's own where the text has none."""
    import re
    from argparse import ArgumentTypeError
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    span = re.fullmatch(r"(\d{1,5})([hdw])", text)
    try:
        if span is not None:
            unit = {"h": "hours", "d": "days", "w": "weeks"}[span[2]]
            moment = now + timedelta(**{unit: int(span[1])})
        else:
            moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ArgumentTypeError("expected a date such as 2027-01-31, or a span such as 90d") from None
    if moment <= now:
        raise ArgumentTypeError("expected a time to come")
    return moment
