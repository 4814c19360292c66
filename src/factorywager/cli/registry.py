"""Every command's name and the module it lives in; a module is imported when its command is the one that runs."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from .arguments import Parser
    from .session import Session


class Command(Protocol):
    """What each module of ``commands/`` is.  Its docstring is what ``--help`` says below the summary."""

    SUMMARY: str  # one line, as the list of commands shows it

    def arguments(self, parser: Parser) -> None:
        """Declare what the command takes besides the common options."""

    def run(self, session: Session) -> int:
        """Do it and give the exit status; failures are raised."""


GROUPS: Final = MappingProxyType(
    {
        "The guide's nine": (
            "demo",
            "store-token",
            "get-token",
            "store-db",
            "get-db",
            "generate-jwt",
            "migrate",
            "list",
            "delete",
        ),
        "Any entry": ("set", "get", "adopt"),
        "The vault": (
            "vault init",
            "vault status",
            "vault unlock",
            "vault lock",
            "vault rekey",
            "vault history",
            "vault restore",
        ),
        "What is left in plain text": ("scan", "prove"),
        "Around": ("doctor", "bench", "completion", "version"),
    }
)

NAMES: Final = tuple(name for group in GROUPS.values() for name in group)

# the first words of commands that have two
FAMILIES: Final = frozenset(name.partition(" ")[0] for name in NAMES if " " in name)


def load(name: str) -> Command:
    """The command of that name: ``vault init`` is ``commands/vault_init.py``."""
    module = name.replace("-", "_").replace(" ", "_")
    return cast("Command", import_module(f".commands.{module}", __package__))
