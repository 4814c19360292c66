"""Where Node, Bun or docker compose read a .env file otherwise than python-dotenv, a remark says so: all are run."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factorywager.errors import CorruptError
from factorywager.protocols.formats.registry import by_name
from harness.parts import require

from .compose import Compose
from .node import node

_VALUES = st.one_of(
    st.text("ab #$\\{}'\"`n", max_size=8),
    st.builds("'{}'".format, st.text('ab #$\\{}n"`', max_size=8)),
    st.builds('"{}"'.format, st.text("ab #$\\{}n'`", max_size=8)),
    st.sampled_from(["${A}", "$A", "x${A:-y}", "a#b", "a #b", '"a\\nb"', "'it\\'s'", "`x`", "a\\b", '"\\t"', " # x"]),
    st.sampled_from(
        ["${A:-${B}}", "${A-x}", "${A:+x}", "${A:?x}", "$$", "${1A}", "${A b}", "${A:-a #b}", '"${A:-x y}"']
    ),
)


@settings(max_examples=200)
@given(_VALUES)
def test_node_reads_the_same_or_a_remark_says_so(written: str) -> None:
    try:
        (found,) = by_name("dotenv").read(f"X={written}\n".encode(), ".env", {})
    except CorruptError:
        return
    if node().ask("dotenv", f"X={written}\n").get("X", "") != found.value:
        assert any("Node" in remark for remark in found.remarks)


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Compose:
    return Compose(tmp_path_factory.mktemp("compose"))


def check_compose(compose: Compose, written: str) -> None:
    try:
        (found,) = by_name("dotenv").read(f"X={written}\n".encode(), ".env", {})
    except CorruptError:
        return
    seen = compose.read(f"X={written}\n")
    if seen is None or seen.get("X", "") != found.value:
        assert any("docker compose" in remark for remark in found.remarks)


@settings(max_examples=60)
@given(_VALUES)
def test_docker_compose_reads_the_same_or_a_remark_says_so(compose: Compose, written: str) -> None:
    check_compose(compose, written)


@pytest.mark.long
@settings(max_examples=400)
@given(_VALUES)
def test_docker_compose_reads_the_same_or_a_remark_says_so_often(compose: Compose, written: str) -> None:
    check_compose(compose, written)


def test_docker_compose_reads_what_needs_no_remark(compose: Compose) -> None:
    lines = {**SAME, "REPLACED": "${SINGLE}b", "DEFAULT": "${NOBODY:-x}", "KEPT": "'$HOME'", "LONG": '"one\ntwo"'}
    text = "".join(f"{name}={written}\n" for name, written in lines.items())
    founds = by_name("dotenv").read(text.encode(), ".env", {})
    assert not [remark for found in founds for remark in found.remarks if "compose" in remark]
    assert compose.read(text) == {found.key: found.value for found in founds}


DIFFERENT = {
    "HASH": ("a#b", ("Node", "Bun")),
    "BRACES": ("${NOBODY_SET_IT}x", ("Node",)),
    "DOLLAR": ("a$NOBODY_SET_IT", ("Bun",)),
    "BACKTICKS": ("`x y`", ("Node", "Bun")),
    "TAB": ('"a\\tb"', ("Node", "Bun")),
}
SAME = {"PLAIN": "a", "SPACED": "a b", "COMMENT": "a # b", "SINGLE": "'a # b'", "DOUBLE": '"a\\nb"', "NONE": ""}


def test_bun_reads_the_same_or_a_remark_says_so(tmp_path: Path) -> None:
    (bun,) = require("bun")
    lines = {**SAME, **{name: written for name, (written, _) in DIFFERENT.items()}}
    file = tmp_path / "values"
    file.write_text("".join(f"{name}={written}\n" for name, written in lines.items()))
    done = subprocess.run(
        [bun, f"--env-file={file}", "-e", "console.log(JSON.stringify(process.env))"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    seen = json.loads(done.stdout)
    nodes = node().ask("dotenv", file.read_text())
    for found in by_name("dotenv").read(file.read_bytes(), "any.env", {}):
        others = DIFFERENT.get(found.key, ("", ()))[1]
        assert (seen.get(found.key, "") != found.value) == ("Bun" in others), found.key
        assert (nodes.get(found.key, "") != found.value) == ("Node" in others), found.key
        assert all(any(tool in remark for remark in found.remarks) for tool in others), found.key
        if found.key in SAME:
            assert not found.remarks


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("A=1\nA=2\n", "lines 1, 2"),
        ("A=1\nA=2\n", "stay in the file"),
        ("A=${NOBODY}\n", "nothing sets ${NOBODY}"),
        ("B=1\nA=x${B}\n", "changes with that one"),
    ],
)
def test_remarks(text: str, remark: str) -> None:
    (found,) = [found for found in by_name("dotenv").read(text.encode(), ".env", {}) if found.key == "A"]
    assert any(remark in one for one in found.remarks)
