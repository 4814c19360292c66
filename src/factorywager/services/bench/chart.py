"""The picture: a bar for each result, on one logarithmic scale, as SVG and in a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from .measure import Result
from .report import by_group, is_ours, quantity

_EIGHTHS = " ▏▎▍▌▋▊▉█"

_WIDTH = 860
_LEFT, _RIGHT = 250, 80  # room for names and for figures
_ROW, _BAR, _HEAD = 22, 12, 34  # heights

# The colours of GitHub's own pages, where most people see this: readable on white and on its black.
_STYLE = """\
.page{fill:#fff}text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1f2328}
.title{font-size:16px;font-weight:600}.group{font-weight:600}.small{font-size:11px;fill:#59636e}
.grid{stroke:#d1d9e0;stroke-width:1}.spread{stroke:#1f2328;stroke-width:1.5}
.peer{fill:#a5b1bd}.ours{fill:#1f883d}
@media(prefers-color-scheme:dark){
.page{fill:#0d1117}text{fill:#f0f6fc}.small{fill:#9198a1}.grid{stroke:#3d444d}.spread{stroke:#f0f6fc}
.peer{fill:#656c76}.ours{fill:#3fb950}}
"""


class _Scale:
    """Powers of ten, from the one below the smallest value to the one above the largest."""

    def __init__(self, values: Iterable[float]) -> None:
        logarithms = [math.log10(max(1.0, value)) for value in values]
        self.low = math.floor(min(logarithms) - 0.05)
        self.high = max(self.low + 1, math.ceil(max(logarithms)))

    def share(self, value: float) -> float:
        """Where a value lies, from 0 to 1."""
        return (math.log10(max(1.0, value)) - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def svg(title: str, note: str, results: Sequence[Result]) -> str:
    """The picture as a document of its own.

    Args:
        note: a line below the title: the machine and the date.
    """
    groups = by_group(results)
    scale = _Scale(value for result in results for value in (result.median, *result.spread))
    span = _WIDTH - _LEFT - _RIGHT
    top = 74
    bottom = top + sum(_HEAD + _ROW * len(members) for members in groups.values()) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {bottom + 26}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        '<rect class="page" width="100%" height="100%" rx="6"/>',
        f'<text class="title" x="12" y="26">{escape(title)}</text>',
        f'<text class="small" x="12" y="46">{escape(note)}</text>',
    ]
    for tick in scale.ticks:
        x = _LEFT + span * scale.share(tick)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}"/>')
        parts += [
            f'<text class="small" x="{x:.1f}" y="{y}" text-anchor="middle">{_tick(tick)}</text>'
            for y in (top - 6, bottom + 16)
        ]
    y = top
    for group, members in groups.items():
        parts.append(f'<text class="group" x="12" y="{y + 22}">{escape(group)}</text>')
        y += _HEAD
        for result in members:
            parts += _bar(result, y, scale, span)
            y += _ROW
    return "\n".join([*parts, "</svg>", ""])


def _bar(result: Result, y: int, scale: _Scale, span: int) -> list[str]:
    kind = "ours" if is_ours(result) else "peer"
    length, *spread = (span * scale.share(value) for value in (result.median, *result.spread))
    middle = y + _BAR / 2
    low, high = (_LEFT + at for at in spread)
    return [
        f'<text x="{_LEFT - 8}" y="{y + 11}" text-anchor="end">{escape(result.case.who)}</text>',
        f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR}" rx="2"/>',
        f'<line class="spread" x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}"/>',
        f'<text x="{max(high, _LEFT + length) + 6:.1f}" y="{y + 11}">{quantity(result.median)}</text>',
    ]


def bars(results: Sequence[Result], width: int = 40) -> list[str]:
    """The picture as lines of text.

    Args:
        width: columns of the longest possible bar.
    """
    scale = _Scale(result.median for result in results)
    column = max(len(result.case.who) for result in results)
    lines: list[str] = []
    for group, members in by_group(results).items():
        lines.append(group)
        for result in members:
            bar = _blocks(width * scale.share(result.median))
            lines.append(f"  {result.case.who:<{column}} {bar} {quantity(result.median)}")
    low, high = _tick(scale.ticks[0]), _tick(scale.ticks[-1])
    return [*lines, f"  {'':<{column}} {low}{' ' * max(1, width - len(low) - len(high))}{high} (logarithmic)"]


def _tick(value: float) -> str:
    """A power of ten, without the digits that it does not need."""
    number, unit = quantity(value).split(" ")
    return f"{float(number.replace(',', '')):g} {unit}"


def _blocks(length: float) -> str:
    whole, part = divmod(round(length * 8), 8)
    return "█" * whole + _EIGHTHS[part].strip()
