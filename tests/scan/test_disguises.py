"""Every form is what the encoders of real programs write, and decodes to the value again."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factorywager.protocols.disguises import disguises
from factorywager.testing.samples import ODD_TEXTS

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=6, max_size=60)


@given(value=_TEXT, before=st.binary(max_size=5), behind=st.binary(max_size=5))
def test_base64_of_anything_around_the_value_holds_one_of_its_forms(value: str, before: bytes, behind: bytes) -> None:
    forms = disguises(value.encode())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(before + value.encode() + behind)
        assert any(form in whole for form, kind in forms.items() if kind.startswith("base64"))


@given(value=_TEXT)
def test_what_python_writes_is_among_the_forms(value: str) -> None:
    forms = disguises(value.encode())
    for text in (
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(value))[3:-3],
        urllib.parse.quote(value),
        urllib.parse.quote(value, safe=""),
        urllib.parse.quote_plus(value),
        value.encode().hex(),
        value.encode().hex().upper(),
    ):
        assert text.encode() in forms
    assert value.encode("utf-16-le") in forms
    assert any(form.decode() in shlex.quote(value) for form, kind in forms.items() if kind in ("plain", "shell"))


@pytest.mark.parametrize("value", [text for text in ODD_TEXTS if len(text) > 5 and text.isprintable()])
def test_what_a_shell_reads_as_the_value_is_what_the_forms_say(value: str) -> None:
    forms = [form for form, kind in disguises(value.encode()).items() if kind in ("plain", "shell", "json")]
    lines = [b"'" + form + b"'" for form in forms] + [b'"' + form + b'"' for form in forms] + forms
    readings = [
        subprocess.run(["bash", "-c", b"printf %s " + line], capture_output=True, timeout=20, check=False).stdout
        for line in lines
    ]
    assert value.encode() in readings[: len(forms)]  # in single quotes
    assert value.encode() in readings[len(forms) : 2 * len(forms)]  # in double quotes
    assert value.encode() in readings[2 * len(forms) :]  # behind backslashes


def test_the_simplest_name_is_told_for_a_form_that_several_encoders_write() -> None:
    forms = disguises(b"madeup1234")
    assert forms[b"madeup1234"] == "plain"
    assert sorted(set(forms.values())) == ["base64", "hex", "percent", "plain", "utf-16"]


def test_bytes_that_are_no_text_have_the_forms_that_need_none() -> None:
    assert set(disguises(b"\xff\xfe made up").values()) == {"plain", "percent", "hex", "base64", "base64url"}
