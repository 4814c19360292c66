"""`write`: puts a run's tables and picture into the pages that show them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from factorywager.services.bench import chart, report
from factorywager.services.bench.goals import Outcome
from factorywager.services.bench.measure import Result

PICTURED = ("one secret", "50 secrets", "1,000 secrets asked for at once", "one secret, from the command line")

_TITLE = "Reading secrets from GNOME Keyring (logarithmic; shorter is faster)"
_ROOT = Path(__file__).parents[1]


def picture(results: Sequence[Result]) -> str:
    return chart.svg(_TITLE, report.machine_line(), _pictured(results))


def terminal(results: Sequence[Result]) -> str:
    shown = _pictured(results)
    return "\n".join(chart.bars(shown)) if shown else ""


def write(results: Sequence[Result], outcomes: Sequence[Outcome]) -> None:
    """Rewrite docs/performance.svg, and what stands between ``<!-- NAME -->`` and ``<!-- end of NAME -->``."""
    _ROOT.joinpath("docs/performance.svg").write_text(picture(results))
    parts = {
        "machine": report.machine_line() + "\n",
        "goals": report.markdown(report.GOAL_HEADS, report.goal_rows(outcomes)),
        "figures": report.markdown(report.TABLE_HEADS, report.rows(results)),
        "reads": report.markdown(report.TABLE_HEADS, report.rows(_pictured(results))),
    }
    for page in (_ROOT / "README.md", _ROOT / "docs/performance.md"):
        text = page.read_text()
        for name, part in parts.items():
            # a function: a backslash in a processor's name is no group
            text = re.sub(
                rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)",
                lambda found, part=part: found[1] + part + found[2],
                text,
                flags=re.S,
            )
        page.write_text(text)


def _pictured(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.case.group in PICTURED]
