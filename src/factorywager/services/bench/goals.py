"""`Goal`: what a figure, or the ratio of two, was to come to; `judge`, which says whether it did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from .measure import Result

Kind = Literal["ratio", "ns", "each", "over"]


class Goal(NamedTuple):
    """A bound.

    Attributes:
        what: what it is about: ``one warm get, blocking``.
        against: what it is compared with: ``Bun.secrets``.
        key: the case.
        other: the case it is compared with, where there is one.
        bound: what the figure is to stay below, or to reach with ``at_least``.
        kind: ``ratio`` of the medians; ``each``, their ratio for each secret; ``over``, nanoseconds above the other;
            ``ns``, the median itself.
        at_least: more is better.
    """

    what: str
    against: str
    key: str
    other: str | None
    bound: float
    kind: Kind = "ratio"
    at_least: bool = False


class Outcome(NamedTuple):
    """What a goal came to; ``value`` is ``None`` where one of its cases was left out."""

    goal: Goal
    value: float | None

    @property
    def reached(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.goal.bound if self.goal.at_least else self.value <= self.goal.bound


def judge(goals: Iterable[Goal], results: Mapping[str, Result]) -> list[Outcome]:
    """What each goal came to.

    Args:
        results: by the key of their case.
    """
    return [Outcome(goal, _value(goal, results)) for goal in goals]


def _value(goal: Goal, results: Mapping[str, Result]) -> float | None:
    result, other = results.get(goal.key), results.get(goal.other or "")
    if result is None or (goal.other is not None and other is None):
        return None
    if other is None:
        return result.median
    match goal.kind:
        case "over":
            return result.median - other.median
        case "each":
            return (result.median / result.case.secrets) / (other.median / other.case.secrets)
        case _:
            return result.median / other.median
