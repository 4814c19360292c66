"""What `git cat-file --batch` and `git log --raw` print (git-cat-file(1), git-diff(1)): read, not run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ..errors import CorruptError

_MISSING: Final = b" missing\n"
_LONGEST_NAME: Final = 64  # hexadecimal digits, of SHA-256
_LONGEST_HEADER: Final = 160
_HEADER: Final = re.compile(rb" ([0-9a-f]{40,64}) ([a-z]{1,16}) ([0-9]{1,19})\n")

_CHANGE: Final = re.compile(r":\d{6} (\d{6}) ([0-9a-f]+) ([0-9a-f]+) [A-Z][0-9]*\t(.*)")


class GitObject(NamedTuple):
    """One object, and where its bytes lie in the output."""

    name: str
    kind: str
    begin: int
    end: int


class Batch:
    """Finds the objects in the output as it comes in.

    Each object's header begins with a mark that nobody can foresee, so that it is found from anywhere: going from
    header to header would take longer than the search, and almost no object is ever asked for.

    Args:
        mark: at least 16 random bytes, in printable ASCII without spaces.

    Attributes:
        format: what ``--batch=`` is to be told.
        count: how many went by.
        missing: the names of those that git could not read: it calls damaged objects missing, and succeeds.
    """

    def __init__(self, mark: str) -> None:
        self.format = f"{mark} %(objectname) %(objecttype) %(objectsize)"
        self.count = 0
        self.missing: list[str] = []
        self._mark = mark.encode()
        self._looked_at = 0  # up to here in the output objects were counted
        self._before: GitObject | None = None  # the last that began in what was forgotten

    def read(self, buffer: bytearray, base: int, filled: int) -> None:
        """Take in ``buffer[:filled]``, whose first byte is the output's byte number ``base``.

        Raises:
            CorruptError: it is no such output.
        """
        if base == 0 and not self._may_begin(buffer[: min(filled, _LONGEST_HEADER)]):
            raise CorruptError("git answered something else than objects")
        self.count += buffer.count(self._mark, self._from(base, self._mark), filled)
        at = self._from(base, _MISSING)
        while (at := buffer.find(_MISSING, at, filled)) >= 0:
            if not self._is_within_object(buffer, base, at):
                line = buffer[max(0, at - _LONGEST_NAME) : at].rpartition(b"\n")[2]
                self.missing.append(line.decode("ascii", "replace"))
            at += len(_MISSING)
        self._looked_at = base + filled

    def _may_begin(self, head: bytearray) -> bool:
        line, end, _ = head.partition(b"\n")
        return (
            line.startswith(self._mark) or (line + end).endswith(_MISSING) or (not end and len(line) < _LONGEST_HEADER)
        )

    def _from(self, base: int, text: bytes) -> int:
        """Where in the buffer ``text`` may begin that did not end in what was looked at before."""
        return max(0, self._looked_at - base - len(text) + 1)

    def _is_within_object(self, buffer: bytearray, base: int, at: int) -> bool:
        last = self._last(buffer, base, at)
        return last is not None and base + at < last.end

    def forget(self, buffer: bytearray, base: int, size: int) -> GitObject | None:
        """The first ``size`` bytes of the buffer are about to go; the object that goes on behind them."""
        # a header that goes in part is found by its mark no more
        self._before = self._last(buffer, base, size)
        return self._before if self._before is not None and self._before.end > base + size else None

    def at(self, buffer: bytearray, base: int, begin: int, end: int) -> GitObject | None:
        """The object that holds all of ``buffer[begin:end]``; ``None`` when that touches what is between objects."""
        last = self._last(buffer, base, begin)
        return last if last is not None and last.begin <= base + begin and base + end <= last.end else None

    def _last(self, buffer: bytearray, base: int, before: int) -> GitObject | None:
        """The last object whose header begins before ``buffer[before]``."""
        at = buffer.rfind(self._mark, 0, before + len(self._mark) - 1)
        if at < 0:
            return self._before
        found = _HEADER.match(buffer, at + len(self._mark))
        if found is None:
            raise CorruptError("git answered something else than objects")
        begin = base + found.end()
        return GitObject(found[1].decode(), found[2].decode(), begin, begin + int(found[3]))


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
