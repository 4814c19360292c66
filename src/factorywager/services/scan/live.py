"""What runs and what is logged: the environments and arguments of processes, and systemd's journal."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from ...flow import Deadline
from ...flow.descriptor import read_into
from .feed import Feed, Telling
from .finding import Findings, Source

if TYPE_CHECKING:
    from .searcher import Hit

_PROC: Final = Path("/proc")
_PARTS: Final = ("environ", "cmdline")
_PATIENCE: Final = 60.0  # seconds without a byte from journalctl


def search_processes(feed: Feed, findings: Findings, proc: Path = _PROC) -> None:
    """What every process of this user was started with (proc(5)); another user's cannot be read, and that is told."""
    try:
        numbers = sorted(int(name) for name in os.listdir(proc) if name.isdigit())  # noqa: PTH208 - names only
    except OSError:
        findings.passes_over(str(proc), "there is no such file system here")
        return
    for number in numbers:
        for part in _PARTS:
            path = f"{proc}/{number}/{part}"
            try:
                with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a thousand of them
                    findings.searched["process"] += part == "environ"
                    feed.stream(Source("process", path), file.readinto)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended
            except OSError:
                findings.passes_over(path, "not readable by you")


def search_journal(feed: Feed, findings: Findings, since: float | None = None, more: Sequence[str] = ()) -> None:
    """What of systemd's journal this user may read, with all fields of each message."""
    command = ["journalctl", "--quiet", "--no-pager", "--all", "--output=export", *more]
    if since is not None:
        command.append(f"--since=@{since:.0f}")
    try:
        child = subprocess.Popen(  # noqa: S603 - our own words
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        findings.passes_over("journal", "there is no journalctl here")
        return
    try:
        assert child.stdout is not None
        feed.stream_to(_Journal(feed, findings), _Bounded(child.stdout).read)
        if child.wait(_PATIENCE):
            findings.passes_over("journal", "not readable by you")
        else:
            findings.searched["journal"] += 1
    except TimeoutError:
        findings.passes_over("journal", f"journalctl gave nothing for {_PATIENCE:g} s")
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


class _Bounded:
    """A pipe that is not waited for without end."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._descriptor = pipe.fileno()

    def read(self, into: memoryview) -> int:
        size = read_into(self._descriptor, into, Deadline(_PATIENCE))
        if size is None:
            raise TimeoutError
        return size


class _Journal(Telling):
    """Names the message that a hit is in by its cursor, which `journalctl --cursor=…` takes."""

    def __init__(self, feed: Feed, findings: Findings) -> None:
        super().__init__(feed, Source("journal", "journal"))

    def place(self, data: memoryview, hit: Hit) -> None:
        buffer = self._feed.buffer
        begin = buffer.rfind(b"__CURSOR=", 0, hit.begin)
        end = buffer.find(b"\n", max(0, begin), hit.begin)
        cursor = buffer[begin + 9 : end].decode("ascii", "replace") if 0 <= begin < end else None
        path = "journal" if cursor is None else f"journal:{cursor}"
        self._feed.tell(Source("journal", path), hit, None, self.base + hit.begin)
