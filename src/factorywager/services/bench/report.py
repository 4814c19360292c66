"""What was measured, as a document for programs and as a table for people."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable, Sequence
from typing import Any

from .goals import Outcome
from .measure import Absent, Result, Unit

TABLE_HEADS = ("what", "who", "median", "p10 - p90", "beside ours")
_TIMES = "\N{MULTIPLICATION SIGN}"

GOAL_HEADS = ("what", "beside", "goal", "measured", "")


def document(
    version: str,
    store: str,
    rounds: int,
    results: Sequence[Result],
    absent: Sequence[Absent],
    *,
    outcomes: Sequence[Outcome] = (),
    analysis: Sequence[str] = (),
) -> dict[str, Any]:
    """Everything, as docs/reference/cli.md describes it.

    Args:
        version: this library's.
        store: the name of the store that was measured.
    """
    return {
        "version": version,
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "store": store,
        "rounds": rounds,
        "results": [_result(result) for result in results],
        "absent": [each._asdict() for each in absent],
        "goals": [_outcome(outcome) for outcome in outcomes],
        "analysis": list(analysis),
    }


def machine() -> dict[str, Any]:
    """What it ran on."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def machine_line() -> str:
    """The machine and the day, in a line."""
    on = machine()
    return f"{on['processor']}, {on['cores']} cores, {on['system']}, {on['python']}; {time.strftime('%Y-%m-%d')}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:  # noqa: PTH123 - no other use for pathlib here
            models = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    except OSError:
        models = []
    return models[0] if models else platform.machine()


def _result(result: Result) -> dict[str, Any]:
    low, high = result.spread
    return {
        "key": result.case.key,
        "group": result.case.group,
        "who": result.case.who,
        "secrets": result.case.secrets,
        "unit": result.case.unit,
        "samples": len(result.samples),
        "median": round(result.median, 1),
        "p10": round(low, 1),
        "p90": round(high, 1),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        **outcome.goal._asdict(),
        "value": None if outcome.value is None else round(outcome.value, 4),
        "reached": outcome.reached,
    }


# --- for people -------------------------------------------------------------------------------


def by_group(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results of each group, fastest first; groups in their order."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.case.group, []).append(result)
    return {group: sorted(members, key=lambda result: result.median) for group, members in groups.items()}


def is_ours(result: Result) -> bool:
    return result.case.key.startswith("library.")


def rows(results: Iterable[Result]) -> list[list[str]]:
    """The table below `TABLE_HEADS`; the last column compares with the first case of ours in the group."""
    results = list(results)
    first = {result.case.group: result for result in reversed(results) if is_ours(result)}
    table = []
    for group, members in by_group(results).items():
        ours = first.get(group)
        for number, result in enumerate(members):
            low, high = (quantity(value, result.case.unit) for value in result.spread)
            beside = "" if ours is None or result is ours else f"{significant(result.median / ours.median)} {_TIMES}"
            median = quantity(result.median, result.case.unit)
            table.append([group if number == 0 else "", result.case.who, median, f"{low} - {high}", beside])
    return table


def goal_rows(outcomes: Iterable[Outcome]) -> list[list[str]]:
    """The table below `GOAL_HEADS`."""
    said = {True: "reached", False: "short", None: "left out"}
    table: list[list[str]] = []
    about = ""
    for outcome in outcomes:
        goal = outcome.goal
        what, about = "" if goal.what == about else goal.what, goal.what
        sign = "≥" if goal.at_least else "≤"
        value = "" if outcome.value is None else _figure(outcome.value, goal.kind)
        table.append([what, goal.against, f"{sign} {_figure(goal.bound, goal.kind)}", value, said[outcome.reached]])
    return table


def markdown(heads: Sequence[str], table: Sequence[Sequence[str]]) -> str:
    """A table for a page."""
    lines = [heads, ["---"] * len(heads), *table]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _figure(value: float, kind: str) -> str:
    return quantity(value) if kind in ("ns", "over") else f"{significant(value)} {_TIMES}"


def quantity(value: float, unit: Unit = "ns") -> str:
    """A figure in the unit that suits it, with three digits."""
    if unit == "bytes":
        return f"{value / (1 << 20):.1f} MiB"
    for name, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if abs(value) >= size * 0.9995:
            return f"{significant(value / size)} {name}"
    return f"{significant(value / 1e3)} µs"


def significant(value: float) -> str:
    """Three digits, or all that stand before the point."""
    if abs(value) >= 0.0995:
        decimals = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
        return f"{value:,.{decimals}f}"
    return f"{value:.3g}"
