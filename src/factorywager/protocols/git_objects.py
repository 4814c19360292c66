"""What `git cat-file --batch` and `git log --raw` print (git-cat-file(1), git-diff(1)): read, not run."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ..errors import CorruptError

_HEADER: Final = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) ([a-z]{1,16}) ([0-9]{1,19})")
_LONGEST_HEADER: Final = 128
_MISSING: Final = re.compile(rb"(\S+) (?:missing|ambiguous)")

_CHANGE: Final = re.compile(r":\d{6} (\d{6}) ([0-9a-f]+) ([0-9a-f]+) [A-Z][0-9]*\t(.*)")


class GitObject(NamedTuple):
    """One object, and where its bytes lie in the output."""

    name: str
    kind: str
    begin: int
    end: int


class Batch:
    """Finds the objects in the output as it comes in.

    Attributes:
        count: how many went by.
        missing: the names of those that git could not read: it calls damaged objects missing, and succeeds.
    """

    def __init__(self) -> None:
        self.count = 0
        self.missing: list[str] = []
        self._places: list[tuple[int, int, bytes]] = []  # where each begins and ends, and its header
        self._next = 0  # where the next header begins

    def read(self, buffer: bytearray, base: int, filled: int) -> None:
        """Take in ``buffer[:filled]``, whose first byte is the output's byte number ``base``.

        Raises:
            CorruptError: it is no such output.
        """
        add = self._places.append
        while (at := self._next - base) < filled:
            end = buffer.find(b"\n", at, min(filled, at + _LONGEST_HEADER))
            if end < 0:
                if filled - at >= _LONGEST_HEADER:
                    raise CorruptError("git answered something else than objects")
                return
            header = bytes(buffer[at:end])
            try:
                size = int(header[header.rindex(b" ") :])
            except ValueError:
                missing = _MISSING.fullmatch(header)
                if missing is None:
                    raise CorruptError("git answered something else than objects") from None
                self.missing.append(missing[1].decode("ascii", "replace"))
                self._next = base + end + 1
                continue
            begin = base + end + 1
            self._next = begin + size + 1
            self.count += 1
            add((begin, begin + size, header))

    def forget(self, base: int) -> None:
        """Objects that end before the output's byte number ``base`` are not asked for any more."""
        del self._places[: bisect_right(self._places, base, key=_end)]

    def at(self, begin: int, end: int) -> GitObject | None:
        """The object that holds all of these bytes; ``None`` when they touch what is between objects."""
        place = bisect_right(self._places, begin, key=_begin) - 1
        if place < 0 or end > self._places[place][1]:
            return None
        return _object(*self._places[place])

    @property
    def first(self) -> GitObject | None:
        """The first of those that are not forgotten."""
        return _object(*self._places[0]) if self._places else None


def _object(begin: int, end: int, header: bytes) -> GitObject:
    found = _HEADER.fullmatch(header)
    if found is None:
        raise CorruptError("git answered something else than objects")
    return GitObject(found[1].decode(), found[2].decode(), begin, end)


def _begin(place: tuple[int, int, bytes]) -> int:
    return place[0]


def _end(place: tuple[int, int, bytes]) -> int:
    return place[1]


class Change(NamedTuple):
    """An object that came into the tree: by which commit (empty for the index), and under which path."""

    commit: str
    name: str
    path: str


def changes(lines: Iterable[str]) -> Iterator[Change]:
    """What ``git log --raw --no-abbrev --format=%H`` says came in; submodules and deletions are left out."""
    commit = ""
    for line in lines:
        if not line.startswith(":"):
            commit = line or commit
            continue
        found = _CHANGE.fullmatch(line)
        if found is not None and found[1] not in ("160000", "000000"):
            yield Change(commit, found[3], found[4])
