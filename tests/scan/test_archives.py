"""Archives of every kind, in one another, damaged, encrypted, and made to explode."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import resource
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from factorywager.services.scan.archives import Bounds
from factorywager.services.scan.scan import Report

Search = Callable[..., Report]
_VALUE = "madeup_0123456789abcdefghijklmnop"
_TEXT = f"first\nsecond {_VALUE}\n".encode()


def _zip(data: bytes, name: str = "inner", compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        archive.writestr("empty/", "")
        archive.writestr(name, data)
    return out.getvalue()


def _tar(data: bytes, name: str = "inner") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "inner"
        archive.addfile(link)
    return out.getvalue()


_PACKERS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "zip": (_zip, "!inner"),
    "stored": (lambda data: _zip(data, compression=zipfile.ZIP_STORED), "!inner"),
    "lzma zip": (lambda data: _zip(data, compression=zipfile.ZIP_LZMA), "!inner"),
    "tar": (_tar, "!inner"),
    "gz": (gzip.compress, "!"),
    "bz2": (bz2.compress, "!"),
    "xz": (lzma.compress, "!"),
    "zst": (zstandard.compress, "!"),
}


@pytest.mark.parametrize("outer", _PACKERS)
@pytest.mark.parametrize("inner", [None, *_PACKERS])
def test_a_value_in_an_archive_is_found_once_on_its_line(
    outer: str, inner: str | None, keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=_VALUE)
    data, path = _TEXT, ""
    for kind in (inner, outer):
        if kind is not None:
            pack, suffix = _PACKERS[kind]
            data, path = pack(data), suffix + path
    (tmp_path / "a").write_bytes(data)
    report = search(tmp_path)
    told = [(each.source.path.removeprefix(str(tmp_path / "a")), each.line) for each in report.findings]
    assert told == [(path, 2)]
    assert report.passed_over == []


def test_several_streams_in_one_file_are_all_unpacked(
    keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=_VALUE)
    for name, pack in {
        "gz": gzip.compress,
        "bz2": bz2.compress,
        "xz": lzma.compress,
        "zst": zstandard.compress,
    }.items():
        (tmp_path / name).write_bytes(pack(b"one\n") + pack(_TEXT))
    assert sorted(each.line for each in search(tmp_path).findings) == [3, 3, 3, 3]


def test_values_around_the_members_are_found(keep: Callable[..., None], search: Search, tmp_path: Path) -> None:
    keep(entry=_VALUE)
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr("f", "nothing")
        archive.comment = _VALUE.encode()
    assert [each.source.path for each in search(tmp_path).findings] == [str(tmp_path / "a")]


@pytest.mark.parametrize("kind", _PACKERS)
def test_a_damaged_archive_is_told_and_nothing_worse(
    kind: str, keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=_VALUE)
    packed = _PACKERS[kind][0](os.urandom(5000) + _TEXT)
    chance = random.Random(kind)
    for number in range(60):
        data = bytearray(packed[: chance.randrange(5, len(packed))] if number % 2 else packed)
        for _ in range(number % 7):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (tmp_path / str(number)).write_bytes(data)
    report = search(tmp_path)
    assert report.searched.get("file", 0) == 60
    assert all(
        each.why.startswith(("unpacked in part", "packed", "encrypted", "damaged")) for each in report.passed_over
    )


def test_an_archive_in_name_only_is_searched_as_it_is(
    keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=_VALUE)
    (tmp_path / "a").write_bytes(b"PK\3\4" + _TEXT)
    (tmp_path / "b").write_bytes(gzip.compress(b"BZh91AY&SY" + _TEXT))
    assert len(search(tmp_path).findings) == 2


def test_bombs_end_at_the_bounds(keep: Callable[..., None], search: Search, tmp_path: Path) -> None:
    keep(entry=_VALUE)
    zeros = gzip.compress(bytes(64 << 20))
    (tmp_path / "large").write_bytes(zeros)
    (tmp_path / "wide").write_bytes(_zip(zeros))
    data = _TEXT
    for _ in range(9):
        data = _zip(data)
    (tmp_path / "deep").write_bytes(data)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(1500):
            archive.writestr(str(number), "x")
    (tmp_path / "many").write_bytes(out.getvalue())
    header = tarfile.TarInfo("./PaxHeaders/x")
    header.type, header.size = tarfile.XHDTYPE, 1 << 40
    (tmp_path / "header").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    report = search(tmp_path, bounds=Bounds(size=32 << 20, members=1000))
    told = {Path(each.path.partition("!")[0]).name: each.why for each in report.passed_over}
    assert set(told) == {"large", "wide", "deep", "many", "header"}
    assert report.findings == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1 << 20  # KiB: this whole process, tests and all
