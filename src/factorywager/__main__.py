"""``python -m factorywager``: the command line."""

from __future__ import annotations

from .cli.main import program

program()
