"""`Feed`: leads the bytes of one source after another through the search, however many they are, in one buffer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from .finding import Finding, Findings, Source
from .keys import Fingerprints

if TYPE_CHECKING:
    from .needles import Needle
    from .searcher import Hit, Searcher

_SIZE: Final = 4 << 20  # bytes of the buffer, besides what is kept from one filling to the next
_LOOKED_AT: Final = 8192  # bytes that tell whether it is text


class Reads(Protocol):
    """Whatever bytes come from."""

    def readinto(self, into: memoryview, /) -> int | None:
        """Fill from the beginning; the number of bytes, 0 at the end."""
        ...


class Feed:
    """The search, its buffer, and where findings go.

    Attributes:
        buffer: of everybody who reads a source; nobody keeps anything in it beyond a call.
    """

    def __init__(
        self, needles: list[Needle], searcher: Searcher, fingerprints: Fingerprints, findings: Findings
    ) -> None:
        self.searcher = searcher
        self.findings = findings
        self.buffer = bytearray(_SIZE + 2 * searcher.reach)
        self._view = memoryview(self.buffer)
        self._needles = needles
        self._fingerprints = fingerprints
        self._prints: dict[int, str] = {}

    def all_at_once(self, source: Source, size: int) -> bool:
        """Search the first ``size`` bytes of the buffer, which are all of a source; whether anything was found."""
        self.findings.bytes += size
        with self._view[:size] as data:
            hits = self.searcher.search(data)
            if hits:
                _Telling(self, source).tell(data, hits)
        return bool(hits)

    def stream(self, source: Source, read: Callable[[memoryview], int | None], filled: int = 0) -> bool:
        """Search what the first ``filled`` bytes of the buffer begin and ``read`` gives until it gives nothing.

        Returns:
            whether anything was found.
        """
        reach = self.searcher.reach
        telling = _Telling(self, source)
        done = 0  # up to here in the buffer every anchor was dealt with
        ended = False
        self.findings.bytes += filled
        while not ended:
            while filled < len(self.buffer):
                with self._view[filled:] as rest:
                    count = read(rest) or 0
                if not count:
                    ended = True
                    break
                filled += count
                self.findings.bytes += count
            upto = filled if ended else filled - reach
            with self._view[:filled] as data:
                telling.tell(data, self.searcher.search(data, done, upto))
                keep = 0 if ended else max(0, upto - reach)
                telling.forget(data, keep)
            self._view[: filled - keep] = self._view[keep:filled]
            done, filled = upto - keep, filled - keep
        return telling.told

    def needle_fingerprint(self, needle: int) -> str:
        if needle not in self._prints:
            with self._needles[needle].value.bytes as view:
                self._prints[needle] = self._fingerprints.of(view)
        return self._prints[needle]

    def tell(self, source: Source, hit: Hit, line: int | None, offset: int) -> None:
        print_ = self.needle_fingerprint(hit.needle)
        refs = self._needles[hit.needle].refs
        identity = self._fingerprints.of(
            print_.encode(), hit.kind.encode(), source.path.encode("utf-8", "surrogateescape")
        )
        self.findings.add(Finding(source, hit.kind, line, offset, refs, print_, identity))

    def close(self) -> None:
        """Zero the buffer: what was searched may hold secrets."""
        self._view[:] = bytes(len(self.buffer))
        self._view.release()


class _Telling:
    """Turns hits in the buffer into places in the source."""

    def __init__(self, feed: Feed, source: Source) -> None:
        self.told = False
        self._feed = feed
        self._source = source
        self._base = 0  # what of the source went before the buffer
        self._lines = 1
        self._binary: bool | None = None
        self._ends: dict[int, int] = {}

    def tell(self, data: memoryview, hits: list[Hit]) -> None:
        """Of overlapping hits of one value only the first is told."""
        if self._binary is None:
            self._binary = 0 in data[:_LOOKED_AT].tobytes()
        for hit in hits:
            begin = self._base + hit.begin
            if begin < self._ends.get(hit.needle, 0):
                continue
            self._ends[hit.needle] = self._base + hit.end
            line = None if self._binary else self._lines + self._newlines(data, hit.begin)
            self._feed.tell(self._source, hit, line, begin)
            self.told = True

    def forget(self, data: memoryview, size: int) -> None:
        """The first ``size`` bytes of the buffer are about to go."""
        if size:
            self._lines += self._newlines(data, size)
            self._base += size

    def _newlines(self, data: memoryview, upto: int) -> int:
        # the feed's own buffer: a memoryview cannot count
        return self._feed.buffer.count(b"\n", 0, upto)
