"""`Process`: a program under test, with its lines collected as they come and a bound on every wait."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence

from factorywager.testing.waiting import PATIENCE, eventually

__all__ = ["PATIENCE", "Process", "eventually"]


class Process:
    """A running program whose stdout is read line by line on a thread of its own."""

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str], stdin: bytes | None = None) -> None:
        self.argv = list(argv)
        self._popen = subprocess.Popen(
            self.argv,
            env=dict(env),
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.pid = self._popen.pid
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._told_to_end = False
        self._news = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=(self._popen.stdout, self.lines), daemon=True),
            threading.Thread(target=self._read, args=(self._popen.stderr, self.errors), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        if stdin:
            self.write(stdin)

    def _read(self, stream, into: list[str]) -> None:
        for raw in stream:
            with self._news:
                into.append(raw.decode(errors="replace").rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def write(self, data: bytes) -> None:
        self._popen.stdin.write(data)
        self._popen.stdin.flush()

    def close_stdin(self) -> None:
        self._popen.stdin.close()

    def wait_for_line(self, text: str, *, within: float = PATIENCE) -> str:
        """The first line that contains ``text``, or a failure that shows what was printed instead."""
        give_up = time.monotonic() + within
        with self._news:
            while True:
                for line in self.lines:
                    if text in line:
                        return line
                left = give_up - time.monotonic()
                if left <= 0 or not any(reader.is_alive() for reader in self._readers):
                    raise AssertionError(f"{self.argv[0]} printed no {text!r}:\n" + "\n".join(self.lines + self.errors))
                self._news.wait(min(left, 0.5))

    def wait(self, *, within: float = PATIENCE) -> int:
        """Its exit status, with all its output read."""
        status = self._popen.wait(within)
        for reader in self._readers:
            reader.join(within)
        return status

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    @property
    def status(self) -> int | None:
        return self._popen.poll()

    @property
    def crashed(self) -> bool:
        """Whether a signal ended it that nobody here has sent."""
        return (self.status or 0) < 0 and not self._told_to_end

    def send(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, also when it is stopped (SIGSTOP), and collect it."""
        if self.running:
            self._told_to_end = True
            self._popen.send_signal(number)
            self._popen.send_signal(signal.SIGCONT)
            try:
                self._popen.wait(5)
            except subprocess.TimeoutExpired:
                self._popen.kill()
        self.wait()
        for stream in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            if stream is not None:
                stream.close()
