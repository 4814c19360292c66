"""`Case`, `measure_all`, `Result`: what is measured, in rounds in which every case has its turn, and what came of it.

All cases are measured in one run and by turns, so that whatever else the machine does meanwhile hits all alike.
Medians are quoted: one slow sample says something about the machine and nothing about the case.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

Unit = Literal["ns", "bytes"]

_MOST_SAMPLES = 400  # in one turn
_LEAST_TURNS = 3  # of a case that takes longer than its share
_ENDLESS = 100  # turns that one sample may take; of a case that takes longer there is only that one


class CaseError(Exception):
    """A case that could not be measured; the text says why and has no value in it."""


class Absent(NamedTuple):
    """Something that was left out.

    Attributes:
        name: what it is called in the table.
        reason: why, and what to install.
    """

    name: str
    reason: str


class Case(NamedTuple):
    """One thing that is measured.

    Attributes:
        key: its name in the document: ``library.get``.
        group: what it does; the cases of a group do the same and are compared: ``one secret``.
        who: who does it.
        secrets: how many secrets one sample reads or writes.
        unit: of its samples.
        measure: takes that many samples.
    """

    key: str
    group: str
    who: str
    measure: Callable[[int], Sequence[float]]
    secrets: int = 1
    unit: Unit = "ns"


class Result(NamedTuple):
    """A case's samples."""

    case: Case
    samples: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def spread(self) -> tuple[float, float]:
        """What a tenth of the samples are below, and a tenth above."""
        if len(self.samples) < 2:
            return self.samples[0], self.samples[0]
        deciles = statistics.quantiles(self.samples, n=10, method="inclusive")
        return deciles[0], deciles[-1]


class Plan(NamedTuple):
    """How long to measure.

    Attributes:
        rounds: how often every case has its turn.
        turn: seconds that a turn takes, about; a case whose single sample takes longer has fewer turns.
    """

    rounds: int
    turn: float


class _Schedule:
    """When a case has its turns, and how many samples it takes in one."""

    def __init__(self, case: Case, plan: Plan) -> None:
        self.case = case
        self.samples: list[float] = []
        self.burst = 1
        self._rounds = plan.rounds
        self._turns = 0
        first, seconds = self._sample()
        if seconds > _ENDLESS * plan.turn:
            self.samples += first
            return
        # The first sample connects, opens and compiles; it is not counted.
        seconds = max(1e-9, min(self._sample()[1], self._sample()[1]))
        self.burst = max(1, min(_MOST_SAMPLES, int(plan.turn / seconds)))
        affordable = int(plan.turn * plan.rounds / seconds)
        self._turns = min(plan.rounds, max(_LEAST_TURNS, affordable))

    def _sample(self) -> tuple[Sequence[float], float]:
        """One sample, and the seconds that it took to take."""
        began = time.perf_counter()
        return self.case.measure(1), time.perf_counter() - began

    def is_due(self, number: int) -> bool:
        """Whether it has a turn in that round: its turns are spread evenly over the run."""
        return (number + 1) * self._turns // self._rounds > number * self._turns // self._rounds


def measure_all(
    cases: Iterable[Case], plan: Plan, progress: Callable[[int], None] = lambda _: None
) -> tuple[list[Result], list[Absent]]:
    """Measure all cases by turns.

    Args:
        progress: told the number of each round that begins, from 0.

    Returns:
        The results, in the order of the cases, and the cases that could not be measured.
    """
    failed: list[Absent] = []
    schedules: list[_Schedule] = []
    for case in cases:
        try:
            schedules.append(_Schedule(case, plan))
        except CaseError as error:
            failed.append(_failure(case, error))
    order = list(schedules)
    for number in range(plan.rounds):
        progress(number)
        random.shuffle(order)  # nobody always comes after the same other
        for schedule in [schedule for schedule in order if schedule.is_due(number)]:
            try:
                schedule.samples += schedule.case.measure(schedule.burst)
            except CaseError as error:
                failed.append(_failure(schedule.case, error))
                order.remove(schedule)
    return [Result(schedule.case, schedule.samples) for schedule in schedules if schedule in order], failed


def _failure(case: Case, error: CaseError) -> Absent:
    return Absent(f"{case.group}: {case.who}", f"failed: {error}")


def timed(operation: Callable[[], object], count: int) -> list[float]:
    """Nanoseconds of each of ``count`` calls."""
    clock = time.perf_counter_ns
    samples: list[float] = []
    for _ in range(count):
        began = clock()
        operation()
        samples.append(clock() - began)
    return samples


def each_of(operation: Callable[[], object], count: int) -> float:
    """Nanoseconds of each of the ``count`` reads that ``operation`` makes."""
    began = time.perf_counter_ns()
    operation()
    return (time.perf_counter_ns() - began) / count
