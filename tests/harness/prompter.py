"""`Prompter`: the dialog's double as a test sees it: what it will answer, and which dialogs were shown."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from jeepney import DBusAddress

from .bus import Bus, CallError, call
from .gnome_keyring import GnomeKeyring
from .process import PATIENCE, Process, eventually

_DOUBLE = Path(__file__).with_name("prompter_double.py")
_NAME = "org.gnome.keyring.SystemPrompter"


class Prompter:
    """The program beside this one, on ``bus``; its docstring lists the answers."""

    def __init__(self, bus: Bus, *answers: str) -> None:
        self._bus = bus
        # Answers are test passwords, so an argument list may hold them.
        self._process = Process([sys.executable, str(_DOUBLE), *answers], env=bus.env)
        self._process.wait_for_line("READY")

    @property
    def prompts(self) -> list[dict[str, Any]]:
        """The dialogs shown so far, oldest first."""
        return [json.loads(line) for line in self._process.lines if line.startswith("{")]

    def wait_for_prompt(self, count: int = 1, *, within: float = PATIENCE) -> None:
        eventually(lambda: len(self.prompts) >= count, f"{count} prompts were shown", within=within)

    def prompts_after(self, keyring: GnomeKeyring) -> list[dict[str, Any]]:
        """The dialogs shown by everything the daemon was asked before this moment: both have answered a ping since."""
        with keyring.raw() as raw:
            raw.ping()
        with contextlib.suppress(CallError):  # it died of its prompt
            self._call("org.freedesktop.DBus.Peer", "Ping")
        return self.prompts

    def answer_now(self, answer: str) -> None:
        """The user comes back and answers the dialog that was left on the screen."""
        self._call("com.example.PrompterDouble", "Answer", "s", (answer,))

    def _call(self, interface: str, member: str, signature: str | None = None, body: tuple = ()) -> None:
        connection = self._bus.connect()
        try:
            call(connection, DBusAddress("/", _NAME, interface), member, signature, body)
        finally:
            connection.close()

    def stop(self) -> None:
        self._process.stop()
