"""What the shell offers at TAB: commands, options, the names of stores and of entries.

Never prompts, and gives up after two seconds: whoever pressed TAB is waiting.
"""

from __future__ import annotations

import os
import warnings
from argparse import Action, Namespace
from collections.abc import Callable
from typing import Final

from ..errors import FactoryWagerError
from ..flow.blocking import run
from ..services import catalogue
from ..services.operations import Operations
from ..stores.registry import NAMES as STORES
from ..stores.registry import open_store
from .arguments import Parser
from .registry import FAMILIES, NAMES, load

_SECONDS = 2.0

Completer = Callable[..., list[str]]


def complete() -> None:
    """Answer the shell and end the process; returns only where the shell's request is malformed."""
    import argcomplete

    warnings.simplefilter("ignore")  # stderr is the terminal on which the user is typing
    argcomplete.autocomplete(full_parser())


def full_parser() -> Parser:
    """The parser of all commands at once: slow to build, and needed for nothing else."""
    root = Parser(prog="factorywager")
    commands = root.add_subparsers(metavar="COMMAND")
    families = {family: commands.add_parser(family).add_subparsers(metavar="COMMAND") for family in sorted(FAMILIES)}
    for name in NAMES:
        family, _, last = name.rpartition(" ")
        command = load(name)
        parser = families[family].add_parser(last) if family else commands.add_parser(last)
        command.arguments(parser)
        for action in parser._actions:
            _attach(action)
    for action in root._actions:
        _attach(action)
    return root


def _attach(action: Action) -> None:
    completer = _COMPLETERS.get(action.dest)
    if completer is not None:
        action.completer = completer  # type: ignore[attr-defined]  # where argcomplete looks for it


def entry_names(prefix: str, parsed_args: Namespace, **_: object) -> list[str]:
    """The names in the service that the line so far means."""
    service = getattr(parsed_args, "service", None) or os.environ.get("FACTORYWAGER_SERVICE") or catalogue.SERVICE
    try:
        store = open_store(getattr(parsed_args, "store", None))
        infos = run(Operations(store, timeout=_SECONDS, interactive=False).list(service))
    except FactoryWagerError:
        return []  # a locked store has no names to offer, and TAB is not the moment to say so
    return [info.name for info in infos if info.name.startswith(prefix) and info.name.isprintable()]


def _stores(**_: object) -> list[str]:
    return list(STORES)


def _nothing(**_: object) -> list[str]:
    return []  # otherwise file names would be offered as secrets


_COMPLETERS: Final[dict[str, Completer]] = {
    "name": entry_names,
    "store": _stores,
    **dict.fromkeys(("value", "token", "host", "port", "user", "password", "database", "service"), _nothing),
}
