"""Every value of every format: read as its tool reads it, and rewritten so that the tool reads just that, exactly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factorywager.errors import ArgumentValueError
from factorywager.protocols.formats.found import Found, rewritten
from factorywager.protocols.formats.registry import by_name

from .tools import TOOLS, Tool

REFERENCE = "fw://com.factorywager.cli/db-password"

_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXT = st.one_of(
    st.text(_CHARACTERS, max_size=40),
    st.text("ab \t\r\n'\"\\$`{}#;:=,%@/-[]&*!|>?<~\x85\u2028ü🔑", max_size=20),
    st.sampled_from(["", REFERENCE, "true", "null", "1", "1e3", "~", "- a", "a: b", "${A}", "#", "\\", "'", '"']),
)
SAMPLES = [
    pytest.param(tool, sample, id=f"{tool.format}-{number}")
    for tool in TOOLS
    for number, sample in enumerate(tool.samples, 1)
]


@pytest.mark.parametrize(("tool", "sample"), SAMPLES)
def test_values_are_what_the_tool_sees(tool: Tool, sample: bytes) -> None:
    founds = by_name(tool.format).read(sample, "any", {})
    assert {found.key: found.value for found in founds} == tool.read(sample)
    assert len({found.key for found in founds}) == len(founds)
    places = [place for found in founds for place in found.places]
    assert places
    for one, other in zip(sorted(places), sorted(places)[1:], strict=False):
        assert one.begin <= one.end <= other.begin


@pytest.mark.parametrize(("tool", "sample"), SAMPLES)
def test_the_line_is_where_the_value_stands(tool: Tool, sample: bytes) -> None:
    for found in by_name(tool.format).read(sample, "any", {}):
        if found.line is not None and found.places:
            assert found.line in [sample.count(b"\n", 0, place.begin) + 1 for place in found.places]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.format)
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_written_is_what_the_tool_reads(tool: Tool, data: st.DataObject) -> None:
    check_rewriting(tool, data)


@pytest.mark.long
@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.format)
@settings(max_examples=300)
@given(data=st.data())
def test_what_is_written_is_what_the_tool_reads_often(tool: Tool, data: st.DataObject) -> None:
    check_rewriting(tool, data)


def check_rewriting(tool: Tool, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(tool.samples))
    founds = [found for found in by_name(tool.format).read(sample, "any", {}) if found.places]
    found = data.draw(st.sampled_from(founds), label="found")
    text = data.draw(TEXT, label="text")
    if not tool.holds(found.key, text):
        with pytest.raises(ArgumentValueError) as caught:
            rewritten(sample, [(found, text)])
        assert caught.value.message.startswith("a value with")
        return
    changed = rewritten(sample, [(found, text)])
    dependent = [one.key for one in founds if any("changes with that one" in remark for remark in one.remarks)]
    before, after = (_without(values, found.key, *dependent) for values in (tool.read(sample), tool.read(changed)))
    assert after == before
    assert tool.read(changed).get(found.key, "") == text
    unchanged = [sample[slice(*span)] for span in _between(sample, found)]
    at = 0
    for piece in unchanged:
        at = changed.index(piece, at) + len(piece)


def _without(values: dict[str, str], *keys: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in keys}


def _between(sample: bytes, found: Found) -> list[tuple[int, int]]:
    """What stands outside of the places of one value."""
    edges = [0, *(edge for place in sorted(found.places) for edge in place[:2]), len(sample)]
    return list(zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.parametrize(("tool", "sample"), SAMPLES)
def test_all_values_at_once(tool: Tool, sample: bytes) -> None:
    """What a migration does: references for all, then nothing for all; and the same text again restores the file."""
    founds = [found for found in by_name(tool.format).read(sample, "any", {}) if found.places]
    for text in (REFERENCE, ""):
        after = tool.read(rewritten(sample, [(found, text) for found in founds]))
        assert {found.key: after.get(found.key, "") for found in founds} == dict.fromkeys([f.key for f in founds], text)
    assert rewritten(sample, []) == sample
