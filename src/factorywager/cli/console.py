"""`Console`: a line typed at a Windows console, key by key into locked memory; what `getpass` does, with a deadline."""

from __future__ import annotations

import os
from typing import Any, Final

from ..errors import TooLongError
from ..flow import Deadline
from ..flow.aside import aside
from ..model.locked import LockedBuffer

_LONGEST_LINE: Final = 4096  # bytes, as on other systems

_ENTER, _BACKSPACE, _STOP, _END = "\r\n", "\b", "\x03", "\x1a"  # Ctrl-C and Ctrl-Z come as keys


class Console:
    """The console that this process is attached to, whatever stdin and stdout are connected to.

    Raises:
        OSError: there is none: a service, an SSH command without a terminal.
    """

    def __init__(self) -> None:
        import msvcrt

        self._keys: Any = msvcrt
        os.close(os.open("CONIN$", os.O_RDWR))

    def say(self, text: str) -> None:
        for unit in text.replace("\n", "\r\n"):
            self._keys.putwch(unit)

    def ask(self, question: str, deadline: Deadline, *, hidden: bool) -> LockedBuffer:
        """What was typed, without the Enter; empty at Ctrl-Z.

        Raises:
            DeadlineError: nothing was.
            TooLongError: more than the buffer holds.
            KeyboardInterrupt: Ctrl-C.
        """
        while self._keys.kbhit():  # what was typed before the question appeared is not an answer to it
            self._keys.getwch()
        self.say(question)
        line = _Line()
        try:
            # a key can be waited for with a limit only by looking again and again, which Wine's console does not notice
            if aside(lambda: self._read_line(line, hidden), deadline) is None:
                raise deadline.error("there was no answer")
            return line.finished()
        except BaseException:
            line.buffer.wipe()
            raise
        finally:
            self.say("\n")

    def close(self) -> None:
        pass

    def _read_line(self, line: _Line, hidden: bool) -> bool:
        while (key := self._next()) not in _ENTER:
            if key == _STOP:
                raise KeyboardInterrupt
            if key == _END:
                line.clear()
                break
            shown = line.take_back() if key == _BACKSPACE else line.add(key)
            if not hidden:
                self.say(shown)
        return True

    def _next(self) -> str:
        """The next character; of a pair of surrogates, both."""
        unit: str = self._keys.getwch()
        if "\ud800" <= unit <= "\udbff":
            pair: str = unit + self._keys.getwch()
            return pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return unit


class _Line:
    """What was typed so far, as UTF-8."""

    def __init__(self) -> None:
        self.buffer = LockedBuffer(_LONGEST_LINE)
        self._size = 0

    def add(self, character: str) -> str:
        """Gives what to show for it."""
        data = character.encode("utf-8", "replace")
        if self._size + len(data) > _LONGEST_LINE:
            raise TooLongError(f"a line has at most {_LONGEST_LINE:,} bytes", hint="pipe the value in")
        self.buffer.view[self._size : self._size + len(data)] = data
        self._size += len(data)
        return character

    def take_back(self) -> str:
        """Remove the last character; gives what removes it from the screen."""
        if not self._size:
            return ""
        while self._size:
            self._size -= 1
            byte = self.buffer.view[self._size]
            self.buffer.view[self._size] = 0
            if byte & 0xC0 != 0x80:  # not a continuation
                break
        return "\b \b"

    def clear(self) -> None:
        self.buffer.view[:] = bytes(_LONGEST_LINE)
        self._size = 0

    def finished(self) -> LockedBuffer:
        self.buffer.shrink(self._size)
        return self.buffer
