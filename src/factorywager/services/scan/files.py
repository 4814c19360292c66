"""`Files`: every file below some paths, each told or passed over with a reason."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from .feed import Feed
from .finding import Findings, Source
from .linked import REPOSITORY, repository_of
from .opening import open_found
from .rules import Rules

# Made up by the kernel as they are read; `--places processes` looks at what of them can hold secrets.
_NO_FILES: Final = frozenset({"/proc", "/sys", "/dev"})

_VANISHED: Final = "vanished meanwhile"


class Limits(NamedTuple):
    """Which files.

    Attributes:
        since: not those that were last changed before this moment (seconds since 1970).
        largest: not those with more bytes.
    """

    since: float | None = None
    largest: int | None = None


class Files:
    """Walks, and leads every file through the search.

    Args:
        rules: what is left out.
        unpack: given a source, an open file, and how much of it is in the feed's buffer; true when it was an archive.

    Attributes:
        repositories: the git directories that were met, in order; their objects are not read as files.
    """

    def __init__(
        self,
        feed: Feed,
        findings: Findings,
        limits: Limits,
        rules: Rules,
        unpack: Callable[[Source, int, int], bool] | None = None,
    ) -> None:
        self.repositories: list[str] = []
        self._feed = feed
        self._findings = findings
        self._limits = limits
        self._rules = rules
        self._unpack = unpack
        self._seen: set[tuple[int, int]] = set()
        self._linked: list[str] = []  # repositories that files named `.git` lead to

    def search(self, paths: Sequence[str], place: str = "file") -> None:
        """Each of these, and everything below those that are directories.  A link among them is followed.

        Of linked work trees and submodules the repository is walked, too, wherever it is: last, so that what lies
        below one of the paths is told as lying there.
        """
        for path in paths:
            try:
                found = Path(path).stat()
            except OSError as error:
                self._findings.passes_over(path, _reason(error))
                continue
            if stat.S_ISDIR(found.st_mode):
                self._rules.starts(path)
                self._walk(path, place)
            elif stat.S_ISREG(found.st_mode):
                if self._was_walked(Path(path).parent):
                    continue
                self._file(str(Path(path).resolve()) if Path(path).is_symlink() else path, place)
            else:
                self._findings.passes_over(path, "not a regular file")
        while self._linked:
            repository = self._linked.pop()
            self._rules.starts(repository)
            self._walk(repository, place)

    def _was_walked(self, directory: Path) -> bool:
        found = directory.stat()
        return (found.st_dev, found.st_ino) in self._seen

    def _walk(self, top: str, place: str) -> None:
        leave_out = self._rules.leave_out
        waiting = [top]
        while waiting:
            directory = waiting.pop()
            below: list[str] = []
            for entry in self._entries(directory):
                path = entry.path
                try:
                    if entry.is_symlink():
                        self._findings.passes_over(path, "a symbolic link")
                    elif entry.is_dir(follow_symlinks=False):
                        if not leave_out(path, True):
                            below.append(path)
                    elif not entry.is_file(follow_symlinks=False):
                        self._findings.passes_over(path, "not a regular file")
                    elif not leave_out(path, False):
                        self._file(path, place)
                        if entry.name == ".git":
                            self._follow(path)
                except OSError as error:
                    self._findings.passes_over(path, _reason(error))
            waiting.extend(reversed(below))

    def _follow(self, path: str) -> None:
        repository = repository_of(path)
        if repository is None:
            self._findings.passes_over(path, "it leads to no repository")
        else:
            self._linked.append(repository)

    def _entries(self, directory: str) -> Iterator[os.DirEntry[str]]:
        """What a directory holds, the names in order; nothing of one that was walked before."""
        if directory in _NO_FILES:
            self._findings.passes_over(directory, "made up by the kernel")
            return
        try:
            found = Path(directory).stat()
            if (found.st_dev, found.st_ino) in self._seen:
                return
            self._seen.add((found.st_dev, found.st_ino))
            with os.scandir(directory) as listing:
                entries = sorted(listing, key=_name)
        except OSError as error:
            self._findings.passes_over(directory, _reason(error))
            return
        names = {entry.name for entry in entries}
        self._rules.enters(directory, names)
        if names >= REPOSITORY:
            self.repositories.append(directory)
            entries = [entry for entry in entries if entry.name != "objects"]
        yield from entries

    def _file(self, path: str, place: str) -> None:
        feed = self._feed
        try:
            descriptor = open_found(path)
        except OSError as error:
            self._findings.passes_over(path, _reason(error))
            return
        try:
            if not self._is_within_limits(path, descriptor):
                return
            size = _read(descriptor, feed.buffer)
            source = Source(place, path)
            self._findings.searched[place] += 1
            if self._unpack is not None and self._unpack(source, descriptor, size):
                return
            if size < len(feed.buffer) and _ends(descriptor, size):
                feed.all_at_once(source, size)
            else:
                feed.stream(source, lambda rest: _read(descriptor, rest), size)
        except OSError as error:
            self._findings.passes_over(path, _reason(error))
        finally:
            os.close(descriptor)

    def _is_within_limits(self, path: str, descriptor: int) -> bool:
        since, largest = self._limits.since, self._limits.largest
        if since is None and largest is None:
            return True
        found = os.fstat(descriptor)
        if largest is not None and found.st_size > largest:
            self._findings.passes_over(path, f"more than {largest:,} bytes")
            return False
        return since is None or found.st_mtime >= since


def _read(descriptor: int, into: bytearray | memoryview) -> int:
    if os.name == "nt":  # which has no readv
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            return file.readinto(into) or 0
    return os.readv(descriptor, [into])


def _ends(descriptor: int, at: int) -> bool:
    """Whether nothing follows.  Some file systems give every file the size 0, so that it has to be tried."""
    if os.name == "nt":  # which has no pread
        return os.fstat(descriptor).st_size <= at
    return not os.pread(descriptor, 1, at)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
        return _VANISHED
    if error.errno in (errno.EACCES, errno.EPERM):
        return "not readable by you"
    if error.errno == errno.ELOOP:
        return "a symbolic link"
    return error.strerror or "not readable"
