"""Measures this library beside its peers, on a private bus with the real GNOME Keyring, and judges its goals.

    python benchmarks --help

`factorywager bench` has the measuring core (src/factorywager/services/bench); here are the peers, the vaults, whole
processes and what the project aims at.  docs/performance.md explains the figures.
"""

# ruff: noqa: T201 - a program for the terminal

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import pages  # noqa: E402
import pytest  # noqa: E402 - the harness reports a part that is missing as a skip
from goals import GOALS  # noqa: E402

from bench import Bench  # noqa: E402
from factorywager import __version__  # noqa: E402
from factorywager.services.bench import report  # noqa: E402
from factorywager.services.bench.goals import Outcome, judge  # noqa: E402
from factorywager.services.bench.measure import Absent, Plan, Result, measure_all  # noqa: E402


def main() -> int:
    options = _options()
    try:
        with ExitStack() as stack:
            bench = Bench(stack, options.only)
            plan = Plan(options.rounds, options.turn)
            print(f"measuring {len(bench.cases)} cases, in {plan.rounds} rounds", file=sys.stderr)
            results, failed = measure_all(bench.cases, plan, _tell)
    except pytest.skip.Exception as skip:
        print(f"error: {skip.msg}", file=sys.stderr)
        return 1
    absent = [*bench.absent, *failed]
    outcomes = judge(GOALS, {result.case.key: result for result in results})
    if options.only:
        outcomes = [outcome for outcome in outcomes if outcome.value is not None]
    if options.json:
        document = report.document(__version__, "secret-service", plan.rounds, results, absent, outcomes=outcomes)
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    if options.svg:
        options.svg.write_text(pages.picture(results))
    if options.pages:
        pages.write(results, outcomes)
    _print(results, outcomes, absent)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30, help="in which every case has its turn (default: 30)")
    parser.add_argument("--turn", type=float, default=0.1, metavar="SECONDS", help="of a case's turn (default: 0.1)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the groups that contain this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the picture")
    parser.add_argument("--pages", action="store_true", help="put it all into README.md and docs/")
    return parser.parse_args()


def _tell(number: int) -> None:
    print(f"round {number + 1}", end="\r", file=sys.stderr, flush=True)


def _print(results: Sequence[Result], outcomes: Sequence[Outcome], absent: Sequence[Absent]) -> None:
    print(f"{report.machine_line()}\n")
    print(report.markdown(report.GOAL_HEADS, report.goal_rows(outcomes)))
    print(report.markdown(report.TABLE_HEADS, report.rows(results)))
    print(pages.terminal(results))
    for each in absent:
        print(f"left out: {each.name} ({each.reason})")


if __name__ == "__main__":
    sys.exit(main())
