"""What ``factorywager --help`` says, and what answers a line without a command."""

from __future__ import annotations

from ..errors import ArgumentValueError
from .line import Line
from .output import write
from .registry import FAMILIES, GROUPS, load

_USAGE = """\
usage: factorywager COMMAND [OPTIONS]        (or, shorter: fw)

Keeps credentials in the operating system's own store, shared with Bun entry by entry.
"""

_END = """\
Every command also takes --service, --store, --json, --timeout, --no-input and --quiet, before its name or behind it;
`factorywager COMMAND --help` explains one.  A secret is best piped in, or typed when asked for.
"""


def answer(line: Line, error: ArgumentValueError) -> int:
    """Serve ``--help``, ``--version`` and a bare ``factorywager``; any other line without a command is ``error``."""
    if {"-h", "--help"} & set(line.arguments) and (not line.command or line.command in FAMILIES):
        write(overview(line.command).encode())
        return 0
    if line.arguments[:1] == ["--version"] and not line.command:
        from .commands.version import text

        write(text().encode() + b"\n")
        return 0
    if not line.command:
        raise ArgumentValueError("name a command", hint="`factorywager --help` lists the commands")
    raise error


def overview(family: str = "") -> str:
    """All commands with their summaries, or those that begin with ``family``."""
    parts = [_USAGE]
    for title, names in GROUPS.items():
        wanted = [name for name in names if name.startswith(family)]
        if wanted:
            rows = "".join(f"  {name:<14} {load(name).SUMMARY}\n" for name in wanted)
            parts.append(f"{title}:\n{rows}")
    return "\n".join([*parts, _END])
