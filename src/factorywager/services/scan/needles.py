"""`Needle`: one value to search for, in locked memory, and the entries that hold it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from ...flow import Flow
from ...model import Ref, Secret
from ..catalogue import DATABASE
from .keys import SERVICE

if TYPE_CHECKING:
    from ..operations import Operations

SHORTEST: Final = 6  # characters; shorter values stand everywhere by chance

# What the guide stores beside secrets: a host's name is in every other file, and no secret.
CONFIGURATION: Final = frozenset(DATABASE) - {"db-password"}


class Needle(NamedTuple):
    """One value.  Entries with equal values share a needle.

    Attributes:
        refs: the entries, in order.
        value: wiped by whoever gathered the needles.
    """

    refs: tuple[Ref, ...]
    value: Secret


class LeftOut(NamedTuple):
    """An entry that is not searched for.

    Attributes:
        why: ``too short``, ``configuration``, ``not asked for``, ``excepted``.
    """

    ref: Ref
    why: str


class Gathered(NamedTuple):
    """What is searched for, and what is not."""

    needles: list[Needle]
    left_out: list[LeftOut]

    def wipe(self) -> None:
        for needle in self.needles:
            needle.value.wipe()


def gather(
    operations: Operations, service: str | None, *, only: Sequence[str] = (), excepted: Sequence[str] = ()
) -> Flow[Gathered]:
    """Read every value of the store, or of one service.

    Args:
        only, excepted: shell patterns of names; ``only`` also takes what would be left out as configuration.
    """
    infos = yield from operations.list(service)
    left_out: list[LeftOut] = []
    groups = _Groups()
    for each in sorted({info.service for info in infos} - {SERVICE}):
        names = []
        for name in sorted({info.name for info in infos if info.service == each}):
            why = _why_not(name, only, excepted)
            if why is None:
                names.append(name)
            else:
                left_out.append(LeftOut(Ref(each, name), why))
        values = (yield from operations.get_many(each, names)) if names else {}
        for name, value in values.items():
            if _characters(value) < SHORTEST:
                left_out.append(LeftOut(Ref(each, name), "too short"))
                value.wipe()
            else:
                groups.add(Ref(each, name), value)
    return Gathered(groups.needles(), left_out)


def _why_not(name: str, only: Sequence[str], excepted: Sequence[str]) -> str | None:
    if only and not _any(name, only):
        return "not asked for"
    if _any(name, excepted):
        return "excepted"
    return "configuration" if not only and name in CONFIGURATION else None


def _any(name: str, patterns: Iterable[str]) -> bool:
    from fnmatch import fnmatchcase

    return any(fnmatchcase(name, pattern) for pattern in patterns)


class _Groups:
    """Values by a digest under a key of this moment, so that equal ones are found without comparing each to each."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._found: dict[bytes, tuple[list[Ref], Secret]] = {}

    def add(self, ref: Ref, value: Secret) -> None:
        from hashlib import blake2b

        with value.bytes as view:
            digest = blake2b(view, key=self._key).digest()
        if digest in self._found:
            value.wipe()
            self._found[digest][0].append(ref)
        else:
            self._found[digest] = ([ref], value)

    def needles(self) -> list[Needle]:
        return [Needle(tuple(refs), value) for refs, value in self._found.values()]


def _characters(value: Secret) -> int:
    """How many code points: bytes that do not continue one (UTF-8)."""
    with value.bytes as view:
        return sum(byte & 0xC0 != 0x80 for byte in view)
