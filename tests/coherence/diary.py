"""`Diary`: what a reader may have been told at any moment, from the notes of whoever changed the store meanwhile."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple


class Read(NamedTuple):
    """One reading of one entry: when it began and ended, and its outcome (a value, ``None``, or an error's class)."""

    began: float
    ended: float
    name: str
    outcome: object


class _State(NamedTuple):
    began: float  # when the change that led to it was asked for
    acknowledged: float
    locked: bool
    found: dict[str, list[str | None]]  # None for a value that is locked


class Diary:
    """The lines that ``churn.py`` prints."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.states = [_State(*json.loads(line)) for line in lines]

    def during(self, read: Read) -> list[_State]:
        """The states that may have been in force at some moment of a read.

        A state may hold from the moment its change was asked for, until the next change is acknowledged.
        """
        ends = [state.acknowledged for state in self.states[1:]]
        first = bisect_left(ends, read.began)
        return [state for state in self.states[first:] if state.began <= read.ended]

    def wrong(self, reads: Iterable[Read]) -> list[tuple[Read, list[_State]]]:
        """The reads whose outcome nothing explains."""
        return [(read, states) for read in reads if not _explained(read, states := self.during(read))]


def _explained(read: Read, states: list[_State]) -> bool:
    outcome = read.outcome
    if outcome == "AmbiguousError":
        return any(len(state.found[read.name]) > 1 for state in states)
    if outcome in ("InteractionNotAllowedError", "LockedError"):
        return any(state.locked for state in states)
    if outcome is None:
        return any(not state.found[read.name] for state in states)
    return any(outcome in state.found[read.name] for state in states)
