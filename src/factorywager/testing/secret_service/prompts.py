"""`Prompts`: the daemon's dialogs, and the user who answers them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from jeepney import DBusAddress, Message, new_signal

from .answers import Variant

_PROMPT: Final = "org.freedesktop.Secret.Prompt"


class User(Enum):
    """Who sits before the screen, and what becomes of a prompt there."""

    AGREES = "the dialog is answered"
    DISMISSES = "the dialog is dismissed"
    IS_AWAY = "the dialog stays on the screen"
    IS_NOT_ASKED = "no dialog is shown, and the prompt completes all the same"
    IS_FASTER = "the dialog is answered before the daemon has acknowledged that it shows it"


class Prompts:
    """Prompts by path, each with what is done once it is answered.

    Attributes:
        user: who answers.
    """

    def __init__(self, user: User, dialogs: list[str]) -> None:
        self.user = user
        self._dialogs = dialogs
        self._waiting: dict[str, tuple[str, Callable[[], Variant]]] = {}

    def add(self, path: str, dialog: str, act: Callable[[], Variant]) -> str:
        """A prompt that does ``act``; gives its path.  Without a ``dialog`` it completes silently."""
        self._waiting[path] = (dialog, act)
        return path

    def waits(self, path: str) -> bool:
        """Whether it is there to be shown."""
        return path in self._waiting

    def show(self, path: str) -> Message | None:
        """Show one, which can be done once; gives the signal of its completion, if it completes."""
        dialog, act = self._waiting.pop(path)
        asked = bool(dialog) and self.user is not User.IS_NOT_ASKED
        if asked:
            self._dialogs.append(dialog)
        if asked and self.user is User.IS_AWAY:
            return None
        refused = asked and self.user is User.DISMISSES
        result = ("s", "") if refused else act()
        return new_signal(DBusAddress(path, interface=_PROMPT), "Completed", "bv", (refused, result))

    def drop(self, path: str) -> None:
        self._waiting.pop(path, None)
