"""A search of a process's whole memory, through /proc/PID (proc(5)): what an attacker with ptrace would see."""

from __future__ import annotations

import re
from pathlib import Path

_MAP = re.compile(r"(?P<start>[0-9a-f]+)-(?P<end>[0-9a-f]+) (?P<mode>\S+) \S+ \S+ \S+ *(?P<what>.*)")
_CHUNK = 1 << 24


def occurrences(pid: int, needle: bytes) -> list[str]:
    """Each copy of ``needle`` in any readable mapping of the process, as ``mapping+offset``."""
    found: list[str] = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end, what in _mappings(pid):
            found.extend(f"{what or 'anonymous'}@{at:x}" for at in _search(memory, start, end, needle))
    return found


def locked_kib(pid: int) -> int:
    """Memory that mlock(2) holds, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmLck:\s*(\d+) kB", status, re.MULTILINE)[1])


def _mappings(pid: int) -> list[tuple[int, int, str]]:
    maps = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        match = _MAP.fullmatch(line)
        assert match, line
        if match["mode"].startswith("r") and match["what"] not in ("[vvar]", "[vsyscall]"):
            maps.append((int(match["start"], 16), int(match["end"], 16), match["what"]))
    return maps


def _search(memory, start: int, end: int, needle: bytes) -> list[int]:
    found = []
    tail = b""
    position = start
    while position < end:
        try:
            memory.seek(position)
            data = memory.read(min(_CHUNK, end - position))
        except OSError:  # unmapped meanwhile, or memory that the kernel keeps from everyone (memfd_secret)
            break
        if not data:
            break
        window = tail + data
        at = window.find(needle)
        while at >= 0:
            found.append(position - len(tail) + at)
            at = window.find(needle, at + 1)
        position += len(data)
        tail = window[-(len(needle) - 1) :]  # a copy may lie across two reads
    return found
