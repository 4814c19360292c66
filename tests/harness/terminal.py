"""`Terminal`: a program on a terminal of its own, with somebody who reads the screen and types."""

from __future__ import annotations

import os
import pty
import select
import termios
import time
import tty
from collections.abc import Mapping, Sequence
from pathlib import Path

from .process import PATIENCE


class Terminal:
    """Runs ``argv`` with a new pseudo-terminal as its controlling terminal, stdin, stdout and stderr.

    Args:
        raw: whether the terminal leaves lines and echo to the program.

    Attributes:
        screen: everything that was printed or echoed so far.
    """

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str], directory: Path, raw: bool = False) -> None:
        self.screen = ""
        self._seen = 0
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            try:
                os.chdir(directory)
                os.execve(argv[0], list(argv), dict(env))
            finally:
                os._exit(127)
        if raw:
            tty.setraw(self._master)

    def expect(self, text: str) -> None:
        """Wait until the part of the screen that nobody has expected yet shows ``text``."""
        give_up = time.monotonic() + PATIENCE
        while text not in self.screen[self._seen :]:
            if not self._read(give_up):
                raise AssertionError(f"{text!r} never came; the screen says:\n{self.screen}")
        self._seen += self.screen[self._seen :].index(text) + len(text)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    @property
    def echoes(self) -> bool:
        """Whether what is typed is shown."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def end(self) -> int:
        """Wait for the program's end and give its exit status."""
        give_up = time.monotonic() + PATIENCE
        while self._read(give_up):
            pass
        _, status = os.waitpid(self._pid, 0)
        os.close(self._master)
        return os.waitstatus_to_exitcode(status)

    def _read(self, give_up: float) -> bool:
        """Take in what has come; ``False`` once the program has let go of the terminal."""
        if not select.select([self._master], [], [], max(0.0, give_up - time.monotonic()))[0]:
            os.kill(self._pid, 9)
            raise AssertionError(f"nothing more came; the screen says:\n{self.screen}")
        try:
            data = os.read(self._master, 4096)
        except OSError:  # EIO: the other side is closed
            return False
        self.screen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)
