"""`Feed`: leads the bytes of one source after another through the search, however many they are, in one buffer."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from .finding import Finding, Findings, Source
from .keys import Fingerprints
from .places import place_of

if TYPE_CHECKING:
    from .needles import Needle
    from .searcher import Hit, Searcher
    from .unknown import Detector

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
        self,
        needles: list[Needle],
        searcher: Searcher,
        fingerprints: Fingerprints,
        findings: Findings,
        detector: Detector | None = None,
    ) -> None:
        self.searcher = searcher
        self.findings = findings
        self.buffer = bytearray(_SIZE + 2 * searcher.reach)
        self._view = memoryview(self.buffer)
        self._needles = needles
        self._fingerprints = fingerprints
        self._detector = detector
        self._prints: dict[int, str] = {}

    def all_at_once(self, source: Source, size: int) -> bool:
        """Search the first ``size`` bytes of the buffer, which are all of a source; whether anything was found."""
        self.findings.bytes += size
        with self._view[:size] as data:
            hits = self._search(data, 0, size)
            if hits:
                Telling(self, source).tell(data, hits)
        return bool(hits)

    def stream(self, source: Source, read: Callable[[memoryview], int | None], filled: int = 0) -> bool:
        """Search what the first ``filled`` bytes of the buffer begin and ``read`` gives until it gives nothing.

        Returns:
            whether anything was found.
        """
        telling = Telling(self, source)
        self.stream_to(telling, read, filled)
        return telling.told

    def stream_to(self, telling: Telling, read: Callable[[memoryview], int | None], filled: int = 0) -> None:
        """As `stream`, for a source that is more than one thing."""
        reach = self.searcher.reach
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
            keep = 0 if ended else max(0, upto - reach)
            with self._view[:filled] as data:
                telling.tell(data, self._search(data, done, upto))
                telling.forget(data, keep)
            self._view[: filled - keep] = self._view[keep:filled]
            done, filled = upto - keep, filled - keep

    def _search(self, data: memoryview, after: int, upto: int) -> list[Hit]:
        hits = self.searcher.search(data, after, upto)
        if self._detector is not None:
            hits += self._detector.search(data, after, upto)
        return hits

    def tell(self, source: Source, hit: Hit, line: int | None, offset: int) -> None:
        """Keep a hit in the buffer as a finding."""
        if hit.needle < 0:
            with self._view[hit.begin : hit.end] as value:
                print_ = self._fingerprints.of(value)
        else:
            print_ = self._needle_print(hit.needle)
        refs = self._needles[hit.needle].refs if hit.needle >= 0 else ()
        if source.place == "file":
            source = source._replace(place=place_of(source.path))
        where = source.blob if source.place == "git" and source.blob else source.path
        identity = self._fingerprints.of(print_.encode(), hit.kind.encode(), os.fsencode(where))
        self.findings.add(Finding(source, hit.kind, line, offset, refs, print_, identity))

    def _needle_print(self, needle: int) -> str:
        if needle not in self._prints:
            with self._needles[needle].value.bytes as view:
                self._prints[needle] = self._fingerprints.of(view)
        return self._prints[needle]

    def close(self) -> None:
        """Zero the buffer: what was searched may hold secrets."""
        self._view[:] = bytes(len(self.buffer))
        self._view.release()


class Telling:
    """Turns hits in the buffer into places in a source.

    Attributes:
        told: whether there was any.
        base: how much of the source went before the buffer.
    """

    def __init__(self, feed: Feed, source: Source) -> None:
        self.told = False
        self.base = 0
        self._feed = feed
        self._source = source
        self._lines = 1
        self._binary: bool | None = None
        self._ends: dict[int, int] = {}

    def tell(self, data: memoryview, hits: list[Hit]) -> None:
        """Take in what the buffer holds now.

        Of overlapping hits of one value only the first is told, and of what looks like a secret and is the value of
        an entry only the latter.
        """
        if self._binary is None:
            self._binary = 0 in data[:_LOOKED_AT].tobytes()
        spans: list[tuple[int, int]] = []
        for hit in hits:
            begin, end = self.base + hit.begin, self.base + hit.end
            if begin < self._ends.get(hit.needle, 0):
                continue
            if hit.needle < 0 and any(begin < known_end and known < end for known, known_end in spans):
                continue
            spans.append((begin, end))
            self._ends[hit.needle] = end
            self.told = True
            self.place(data, hit)

    def place(self, data: memoryview, hit: Hit) -> None:
        """Say where a hit is."""
        if self._binary and hit.needle < 0:
            return  # random bytes look like anything
        line = None if self._binary else self._lines + self.newlines(0, hit.begin)
        self._feed.tell(self._source, hit, line, self.base + hit.begin)

    def forget(self, data: memoryview, size: int) -> None:
        """The first ``size`` bytes of the buffer are about to go."""
        if size:
            self._lines += self.newlines(0, size)
            self.base += size

    def newlines(self, begin: int, end: int) -> int:
        return self._feed.buffer.count(b"\n", begin, end)  # a memoryview cannot count
