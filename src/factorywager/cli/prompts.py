"""`Prompts`: questions to the person at the terminal, and to nobody else."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import CanceledError, DeadlineError, InteractionNotAllowedError, TooLongError
from ..model import Secret
from ..model.locked import LockedBuffer

_PATIENCE = 300.0  # seconds for one answer: typing is slower than any store, and no question waits for ever

# termios(3): a terminal hands over lines of at most 4,096 bytes, newline included, and drops what is beyond
_LONGEST_LINE = 4096

_TERMINAL = "/dev/tty"


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
            if not hidden:
                return _read_line(terminal, question)
            with _echo_off(terminal):
                try:
                    return _read_line(terminal, question)
                finally:
                    os.write(terminal, b"\n")  # the one that was typed was not shown

    def _tell(self, text: str) -> None:
        with self._terminal() as terminal:
            os.write(terminal, text.encode())

    @contextmanager
    def _terminal(self) -> Iterator[int]:
        terminal = -1
        if self._allowed:
            try:
                terminal = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
            except OSError:  # no controlling terminal: cron, CI, a service
                terminal = -1
        if terminal < 0:
            raise InteractionNotAllowedError(
                "something has to be typed and nobody may be asked",
                hint="pipe it in, or run this in a terminal without --no-input",
            )
        try:
            yield terminal
        finally:
            os.close(terminal)


@contextmanager
def _echo_off(terminal: int) -> Iterator[None]:
    import termios

    before = termios.tcgetattr(terminal)
    silent = termios.tcgetattr(terminal)
    silent[3] &= ~termios.ECHO
    # FLUSH: what was typed before the question appeared is not an answer to it
    termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _read_line(terminal: int, question: str) -> LockedBuffer:
    os.write(terminal, f"{question}: ".encode("utf-8", "backslashreplace"))
    buffer = LockedBuffer(_LONGEST_LINE)
    try:
        until = time.monotonic() + _PATIENCE
        if not select.select([terminal], [], [], until - time.monotonic())[0]:
            raise DeadlineError(f"there was no answer within {_PATIENCE:g} s")
        size = os.readv(terminal, [buffer.view])
        if size == _LONGEST_LINE:
            raise TooLongError(
                f"a terminal cannot take a line of {_LONGEST_LINE - 1:,} bytes or more", hint="pipe the value in"
            )
        if size and buffer.view[size - 1] == ord("\n"):
            size -= 1
        if not size:
            raise CanceledError("nothing was typed")
        buffer.shrink(size)
        return buffer
    except BaseException:
        buffer.wipe()
        raise
