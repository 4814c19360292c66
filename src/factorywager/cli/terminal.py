"""`Terminal`: a line typed at a Unix terminal, straight into locked memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from ..errors import TooLongError
from ..flow import Deadline
from ..flow.descriptor import read_into
from ..model.locked import LockedBuffer

# termios(3): a terminal hands over lines of at most 4,096 bytes, newline included, and drops what is beyond
_LONGEST_LINE = 4096

_PATH = "/dev/tty"


class Terminal:
    """The controlling terminal, whatever stdin and stdout are connected to.

    Raises:
        OSError: there is none: cron, CI, a service.
    """

    def __init__(self) -> None:
        self._descriptor = os.open(_PATH, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)

    def say(self, text: str) -> None:
        os.write(self._descriptor, text.encode("utf-8", "backslashreplace"))

    def ask(self, question: str, deadline: Deadline, *, hidden: bool) -> LockedBuffer:
        """What was typed, without its newline; empty at end-of-file.

        Raises:
            DeadlineError: nothing was.
            TooLongError: more than a terminal can hand over.
        """
        with self._silence() if hidden else nullcontext():
            self.say(question)
            return self._read_line(deadline)

    def close(self) -> None:
        os.close(self._descriptor)

    @contextmanager
    def _silence(self) -> Iterator[None]:
        import termios

        before = termios.tcgetattr(self._descriptor)
        silent = termios.tcgetattr(self._descriptor)
        silent[3] &= ~termios.ECHO
        # FLUSH: what was typed before the question appeared is not an answer to it
        termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, silent)
        try:
            yield
        finally:
            try:
                self.say("\n")  # the one that was typed was not shown
            finally:
                termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, before)

    def _read_line(self, deadline: Deadline) -> LockedBuffer:
        buffer = LockedBuffer(_LONGEST_LINE)
        try:
            size = read_into(self._descriptor, buffer.view, deadline)
            if size is None:
                raise deadline.error("there was no answer")
            if size == _LONGEST_LINE:
                raise TooLongError(
                    f"a terminal cannot take a line of {_LONGEST_LINE - 1:,} bytes or more", hint="pipe the value in"
                )
            if size and buffer.view[size - 1] == ord("\n"):
                size -= 1
            buffer.shrink(size)
            return buffer
        except BaseException:
            buffer.wipe()
            raise
