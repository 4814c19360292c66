"""`Repository`: every object that git keeps, reachable or not, packed or loose, and what is about to be committed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import sleep
from typing import IO, TYPE_CHECKING, Final

from ...errors import ArgumentValueError, CorruptError, PlatformError
from ...flow import Deadline
from ...flow.descriptor import read_into
from ...protocols.git_objects import Batch, Change, changes
from .feed import Feed, Telling
from .finding import Finding, Findings, Source

if TYPE_CHECKING:
    from .searcher import Hit

_PATIENCE: Final = 60.0  # seconds without a byte from git
_PIPE: Final = 1 << 20  # bytes; Linux gives 64 KiB unless asked (fcntl(2), F_SETPIPE_SZ)
# git writes 4 KiB at a time.  Reading each at once would cost two changes of process for every one of them, more than
# searching it; a pause lets a large pipe, and no other, fill meanwhile.
_PAUSE: Final = 0.001  # seconds
_AT_A_TIME: Final = 500  # objects whose commits are asked for in one go
_MOST_COMMITS: Final = 20  # told of one object

# Programs and remotes that a repository's own settings name are not run: cat-file and log need none of them.
_SAFE: Final = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "log.showSignature=false")
_ENVIRONMENT: Final = {
    "LC_ALL": "C.UTF-8",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
}


class Repository:
    """One repository.

    Args:
        directory: where its objects are (``.git``, or a bare repository); ``None`` for that of the current
            directory, as git finds it (in a hook: through its environment).
    """

    def __init__(self, directory: str | None, feed: Feed, findings: Findings) -> None:
        self.directory = directory
        self._feed = feed
        self._findings = findings

    def search(self, since: float | None = None) -> None:
        """Every object; with ``since`` (seconds since 1970) those of later commits, and what they still had."""
        first = len(self._findings.found)
        try:
            telling = _Objects(self._feed, self.directory or ".")
            if since is None:
                with self._git(*telling.command, "--batch-all-objects", "--unordered") as output:
                    self._feed.stream_to(telling, _reader(output))
            else:
                names = ("rev-list", "--all", "--reflog", "--objects", "--no-object-names", f"--since={since:.0f}")
                with self._git(*names) as listed, self._git(*telling.command, source=listed) as output:
                    self._feed.stream_to(telling, _reader(output))
            self._count("git", telling)
            self._findings.found[first:] = self._traced(self._findings.found[first:])
        except (PlatformError, CorruptError) as error:
            self._findings.passes_over(self.directory or ".", error.message)

    def search_staged(self) -> None:
        """What the index holds that the last commit does not.

        Raises:
            ArgumentValueError: there is no repository here.
            PlatformError: git failed.
        """
        changed = ("diff", "--cached", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--diff-filter=d")
        try:
            staged = {change.name: change.path for change in changes(self._lines(*changed))}
        except PlatformError as error:
            raise ArgumentValueError("nothing is staged here", hint=error.message) from None
        if staged:
            names = "".join(f"{name}\n" for name in staged).encode()
            telling = _Objects(self._feed, self.directory or ".", staged)
            with self._git(*telling.command, text=names) as output:
                self._feed.stream_to(telling, _reader(output))
            self._count("staged", telling)

    def _count(self, place: str, telling: _Objects) -> None:
        self._findings.searched[place] += telling.batch.count
        for name in telling.batch.missing:
            self._findings.passes_over(f"{self.directory or '.'}:{name}", "an object that git cannot read")

    def _traced(self, found: Sequence[Finding]) -> Iterator[Finding]:
        """The same findings, with the commits that brought them in and the path they had there."""
        wanted = sorted({finding.source.blob for finding in found if finding.source.blob})
        history: dict[str, list[Change]] = {}
        for at in range(0, len(wanted), _AT_A_TIME):
            finds = [f"--find-object={name}" for name in wanted[at : at + _AT_A_TIME]]
            log = (
                "log",
                "--all",
                "--reflog",
                "-m",
                "-t",
                "--root",
                "--raw",
                "--no-abbrev",
                "--no-renames",
                "--format=%H",
            )
            for change in changes(self._lines(*log, *finds)):
                history.setdefault(change.name, []).append(change)
        for finding in found:
            yield _told(finding, history.get(finding.source.blob or "", []))

    def _lines(self, *command: str) -> Iterator[str]:
        with self._git(*command) as output:
            for line in output:
                yield line.decode("utf-8", "surrogateescape").rstrip("\n")

    @contextmanager
    def _git(self, *command: str, source: IO[bytes] | None = None, text: bytes | None = None) -> Iterator[IO[bytes]]:
        """What git prints; raises `PlatformError` at the end when it failed."""
        place: tuple[str, ...] = () if self.directory is None else (f"--git-dir={self.directory}",)
        try:
            child = subprocess.Popen(  # noqa: S603 - our own words, and directories behind `=`
                ["git", *_SAFE, *place, *command],  # noqa: S607 - the user's own git
                stdin=subprocess.PIPE if text is not None else source or subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(os.environ, own=self.directory is None),
            )
        except OSError as error:
            raise PlatformError(f"git cannot be run: {error.strerror}", hint="install git") from None
        try:
            assert child.stdout is not None
            if child.stdin is not None:
                _give(child.stdin, text or b"")
            yield child.stdout
            status, said = child.wait(_PATIENCE), b"" if child.stderr is None else child.stderr.read()
        finally:
            child.kill()
            child.wait(_PATIENCE)
            for pipe in (child.stdout, child.stderr):
                if pipe is not None:
                    pipe.close()
        if status:
            first = said.decode("utf-8", "replace").partition("\n")[0].removeprefix("fatal: ")
            raise PlatformError(f"git: {first or 'failed'}", native=status)


class _Objects(Telling):
    """Places hits in the objects of `git cat-file --batch`.

    Args:
        paths: the path of each object, where it is known beforehand.

    Attributes:
        command: of git.
        batch: what it printed, in parts.
    """

    def __init__(self, feed: Feed, directory: str, paths: Mapping[str, str] | None = None) -> None:
        super().__init__(feed, Source("git", directory))
        self.batch = Batch(os.urandom(16).hex())
        self.command = ("cat-file", f"--batch={self.batch.format}", "--buffer")
        self._paths = paths
        self._long = ("", 1)  # the object that began before the buffer, and its line at the buffer's beginning

    def tell(self, data: memoryview, hits: list[Hit]) -> None:
        self.batch.read(self._feed.buffer, self.base, len(data))
        super().tell(data, hits)

    def place(self, data: memoryview, hit: Hit) -> None:
        found = self.batch.at(self._feed.buffer, self.base, hit.begin, hit.end)
        if found is None:
            return  # across two objects: chance
        begin = max(0, found.begin - self.base)
        line = self._long[1] if found.name == self._long[0] else 1
        binary = 0 in data[begin : min(hit.begin, begin + 8192)].tobytes()
        if hit.needle < 0 and (binary or found.kind == "tree"):
            return  # random bytes look like anything
        offset = self.base + hit.begin - found.begin
        if found.kind == "commit":
            source = Source("git", f"{self._source.path}:commit message", found.name)
        elif self._paths is not None:
            source = Source("staged", self._paths[found.name], found.name)
        else:
            source = Source("git", self._source.path, found.name)
        self._feed.tell(source, hit, None if binary else line + self.newlines(begin, hit.begin), offset)

    def forget(self, data: memoryview, size: int) -> None:
        going_on = self.batch.forget(self._feed.buffer, self.base, size)
        if going_on is not None:
            begin = max(0, going_on.begin - self.base)
            line = self._long[1] if going_on.name == self._long[0] else 1
            self._long = (going_on.name, line + self.newlines(begin, size))
        self.base += size


def _told(finding: Finding, history: Sequence[Change]) -> Finding:
    source = finding.source
    if source.path.endswith(":commit message"):
        return finding._replace(commits=(source.blob or "",))
    path = history[-1].path if history else f"{source.blob} (nothing refers to it)"
    commits = tuple(dict.fromkeys(change.commit for change in reversed(history)))
    return finding._replace(source=source._replace(path=f"{source.path}:{path}"), commits=commits[:_MOST_COMMITS])


def _environment(outer: Mapping[str, str], *, own: bool) -> dict[str, str]:
    """A hook's ``GIT_DIR`` and ``GIT_INDEX_FILE`` are about its own repository and no other."""
    return {name: value for name, value in outer.items() if own or not name.startswith("GIT_")} | _ENVIRONMENT


def _reader(output: IO[bytes]) -> Callable[[memoryview], int]:
    descriptor = output.fileno()
    room = _widen(output)

    def read(into: memoryview) -> int:
        count = read_into(descriptor, into, Deadline(_PATIENCE))
        if count is None:
            raise PlatformError(f"git gave nothing for {_PATIENCE:g} s")
        if 0 < count < room // 2:
            sleep(_PAUSE)
        return count

    return read


def _widen(pipe: IO[bytes]) -> int:
    """Ask for a large pipe; its size in bytes, or 0 where it stays as it was."""
    import contextlib

    with contextlib.suppress(ImportError, AttributeError, OSError):  # not Linux, or beyond the user's limit
        import fcntl

        return fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
    return 0


def _give(pipe: IO[bytes], text: bytes) -> None:
    """Write all of ``text`` from a thread of its own: git may answer before it has read everything."""
    from threading import Thread

    def write() -> None:
        try:
            with pipe:
                pipe.write(text)
        except OSError:
            pass  # git has ended; its exit status tells

    Thread(target=write, daemon=True).start()
