"""Prints the version."""

from __future__ import annotations

import sys

from ... import __version__
from ..arguments import Parser
from ..session import Session

SUMMARY = "print the version"


def arguments(parser: Parser) -> None:
    pass


def run(session: Session) -> int:
    if session.options.json:
        session.output.json({"version": __version__, "python": _python(), "platform": sys.platform})
    else:
        session.output.line(text())
    return 0


def text() -> str:
    return f"factorywager {__version__} (Python {_python()}, {sys.platform})"


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))
