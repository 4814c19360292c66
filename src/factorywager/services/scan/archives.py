"""`Archives`: what is packed into zip (jar, whl), tar, gz, bz2, xz and zst files, to a bounded depth and size.

An archive is known by its first bytes, whatever its name.  Nothing is unpacked to the disk.  What stands in the packed
bytes themselves is searched too: a member that was stored as it is, a comment, what follows behind the end.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any, Final, NamedTuple, cast

from .feed import Feed
from .finding import Findings, Source

_TAR_AT: Final = 257  # POSIX.1-2001 ustar: where "ustar" stands in the first header
_LARGEST_WINDOW: Final = 128 << 20  # bytes of memory that xz and zstd may ask for
_LARGEST_HEADER: Final = 16 << 20  # bytes of a name or a pax header, or of a central directory's part
_LARGEST_NESTED_ZIP: Final = 64 << 20  # bytes; a zip is read from its end, so one within another is held in memory


class Bounds(NamedTuple):
    """How far to unpack.

    Attributes:
        depth: how many archives may lie in one another.
        size: bytes that come out of one file, everything together.
        members: how many members, everything together.
    """

    depth: int = 6
    size: int = 1 << 30
    members: int = 100_000


class _TooMuch(Exception):  # noqa: N818 - not an error: a bomb, or only a large archive
    """A bound was reached; the text says which."""


class Archives:
    """Recognizes archives and searches what is in them.

    Args:
        bounds: a zip bomb comes to its end there, and is told as passed over.
    """

    def __init__(self, feed: Feed, findings: Findings, bounds: Bounds) -> None:
        self._feed = feed
        self._findings = findings
        self._bounds = bounds

    def unpack(self, source: Source, descriptor: int, size: int) -> bool:
        """Search an open file whose first ``size`` bytes are in the feed's buffer, if it is an archive.

        Returns:
            whether it was one, and nothing is left to be searched.
        """
        kind = _kind(self._feed.buffer, size)
        if kind is None:
            return False
        found = self._findings.found
        with open(descriptor, "rb", buffering=0, closefd=False) as raw:
            first = len(found)
            raw.seek(size)
            self._feed.stream(source, raw.readinto, size)
            last = len(found)
            raw.seek(0)
            visit = _Visit(self._feed, self._findings, self._bounds)
            visit.opened(kind, source._replace(place="archive"), cast("IO[bytes]", raw), 1)
        # what both the packed bytes and a member hold is told once, of the member
        members = {finding.fingerprint for finding in found[last:]}
        found[first:last] = [finding for finding in found[first:last] if finding.fingerprint not in members]
        return True


class _Visit:
    """One file's archives, down to the bounds."""

    def __init__(self, feed: Feed, findings: Findings, bounds: Bounds) -> None:
        self._feed = feed
        self._findings = findings
        self._bounds = bounds
        self._size = 0
        self._members = 0

    def opened(self, kind: str, source: Source, raw: IO[bytes], depth: int) -> bool:
        """Search what is in an archive; whatever is wrong with it is told.

        Returns:
            whether it could be read as one.
        """
        if depth > self._bounds.depth:
            self.passes_over(source, f"more than {self._bounds.depth} archives in one another")
            return True
        try:
            _OPENERS[kind](self, source, raw, depth)
        except _TooMuch as bound:
            if depth > 1:
                raise
            self.passes_over(source, f"unpacked in part: {bound}")
        except _DAMAGE as error:
            self.passes_over(source, f"unpacked in part: {_why(error, kind)}")
            return False
        return True

    def member(self, source: Source, raw: Any, depth: int) -> None:
        """Search one member, or unpack it in turn."""
        self._members += 1
        if self._members > self._bounds.members:
            raise _TooMuch(f"more than {self._bounds.members:,} members")
        bounded = _Bounded(self, raw)
        buffer = self._feed.buffer
        size = 0
        with memoryview(buffer) as view:
            while size < len(buffer):
                with view[size:] as rest:
                    count = bounded.readinto(rest)
                if not count:
                    break
                size += count
        kind = _kind(buffer, size)
        if kind is None:
            self._findings.searched["archive"] += 1
            self._feed.stream(source, bounded.readinto, size)
            return
        first = bytes(memoryview(buffer)[:size])
        inner: IO[bytes] = cast("IO[bytes]", _Again(first, bounded))
        if kind == "zip":
            inner = io.BytesIO(inner.read(_LARGEST_NESTED_ZIP))
            if bounded.readinto(memoryview(bytearray(1))):
                self.passes_over(source, f"a zip of more than {_LARGEST_NESTED_ZIP:,} bytes in another archive")
                return
        if not self.opened(kind, source, inner, depth + 1):
            buffer[: len(first)] = first
            self._feed.all_at_once(source, len(first))

    def counts(self, size: int) -> None:
        self._size += size
        if self._size > self._bounds.size:
            raise _TooMuch(f"more than {self._bounds.size:,} bytes unpacked")

    def passes_over(self, source: Source, why: str) -> None:
        self._findings.passes_over(source.path, why)


def _zip(visit: _Visit, source: Source, raw: IO[bytes], depth: int) -> None:
    with zipfile.ZipFile(raw) as archive:
        for info in archive.infolist():
            inner = source._replace(path=f"{source.path}!{info.filename}")
            if info.is_dir():
                continue
            if info.flag_bits & 1:
                visit.passes_over(inner, "encrypted")
                continue
            try:
                with archive.open(info) as member:
                    visit.member(inner, member, depth)
            except (NotImplementedError, *_DAMAGE) as error:
                visit.passes_over(inner, _why(error, "zip"))


def _tar(visit: _Visit, source: Source, raw: IO[bytes], depth: int) -> None:
    with tarfile.open(fileobj=cast("IO[bytes]", _Careful(raw)), mode="r|") as archive:
        for info in archive:
            if info.isreg():
                member = archive.extractfile(info)
                if member is not None:
                    visit.member(source._replace(path=f"{source.path}!{info.name}"), member, depth)


def _packed(opened: Callable[[IO[bytes]], Any]) -> Callable[[_Visit, Source, IO[bytes], int], None]:
    """For formats that hold one file without a name."""

    def unpack(visit: _Visit, source: Source, raw: IO[bytes], depth: int) -> None:
        with opened(raw) as stream:
            visit.member(source._replace(path=f"{source.path}!"), stream, depth)

    return unpack


class _Zst(io.RawIOBase):
    """zstandard's stream, with damage told as the standard library tells it."""

    def __init__(self, raw: IO[bytes]) -> None:
        import zstandard

        self._error = zstandard.ZstdError
        made = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
        self._stream = made.stream_reader(raw, read_across_frames=True, closefd=False)

    def readinto(self, into: Any) -> int:
        try:
            return self._stream.readinto(into)
        except self._error:
            raise EOFError from None


class _Xz(io.RawIOBase):
    """`lzma.LZMAFile` with a limit on memory, which that has not."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._rest = b""
        self._made = lzma.LZMADecompressor(memlimit=_LARGEST_WINDOW)

    def readinto(self, into: Any) -> int:
        while True:
            if self._made.eof:  # streams may follow one another, with padding between them
                self._rest = (self._made.unused_data or self._raw.read(1 << 16)).lstrip(b"\0")
                if not self._rest:
                    return 0
                self._made = lzma.LZMADecompressor(memlimit=_LARGEST_WINDOW)
            data, self._rest = self._rest, b""
            if self._made.needs_input and not data:
                data = self._raw.read(1 << 16)
                if not data:
                    raise EOFError
            out = self._made.decompress(data, max_length=len(into))
            if out:
                into[: len(out)] = out
                return len(out)


_OPENERS: Final[dict[str, Callable[[_Visit, Source, IO[bytes], int], None]]] = {
    "zip": _zip,
    "tar": _tar,
    "gz": _packed(lambda raw: gzip.GzipFile(fileobj=raw)),
    "bz2": _packed(bz2.BZ2File),
    "xz": _packed(_Xz),
    "zst": _packed(_Zst),
}

_DAMAGE: Final = (
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # zipfile: a password is needed
    UnicodeError,
    MemoryError,  # lzma: beyond the limit
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)


def _why(error: BaseException, kind: str) -> str:
    """What is wrong, in our words: the libraries' own may repeat what stands in the file."""
    if isinstance(error, NotImplementedError):
        return "packed in a way that cannot be unpacked here"
    if isinstance(error, OSError) and error.errno is not None:
        return error.strerror or "not readable"
    return f"damaged, or no {kind}"


# What files of each kind begin with, by their first byte: almost every file is told by that alone.
_MAGIC: Final = {
    0x50: ("zip", (b"PK\3\4", b"PK\5\6")),
    0x1F: ("gz", (b"\x1f\x8b\x08",)),
    0xFD: ("xz", (b"\xfd7zXZ\0",)),
    0x28: ("zst", (b"\x28\xb5\x2f\xfd",)),
    0x42: ("bz2", (b"BZh",)),
}


def _kind(buffer: bytearray, size: int) -> str | None:
    """What kind of archive the first ``size`` bytes of the buffer begin, if any."""
    known = _MAGIC.get(buffer[0])
    if known is not None and size > 4 and buffer.startswith(known[1]):
        return known[0]
    return "tar" if size >= 512 and buffer.startswith(b"ustar", _TAR_AT) else None


class _Bounded:
    """Counts what comes out of an archive."""

    def __init__(self, visit: _Visit, raw: Any) -> None:
        self._visit = visit
        self._raw = raw

    def readinto(self, into: memoryview) -> int:
        count = self._raw.readinto(into)
        self._visit.counts(count)
        return int(count)

    def read(self, size: int) -> bytes:
        data = bytearray(min(size, 1 << 16))
        with memoryview(data) as view:
            count = self.readinto(view)
        return bytes(data[:count])


class _Again:
    """A stream whose first bytes were read already."""

    def __init__(self, first: bytes, rest: _Bounded) -> None:
        self._first = io.BytesIO(first)
        self._rest = rest

    def read(self, size: int) -> bytes:
        parts = [self._first.read(size)]
        left = size - len(parts[0])
        while left and (more := self._rest.read(left)):
            parts.append(more)
            left -= len(more)
        return b"".join(parts)


class _Careful:
    """Refuses what no real archive asks for at once: a header of gigabytes would be read into memory."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw

    def read(self, size: int) -> bytes:
        if size > _LARGEST_HEADER:
            raise ValueError
        return self._raw.read(size) or b""
