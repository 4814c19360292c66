"""The argument table: each wrong call is made of real Bun and of both facades, and they must say the same.

Bun checks before it looks for a keyring, so this needs none.  Where ours differs on purpose the row says how.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

import pytest

from factorywager import AsyncSecrets, MemoryStore, Secrets
from factorywager.errors import ArgumentError, ArgumentTypeError, ArgumentValueError
from harness.bun import Bun

ENTRY = {"service": "com.example", "name": "n"}

POSITIONAL = "ours also takes positional strings, so one that is wrong is named, not called a wrong object"


class Row(NamedTuple):
    """A call of a verb, and why ours answers differently, if it does.

    ``ours`` is our message where it differs from Bun's, or ``None`` where the call is fine here.
    """

    verb: str
    args: list[Any]
    why: str = ""
    ours: str | None = ""


NOT_STRINGS = "Expected service and name to be strings"
NO_VALUE = "Expected 'value' to be a string. To delete the secret, call secrets.delete instead."

TABLE = [
    *(
        row
        for verb in ("get", "delete")
        for row in (
            Row(verb, []),
            Row(verb, [None]),
            Row(verb, [5]),
            Row(verb, [True]),
            Row(verb, ["com.example"], POSITIONAL, NOT_STRINGS),
            Row(verb, [{}]),
            Row(verb, [{"service": "com.example"}]),
            Row(verb, [{"name": "n"}]),
            Row(verb, [{"service": None, "name": "n"}]),
            Row(verb, [{"service": 1, "name": "n"}]),
            Row(verb, [{"service": "com.example", "name": ["n"]}]),
            Row(verb, [{"service": "", "name": "n"}]),
            Row(verb, [{"service": "com.example", "name": ""}]),
            Row(verb, [{"service": "", "name": "\0"}]),
            Row(verb, [{"service": "a\0", "name": "n"}]),
            Row(verb, [{"service": "com.example", "name": "n\0"}]),
            Row(verb, [{"Service": "com.example", "Name": "n"}]),
        )
    ),
    Row("get", ["com.example", 5], POSITIONAL, NOT_STRINGS),
    Row("get", [5, "n"], POSITIONAL, NOT_STRINGS),
    Row("get", ["", "n"]),
    Row("get", ["com.example", ""]),
    Row("get", ["a\0", "n"]),
    Row("delete", ["com.example", "n"], "Bun's positional delete is broken; ours works", None),
    Row("get", [[]], "a list is an object in JavaScript and no mapping here", "Expected options to be an object"),
    Row("set", []),
    Row("set", [None]),
    Row("set", [5]),
    Row("set", ["com.example"], POSITIONAL, NOT_STRINGS),
    Row("set", ["com.example", "n"], POSITIONAL, NO_VALUE),
    Row("set", ["com.example", "n", None], POSITIONAL, NO_VALUE),
    Row("set", ["com.example", "n", 5], POSITIONAL, "Expected 'value' to be a string"),
    Row("set", ["", "n", "v"]),
    Row("set", ["com.example", "n", "v\0"]),
    Row("set", [{}]),
    Row("set", [ENTRY]),
    *(Row("set", [{**ENTRY, "value": value}]) for value in (None, 5, True, ["v"], {"v": 1})),
    Row("set", [{"service": 1, "name": "n", "value": 5}]),
    Row("set", [{"service": "", "name": "n", "value": 5}]),
    Row("set", [{"service": "", "name": "", "value": None}]),
    Row("set", [{"service": "", "name": "n\0", "value": "v"}]),
    Row("set", [{"service": "", "name": "n", "value": "v\0"}]),
    Row("set", [{**ENTRY, "value": "v\0"}]),
    Row("set", [{"service": "a\0", "name": "n", "value": "v"}]),
    Row("set", [{"service": "a\0", "name": "n", "value": 5}]),
    *(Row("set", [{**ENTRY, "value": "v", "persist": persist}]) for persist in ("x", 5, None, "", "LOCAL", ["local"])),
    Row("set", [{"service": "", "name": "n", "value": "v", "persist": "x"}]),
    Row("set", [{"service": "a\0", "name": "n", "value": "v", "persist": "x"}]),
    Row("set", [{**ENTRY, "value": 5, "persist": "x"}]),
    Row("set", [{**ENTRY, "value": "", "persist": "x"}]),
    Row("set", [{"service": 1, "name": "n", "value": "v", "persist": "x"}]),
]


def _id(row: Row) -> str:
    return f"{row.verb}({', '.join(json.dumps(arg) for arg in row.args)})".replace("\\u0000", "NUL")


@pytest.fixture(scope="module")
def bun_says() -> dict[str, dict[str, Any]]:
    """Every call of the table, made of Bun in one go."""
    results = Bun({"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}).run([row._asdict() for row in TABLE])
    return {_id(row): result for row, result in zip(TABLE, results, strict=True)}


@pytest.mark.parametrize("row", TABLE, ids=_id)
@pytest.mark.parametrize("facade", [Secrets, AsyncSecrets], ids=["blocking", "asyncio"])
def test_a_wrong_call_is_answered_as_bun_answers_it(
    row: Row, facade: type, bun_says: dict[str, dict[str, Any]]
) -> None:
    theirs = bun_says[_id(row)]["thrown"]
    assert theirs["sync"], "Bun throws before it returns a promise"
    verb = getattr(facade(MemoryStore()), row.verb)
    if row.ours is None:
        answer = verb(*row.args)
        if facade is AsyncSecrets:
            asyncio.run(answer)
        return
    with pytest.raises(ArgumentError) as caught:  # at the call: nothing is awaited here
        verb(*row.args)
    assert caught.value.code == theirs["code"]
    if row.why:
        assert (str(caught.value), theirs["message"] != row.ours) == (row.ours, True), "the row is out of date"
    else:
        assert str(caught.value) == theirs["message"]


# --- what Bun has no word for -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda s: s.get("com.example", "\ud800"), ArgumentValueError),
        (lambda s: s.set("\udfff", "n", "v"), ArgumentValueError),
        (lambda s: s.set("com.example", "n", "v\ud800"), ArgumentValueError),
        (lambda s: s.set_many("com.example", {"": "v"}), ArgumentTypeError),
        (lambda s: s.set_many("com.example", {5: "v"}), ArgumentTypeError),
        (lambda s: s.get_many("com.example", ["a", ""]), ArgumentTypeError),
        (lambda s: s.get_many("com.example", "abc\0"), ArgumentValueError),
        (lambda s: s.get_many(""), ArgumentTypeError),
        (lambda s: s.list(""), ArgumentTypeError),
        (lambda s: s.list(b"com.example"), ArgumentTypeError),
        (lambda s: s.set("com.example", "n", b"bytes"), ArgumentTypeError),
    ],
)
@pytest.mark.parametrize("facade", [Secrets, AsyncSecrets], ids=["blocking", "asyncio"])
def test_other_wrong_calls(call, kind: type[ArgumentError], facade: type) -> None:
    with pytest.raises(kind) as caught:
        call(facade(MemoryStore()))
    assert caught.value.code == kind.code


def test_python_s_own_signature_errors_stay() -> None:
    with pytest.raises(TypeError):
        Secrets("memory").get("com.example", "n", "extra")
    with pytest.raises(TypeError):
        Secrets("memory").get(servise="com.example", name="n")


def test_no_message_holds_the_value() -> None:
    for wrong in ({**ENTRY, "value": "hush-hush\0"}, {**ENTRY, "value": "hush-hush", "persist": "x"}):
        with pytest.raises(ArgumentError) as caught:
            Secrets("memory").set(wrong)
        assert "hush" not in str(caught.value) + repr(caught.value)
