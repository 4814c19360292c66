"""`Parser`: how a command line is read.

The common options may stand before the command's name and behind it, and options may stand between arguments.
What was typed is never repeated in an error: a mistyped line often has a secret in it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from functools import partial
from typing import Any, NoReturn

from ..errors import ArgumentValueError

_LONGEST_TIMEOUT = 86_400.0  # seconds; what a lock can be told to wait for has a limit, and so has patience


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal.  argparse would ask `shutil`, for each argument that is added: 3 ms."""

    def __init__(self, prog: str) -> None:
        try:
            columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(1).columns)
        except (OSError, ValueError):
            columns = 80
        super().__init__(prog, width=max(40, min(columns, 120)) - 2)


class Parser(argparse.ArgumentParser):
    """An `argparse` parser that raises `ArgumentValueError` and writes help where data goes."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, add_help=False, formatter_class=_Formatter, **settings)
        add_common(self)

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse, with options first: argparse would take an optional argument as absent at the first option."""
        options, values = self._sorted(arguments)
        given, left = self.parse_known_args([*options, *(["--", *values] if values else [])], defaults())
        if left:
            self.error(f"{len(left)} more argument{'s' * (len(left) > 1)} than this command takes")
        return given

    def _sorted(self, arguments: Sequence[str]) -> tuple[list[str], list[str]]:
        options: list[str] = []
        values: list[str] = []
        line = iter(arguments)
        for word in line:
            if word == "--":
                values.extend(line)
            elif not word.startswith("-") or word == "-":
                values.append(word)
            else:
                options.append(word)
                if self._takes_next(word):
                    options.extend(value for value in (next(line, None),) if value is not None)
        return options, values

    def _takes_next(self, word: str) -> bool:
        """Whether the option's value is the next word; argparse's own errors here would repeat what was typed."""
        name, has_value, _ = word.partition("=")
        action = self._option_string_actions.get(name)
        if action is None:
            self.error(f"there is no such option{self._meant(name)}")
        if has_value and action.nargs == 0:
            self.error(f"{name} takes no value")
        return not has_value and action.nargs is None

    def _meant(self, name: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(name, [option for option in self._option_string_actions if len(option) > 2], n=1)
        return f"; did you mean {near[0]}?" if near else ""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, f"expected one of {', '.join(action.choices)}")

    def error(self, message: str) -> NoReturn:
        raise ArgumentValueError(message, hint=f"`{self.prog} --help` shows what it takes")

    def _print_message(self, message: str, file: object = None) -> None:
        from .output import write

        write(message.encode())


def add_common(parser: Parser) -> None:
    """The options that every command takes."""
    # SUPPRESS: below `completion.full_parser` a default would cover what was given before the command's name
    add = partial(parser.add_argument_group("common options").add_argument, default=argparse.SUPPRESS)
    add("--service", metavar="NAME", help="whose entries (default: $FACTORYWAGER_SERVICE, else com.factorywager.cli)")
    add(
        "--store",
        metavar="NAME",
        help="auto, secret-service, keychain, credential-manager, vault or memory "
        "(default: $FACTORYWAGER_STORE, else auto)",
    )
    add("--json", action="store_true", help="print JSON")
    add("--timeout", type=_seconds, metavar="SECONDS", help="give up after so long (default: 30)")
    add("--no-input", action="store_true", help="never ask anything; fail instead")
    add("--quiet", action="store_true", help="no notes and no warnings; errors are still told")
    add("-h", "--help", action="help", help="show this and end")


def defaults() -> argparse.Namespace:
    """What holds for common options that were not given."""
    return argparse.Namespace(service=None, store=None, json=False, timeout=30.0, no_input=False, quiet=False)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above zero, at most {_LONGEST_TIMEOUT:g}")
    return seconds
