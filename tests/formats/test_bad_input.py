"""Damaged files of every format: a right result or a clear error with the file's name, and never much time."""

from __future__ import annotations

import random
import time

import pytest

from factorywager.protocols.formats.registry import NAMES, by_name

from .damage import check, mutated
from .tools import SAMPLES, TOOLS


def check_format(form: str, raw: bytes) -> bool:
    return check(lambda raw, file: by_name(form).read(raw, file, {}), raw)


@pytest.mark.parametrize("form", [tool.format for tool in TOOLS])
def test_damaged_files(form: str) -> None:
    read_damaged(form, 300)


@pytest.mark.long
@pytest.mark.parametrize("form", [tool.format for tool in TOOLS])
def test_damaged_files_often(form: str) -> None:
    read_damaged(form, 50_000)


def read_damaged(form: str, times: int) -> None:
    chance = random.Random(form)
    raws = [path.read_bytes() for path in sorted(SAMPLES.glob(f"{form}-*"))]
    good = sum(check_format(form, mutated(chance.choice(raws), chance)) for _ in range(times))
    assert 0 < good < times


@pytest.mark.parametrize("form", NAMES)
@pytest.mark.parametrize("other", [tool.format for tool in TOOLS])
def test_the_file_of_another_format(form: str, other: str) -> None:
    check_format(form, (SAMPLES / f"{other}-1").read_bytes())


ALIASES = b"a%d: &a%d [%s]\n"
BOMBS = {
    "nested lists": b"[" * 200_000,
    "nested lists, closed": b"[" * 5_000 + b"]" * 5_000,
    "nested maps": b'{"a":' * 100_000,
    "a deep TOML list": b"a=" + b"[" * 100_000,
    "aliases": b"a0: &a0 [x, x]\n" + b"".join(ALIASES % (n, n, (b"*a%d, " % (n - 1)) * 10) for n in range(1, 30)),
    "itself": b"a: &a [*a, *a]\nb: *a\n",
    "one long line": b"a" * 1_000_000,
    "spaces": b"a=" + b" " * 1_000_000,
    "backslashes": b'a="' + b"\\" * 1_000_000,
    "quotes": b'"' * 1_000_000,
    "dollars": b"a=" + b"${" * 300_000,
    "many lines": b"a=1\n" * 30_000,
    "many names": b"".join(b"a%d=1\n" % n for n in range(20_000)),
    "empty": b"",
    "a long name": b'{"' + b"a" * 500_000 + b'": {' + b", ".join(b'"%d": ""' % n for n in range(50_000)) + b"}}",
    "many digits": b'{"a": ' + b"9" * 500_000 + b"}",
    "a long number": b"a = " + b"9" * 500_000,
    "colons": b"x://" + b":@" * 300_000,
    "commas": b"," * 300_000 + b"\n" + b"," * 300_000,
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("form", NAMES)
@pytest.mark.parametrize("bomb", BOMBS)
def test_what_could_take_for_ever(form: str, bomb: str) -> None:
    began = time.process_time()
    check_format(form, BOMBS[bomb])
    assert time.process_time() - began < 60
