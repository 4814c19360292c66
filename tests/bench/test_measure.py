"""Turns, samples and statistics.  Time here is made up: no test depends on how fast the machine is."""

from __future__ import annotations

from itertools import pairwise

import pytest

from factorywager.services.bench import measure
from factorywager.services.bench.measure import Absent, Case, CaseError, Plan, Result, each_of, measure_all, timed


class Clock:
    """Time that passes only when a case says that it took some."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(measure.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(measure.time, "perf_counter_ns", lambda: int(self.now * 1e9))

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def _case(clock: Clock, key: str, seconds: float, turns: list[str] | None = None) -> Case:
    def take(count: int) -> list[float]:
        if turns is not None:
            turns.append(key)
        clock.pass_by(seconds * count)
        return [seconds * 1e9] * count

    return Case(key, "group", key, take)


def test_every_case_has_its_turn_in_every_round(clock: Clock) -> None:
    turns: list[str] = []
    cases = [_case(clock, key, 0.0625, turns) for key in ("a", "b", "c")]
    rounds: list[int] = []
    results, failed = measure_all(cases, Plan(5, 0.125), rounds.append)
    counted = turns[-15:]
    for number in range(0, 15, 3):
        assert sorted(counted[number : number + 3]) == ["a", "b", "c"]
    assert rounds == [0, 1, 2, 3, 4]
    assert failed == []
    assert [result.case.key for result in results] == ["a", "b", "c"]


def test_a_turn_holds_as_many_samples_as_fit(clock: Clock) -> None:
    results, _ = measure_all([_case(clock, "fast", 0.0078125), _case(clock, "slow", 0.0625 + 0.03125)], Plan(5, 0.125))
    assert [len(result.samples) for result in results] == [5 * 16, 5 * 1]


def test_a_slow_case_has_fewer_turns_spread_over_the_run(clock: Clock) -> None:
    turns: list[str] = []
    cases = [_case(clock, "slow", 0.5, turns), _case(clock, "fast", 0.125, turns)]
    results, _ = measure_all(cases, Plan(20, 0.125))
    assert [len(result.samples) for result in results] == [5, 20]
    counted = turns[6:]
    at = [number for number, key in enumerate(counted) if key == "slow"]
    assert all(later - earlier >= 4 for earlier, later in pairwise(at))


def test_of_an_endless_case_the_first_sample_is_all(clock: Clock) -> None:
    turns: list[str] = []
    (result,), _ = measure_all([_case(clock, "endless", 60, turns)], Plan(5, 0.125))
    assert turns == ["endless"]
    assert result.samples == [60e9]
    assert result.spread == (60e9, 60e9)


def test_a_case_that_fails_is_left_out_by_name(clock: Clock) -> None:
    calls = 0

    def fail_later(count: int) -> list[float]:
        nonlocal calls
        calls += 1
        if calls > 4:
            raise CaseError("it went away")
        clock.pass_by(0.125)
        return [1.0] * count

    def fail(count: int) -> list[float]:
        raise CaseError("it never was")

    cases = [_case(clock, "good", 0.125), Case("l", "reads", "later", fail_later), Case("n", "reads", "never", fail)]
    results, failed = measure_all(cases, Plan(5, 0.125))
    assert [result.case.key for result in results] == ["good"]
    assert len(results[0].samples) == 5
    assert sorted(failed) == [
        Absent("reads: later", "failed: it went away"),
        Absent("reads: never", "failed: it never was"),
    ]


def test_median_and_spread_ignore_one_odd_sample() -> None:
    result = Result(Case("k", "g", "w", lambda count: []), [*range(1, 101), 10**9])
    assert result.median == 51
    assert result.spread == (11, 91)


def test_times_are_of_each_call(clock: Clock) -> None:
    assert timed(lambda: clock.pass_by(0.5), 3) == [0.5e9] * 3
    assert each_of(lambda: clock.pass_by(5), 50) == 0.1e9
