"""`Worker`: cases that another process measures within itself; `serve`, which makes a Python process one.

The process says on its first line which cases it has; for each line ``KEY COUNT`` on its standard input it takes so
many samples and answers with one line of JSON.  The samples are taken inside it, so the pipe costs nothing.
`bun_worker.mjs` speaks the same.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import IO, Any

from ...errors import FactoryWagerError
from ...flow import Deadline
from ...flow.descriptor import read_into
from .measure import Absent, Case, CaseError

_PATIENCE = 300.0  # seconds for one turn; python-keyring's encrypted file takes ten for a thousand entries
_FAREWELL = 30.0  # seconds that a child has to delete what it wrote


def serve(cases: Sequence[Case], absent: Sequence[Absent] = ()) -> None:
    """Be a worker with these cases, until standard input ends."""
    described = [{**case._asdict(), "measure": None} for case in cases]
    _say({"cases": described, "absent": [each._asdict() for each in absent]})
    by_key = {case.key: case for case in cases}
    for line in sys.stdin:
        key, count = line.split()
        try:
            _say({"samples": list(by_key[key].measure(int(count)))})
        except (CaseError, FactoryWagerError) as error:  # whose texts have no value in them
            _say({"error": str(error)})
        except Exception as error:  # noqa: BLE001 - whatever a peer raises; its text may quote a value
            _say({"error": type(error).__name__})


def _say(document: object) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


class Child:
    """A process that answers lines with lines of JSON.

    Raises:
        CaseError: there is no such program.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603 - programs the user has installed, found by name
                argv,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for us; we end it
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same, on Windows
            )
        except OSError as error:
            raise CaseError(f"cannot be started: {error.strerror}") from None
        self._buffer = b""

    def ask(self, line: str) -> dict[str, Any]:
        """The answer to one line.

        Raises:
            CaseError: it has none, or says what failed.
        """
        with suppress(OSError):  # then there is no answer, and its status says why
            _stream(self._process.stdin).write(f"{line}\n".encode())
            _stream(self._process.stdin).flush()
        answer = self.hear()
        if "error" in answer:
            raise CaseError(answer["error"])
        return answer

    def hear(self) -> dict[str, Any]:
        """The next line that it writes."""
        stdout = _stream(self._process.stdout)
        chunk, deadline = memoryview(bytearray(1 << 16)), Deadline(_PATIENCE)
        while b"\n" not in self._buffer:
            size = read_into(stdout.fileno(), chunk, deadline)
            if size is None:
                raise CaseError(f"no answer within {_PATIENCE:g} s")
            if not size:
                raise CaseError(f"ended with status {self._process.wait(_FAREWELL)}")
            self._buffer += chunk[:size]
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        """End it, and whatever it has started, and collect it."""
        with suppress(OSError):  # it has ended: EPIPE, and EINVAL on Windows
            _stream(self._process.stdin).close()
        try:
            self._process.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            if os.name == "nt":
                self._process.kill()  # what it has started ends with its pipes
            else:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        _stream(self._process.stdout).close()


class Worker(Child):
    """A process that measures.

    Attributes:
        cases: what it can measure.
        absent: what it cannot, and why.

    Raises:
        CaseError: it did not start.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        super().__init__(argv, env)
        try:
            hello = self.hear()
        except BaseException:
            self.stop()
            raise
        self.cases = [Case(**{**case, "measure": partial(self._measure, case["key"])}) for case in hello["cases"]]
        self.absent = [Absent(**each) for each in hello["absent"]]

    def _measure(self, key: str, count: int) -> Sequence[float]:
        samples: Sequence[float] = self.ask(f"{key} {count}")["samples"]
        return samples


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
