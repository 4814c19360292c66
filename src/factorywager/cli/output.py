"""The one place for output: data to stdout, everything for people to stderr."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

from ..errors import FactoryWagerError, PlatformError, StorageFullError

_STDOUT, _STDERR = 1, 2

BOLD, RED, GREEN, YELLOW, CYAN, _RESET = "\x1b[1m", "\x1b[1;31m", "\x1b[32m", "\x1b[33m", "\x1b[36m", "\x1b[0m"


class OutputClosed(Exception):  # noqa: N818 - not an error: `factorywager list | head -1`
    """Whoever read our output has stopped reading."""


def write(data: bytes | memoryview) -> None:
    """Put bytes on stdout as they are; nothing is buffered, so nothing is left over to fail at exit.

    Raises:
        OutputClosed: the pipe's reader is gone.
        StorageFullError, PlatformError: stdout leads to a file that cannot take them.
    """
    with memoryview(data) as rest:
        done = 0
        while done < len(rest):
            with rest[done:] as left:
                done += _write_some(left)


def _write_some(left: memoryview) -> int:
    try:
        return os.write(_STDOUT, left)
    except BrokenPipeError:
        raise OutputClosed from None
    except OSError as error:
        kind = StorageFullError if error.errno in (errno.ENOSPC, errno.EDQUOT) else PlatformError
        raise kind(f"cannot write to standard output: {error.strerror}", native=error.errno) from None


def shown(text: str) -> str:
    """``text`` for a terminal: whatever could move the cursor, or turn the text around, is escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


class Output:
    """What a command says, and where.

    Attributes:
        quiet: notes and warnings are left out.
    """

    def __init__(self) -> None:
        self.quiet = False
        self._told: set[str] = set()

    # --- data ---------------------------------------------------------------------------------

    def value(self, secret: memoryview, *, newline: bool = True) -> None:
        """A secret's bytes, straight from locked memory."""
        write(secret)
        if newline:
            write(b"\n")

    def line(self, text: str) -> None:
        """One line of data, as it is."""
        write(text.encode("utf-8", "backslashreplace") + b"\n")

    def json(self, document: Any) -> None:
        """A document; ASCII only, so that it is as safe on a terminal as in a file."""
        from json import dumps

        write(dumps(document, indent=2).encode() + b"\n")

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns under their heads; cells are escaped with `shown`."""
        cells = [list(heads), *([shown(cell) for cell in row] for row in rows)]
        widths = [max(_width(row[column]) for row in cells) for column in range(len(heads))]
        for number, row in enumerate(cells):
            text = "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
            self.line(painted(text.rstrip(), BOLD) if number == 0 else text.rstrip())

    # --- for people ---------------------------------------------------------------------------

    def note(self, text: str) -> None:
        if not self.quiet:
            _say(shown(text))

    def heading(self, text: str) -> None:
        if not self.quiet:
            _say(painted(shown(text), BOLD, _STDERR))

    def warning(self, text: str) -> None:
        """Each text once, however often it comes up."""
        if not self.quiet and text not in self._told:
            self._told.add(text)
            _say(f"{painted('warning:', YELLOW, _STDERR)} {shown(text)}")

    def progress(self, text: str | None) -> None:
        """A line that the next one overwrites, where a person sees it; ``None`` clears it."""
        if not self.quiet and os.environ.get("TERM") != "dumb" and os.isatty(_STDERR):
            _say("\r\x1b[K" if text is None else f"\r\x1b[K{shown(text)}", end="")

    def error(self, error: FactoryWagerError) -> None:
        self.failure(str(error), error.hint)

    def failure(self, text: str, hint: str | None) -> None:
        _say(f"{painted('error:', RED, _STDERR)} {shown(text)}")
        if hint is not None:
            _say(f"{painted('hint:', CYAN, _STDERR)} {shown(hint)}")


def _say(text: str, end: str = "\n") -> None:
    """A line on stderr.  That it cannot be written is no reason to fail: there is nowhere left to say so."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        stream.write(text + end)  # its error handler is backslashreplace, whatever the locale
        stream.flush()
    except (OSError, ValueError):
        pass


def painted(text: str, colour: str, descriptor: int = _STDOUT) -> str:
    """``text`` in a colour, where a person sees it and has not asked for none (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not os.isatty(descriptor):
        return text
    return f"{colour}{text}{_RESET}"


def _width(text: str) -> int:
    """Columns on a terminal: ideographs and emoji take two."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
