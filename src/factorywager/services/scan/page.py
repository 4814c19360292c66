"""A proof as one page, for people: text, and HTML that needs nothing from anywhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

_MOST_PLACES: Final = 8  # of one entry; the JSON has them all

# The report itself, within the page, so that the page can be verified.
CARRIED: Final = re.compile(rb'<script type="application/json" id="report">(.*?)</script>', re.DOTALL)

_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f}"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:1.6rem}code{font-size:.9em;overflow-wrap:anywhere}"
    ".clean{color:#176b3a}.found{color:#a3271f}.seal{font-size:.85em;color:#555}"
)


def verdict(proof: Mapping[str, Any]) -> str:
    """What it comes to, in one sentence."""
    count = len(proof["scan"]["found"])
    if count:
        return f"{count} cop{'y is' if count == 1 else 'ies are'} left"
    return "No copy was found" if proof["complete"] else "No copy was found in what could be searched"


def lines(proof: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The page, line by line: what each is (``title``, ``head``, ``line``, ``item``), and its text."""
    scanned = proof["scan"]
    searched = scanned["searched"]
    yield "title", f"{verdict(proof)} - {proof['made']}"
    yield "head", "What was searched"
    yield "line", f"for {searched['values']} values of the {proof['store']} store, in every disguise that is known"
    for path in proof["paths"]:
        yield "item", path
    places = ", ".join(f"{name}: {number:,}" for name, number in sorted(searched["places"].items()))
    yield "line", f"{places or 'nothing'}; {searched['bytes'] / 1e6:,.1f} MB"
    for why, number in Counter(each["why"] for each in scanned["left_out"]).items():
        yield "item", f"not searched for: {number} entries ({why})"
    for why, number in Counter(each["why"] for each in scanned["passed_over"]).most_common():
        yield "item", f"passed over: {number:,} ({why})"
    yield "head", "What was found"
    kinds = Counter((each["place"], each["kind"]) for each in scanned["found"])
    for (place, kind), number in sorted(kinds.items()):
        yield "item", f"{number} x {kind}, {place}"
    if not kinds:
        yield "line", "nothing"
    yield "head", "What remains to be done"
    for step in proof["remains"]:
        yield from _step(step)
    if not proof["remains"]:
        yield "line", "nothing"
    yield "seal", f"seal {proof['seal']} (`factorywager prove --verify FILE` checks it against the store)"


def _step(step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not step["name"]:
        yield "line", "what looks like a secret: store it, rotate it if others saw it, and remove it from"
    elif step["rotate"]:
        yield "line", f"rotate {step['service']}/{step['name']}, which stood where others may have seen it: have a new"
        yield "line", f"value issued, `{step['command']}`, have the old one revoked, and remove it from"
    else:
        yield "line", f"remove {step['service']}/{step['name']} from"
    for path in step["places"][:_MOST_PLACES]:
        yield "item", path
    if len(step["places"]) > _MOST_PLACES:
        yield "item", f"and {len(step['places']) - _MOST_PLACES:,} more places"


def html(proof: Mapping[str, Any]) -> str:
    """The page as a document of its own, with the report in it."""
    from html import escape
    from json import dumps

    parts = []
    for kind, text in lines(proof):
        tag = {"title": "h1", "head": "h2", "item": "li"}.get(kind, "p")
        mark = {"title": f' class="{"clean" if proof["clean"] else "found"}"', "seal": ' class="seal"'}.get(kind, "")
        parts.append(f"<{tag}{mark}>{escape(text)}</{tag}>")
    # within a script element only `</script` and `<!--` could end it early (HTML, 4.12.1.3)
    carried = dumps(proof).replace("<", "\\u003c")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>factorywager prove</title>'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n"
        f'<script type="application/json" id="report">{carried}</script>\n</body></html>'
    )
