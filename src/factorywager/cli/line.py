"""`Line`: which command of the registry a command line names, before anything is known of its options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..errors import ArgumentValueError
from .registry import FAMILIES, NAMES

_COMMON_WITH_VALUE: Final = ("--service", "--store", "--timeout")


class Line(NamedTuple):
    """A command line taken apart.

    Attributes:
        command: a name of the registry, or what there is of one.
        arguments: everything else, in order.
    """

    command: str
    arguments: list[str]


def take_apart(argv: Sequence[str]) -> Line:
    """Find the command's name among the options that stand before it."""
    rest = list(argv)
    words: list[str] = []
    at = 0
    while at < len(rest) and rest[at] != "--":
        if rest[at].startswith("-"):
            at += 2 if rest[at] in _COMMON_WITH_VALUE else 1
            continue
        words.append(rest.pop(at))
        if " ".join(words) not in FAMILIES:
            break
    return Line(" ".join(words), rest)


def unknown_command(name: str) -> ArgumentValueError:
    """The error for a name that the registry does not have."""
    from difflib import get_close_matches

    near = get_close_matches(name, NAMES, n=1)
    what = "there is no such command" if name not in FAMILIES else f"{name} needs a command of its own"
    meant = f"; did you mean `{near[0]}`?" if near else ""
    return ArgumentValueError(what + meant, hint="`factorywager --help` lists the commands")
