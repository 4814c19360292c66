"""Ratios, goals, the table and the pictures."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from factorywager.services.bench import chart, report
from factorywager.services.bench.analysis import analysis
from factorywager.services.bench.goals import Goal, judge
from factorywager.services.bench.measure import Case, Result

_SVG = "{http://www.w3.org/2000/svg}"


def _result(key: str, median: float, group: str = "one secret", who: str = "", secrets: int = 1) -> Result:
    case = Case(key, group, who or key, lambda count: [], secrets)
    return Result(case, [median * 0.9, median, median * 1.2])


_RESULTS = {
    result.case.key: result
    for result in (
        _result("library.get", 300e3),
        _result("bun.get", 900e3),
        _result("daemon.ping", 100e3),
        _result("environ.get", 200.0),
        _result("library.cached_get", 400.0),
        _result("library.get_many_50", 2e6, "50 secrets", secrets=50),
        _result("library.cached_get_many_50", 20e3, "50 secrets", secrets=50),
        _result("library.get_many_500", 30e6, "500 secrets", secrets=500),
    )
}


@pytest.mark.parametrize(
    ("goal", "value", "reached"),
    [
        (Goal("", "", "library.get", "bun.get", 0.35), 1 / 3, True),
        (Goal("", "", "library.get", "daemon.ping", 1.6), 3.0, False),
        (Goal("", "", "bun.get", "library.get", 3.0, at_least=True), 3.0, True),
        (Goal("", "", "bun.get", "library.get", 3.1, at_least=True), 3.0, False),
        (Goal("", "", "library.get_many_500", "library.get_many_50", 1.0, "each"), 1.5, False),
        (Goal("", "", "library.get_many_500", "library.get_many_50", 28e6, "over"), 28e6, True),
        (Goal("", "", "library.cached_get", None, 1200.0, "ns"), 400.0, True),
        (Goal("", "", "library.get", "keyring_rs.get", 0.55), None, None),
        (Goal("", "", "no.such", None, 1.0, "ns"), None, None),
    ],
)
def test_goal(goal: Goal, value: float | None, reached: bool | None) -> None:
    (outcome,) = judge([goal], _RESULTS)
    assert outcome.value == (None if value is None else pytest.approx(value))
    assert outcome.reached is reached


def test_the_table_compares_with_the_first_of_ours() -> None:
    results = [_result("library.get", 300.0), _result("library.async_get", 330.0), _result("bun.get", 900.0)]
    rows = report.rows(results)
    assert [row[1] for row in rows] == ["library.get", "library.async_get", "bun.get"]
    assert [row[4] for row in rows] == ["", "1.10 \N{MULTIPLICATION SIGN}", "3.00 \N{MULTIPLICATION SIGN}"]
    assert [row[0] for row in rows] == ["one secret", "", ""]
    assert rows[0][2:4] == ["0.30 µs", "0.28 µs - 0.35 µs"]


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (43, "0.043 µs"),
        (193, "0.19 µs"),
        (999, "1.00 µs"),
        (12_340, "12.3 µs"),
        (345_600, "346 µs"),
        (999_900, "1.00 ms"),
        (1.5e6, "1.50 ms"),
        (2.5e9, "2.50 s"),
        (123_456e9, "123,456 s"),
    ],
)
def test_quantity(nanoseconds: float, text: str) -> None:
    assert report.quantity(nanoseconds) == text


def test_quantity_of_memory() -> None:
    assert report.quantity(20 * 1024 * 1024, "bytes") == "20.0 MiB"


def test_a_goal_that_could_not_be_judged_is_left_out() -> None:
    goals = [Goal("one", "Bun", "library.get", "bun.get", 0.35), Goal("two", "x", "library.get", "no.such", 1.0)]
    assert [row[-1] for row in report.goal_rows(judge(goals, _RESULTS))] == ["reached", "left out"]


def test_a_goal_with_several_bounds_is_named_once() -> None:
    goals = [Goal("one", against, "library.get", "bun.get", 0.35) for against in ("Bun", "Bun, again")]
    assert [row[:2] for row in report.goal_rows(judge(goals, _RESULTS))] == [["one", "Bun"], ["", "Bun, again"]]


def _bars(root: ET.Element) -> list[ET.Element]:
    return [bar for bar in root.findall(f"{_SVG}rect") if bar.get("class") in ("ours", "peer")]


def test_svg_is_well_formed_and_draws_every_result() -> None:
    odd = _result("peer.get", 5e6, who='<odd> & "quoted"')
    results = [*_RESULTS.values(), odd]
    root = ET.fromstring(chart.svg("a <title>", "a & note", results))
    assert root.tag == f"{_SVG}svg"
    bars = _bars(root)
    assert len(bars) == len(results)
    texts = ["".join(text.itertext()) for text in root.iter(f"{_SVG}text")]
    assert odd.case.who in texts
    assert "5.00 ms" in texts


def test_longer_takes_a_longer_bar_on_one_scale() -> None:
    results = [_result(f"library.{median:g}", median) for median in (50.0, 5e3, 5e5, 5e7, 5e9)]
    root = ET.fromstring(chart.svg("t", "n", results))
    widths = [float(bar.get("width", "0")) for bar in _bars(root)]
    steps = [later - earlier for earlier, later in pairwise(widths)]
    assert min(widths) > 0
    assert steps == pytest.approx([steps[0]] * 4, abs=0.2)  # each is a hundred times the one before
    assert max(widths) < 860


def test_svg_has_colours_for_dark_pages() -> None:
    assert "@media(prefers-color-scheme:dark)" in chart.svg("t", "n", list(_RESULTS.values()))


def test_bars_in_a_terminal() -> None:
    lines = chart.bars([_result("library.get", 3e5), _result("bun.get", 9e5)])
    assert lines[0] == "one secret"
    ours, bun = (line.count("█") for line in lines[1:3])
    assert 0 < ours < bun <= 40
    assert lines[1].endswith("300 µs")
    assert lines[-1].split() == ["100", "µs", "1", "ms", "(logarithmic)"]


def test_the_analysis_says_what_was_measured() -> None:
    said = " ".join(analysis("secret-service", _RESULTS))
    for part in ("0.4 - 1.2 µs", "80 - 180 µs", "secret-service store: 300 µs and 2.00 ms", "a Ping, takes 100 µs"):
        assert part in said
    assert "One read takes 3.00 times that" in said
    assert "1,500 times as long" in said
    assert "0.40 µs for one secret and 20.0 µs for fifty" in said
