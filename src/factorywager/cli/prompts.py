"""`Prompts`: questions to the person at the terminal, and to nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from ..errors import CanceledError, InteractionNotAllowedError
from ..flow import Deadline
from ..model import Secret
from ..model.locked import LockedBuffer

if TYPE_CHECKING:
    from .console import Console
    from .terminal import Terminal

_PATIENCE = 300.0  # seconds for one answer: typing is slower than any store, and no question waits for ever


class Prompts:
    """Asks on the controlling terminal, whatever stdin and stdout are connected to.

    Every question raises:
        InteractionNotAllowedError: there is no terminal, or nothing may be asked (``--no-input``).
        CanceledError: the answer was empty, or end-of-file.
        DeadlineError: there was no answer within five minutes.
    """

    def __init__(self, allowed: bool) -> None:
        self._allowed = allowed

    def secret(self, question: str) -> Secret:
        """A hidden answer, read into locked memory."""
        return Secret.adopt(self._ask(question, hidden=True))

    def new_secret(self, question: str) -> Secret:
        """A hidden answer given twice; asked again until both agree, three times at most."""
        for _ in range(3):
            first, second = self.secret(question), self.secret("The same again")
            try:
                if first == second:
                    return Secret(first.bytes)
            finally:
                first.wipe()
                second.wipe()
            self._tell("The two differ.\n")
        raise CanceledError("the two answers differed three times")

    def line(self, question: str, default: str | None = None) -> str:
        """A visible answer; Enter takes the default."""
        shown = question if default is None else f"{question} [{default}]"
        try:
            answer = self._ask(shown, hidden=False)
        except CanceledError:
            if default is None:
                raise
            return default
        try:
            return str(answer.view, "utf-8", "surrogateescape")
        finally:
            answer.wipe()

    def _ask(self, question: str, *, hidden: bool) -> LockedBuffer:
        with self._terminal() as terminal:
            answer = terminal.ask(f"{question}: ", Deadline(_PATIENCE), hidden=hidden)
            if not len(answer.view):
                raise CanceledError("nothing was typed")
            return answer

    def _tell(self, text: str) -> None:
        with self._terminal() as terminal:
            terminal.say(text)

    @contextmanager
    def _terminal(self) -> Iterator[Terminal | Console]:
        terminal = _open() if self._allowed else None
        if terminal is None:
            raise InteractionNotAllowedError(
                "something has to be typed and nobody may be asked",
                hint="pipe it in, or run this in a terminal without --no-input",
            )
        with closing(terminal):
            yield terminal


def _open() -> Terminal | Console | None:
    try:
        if os.name == "nt":
            from .console import Console

            return Console()
        from .terminal import Terminal

        return Terminal()
    except OSError:
        return None
