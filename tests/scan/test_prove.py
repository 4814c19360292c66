"""Reports that can be checked: on one page, sealed, without any value."""

from __future__ import annotations

import json
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from factorywager.cli.commands.scan import FOUND
from harness.command_line import CommandLine
from harness.parts import require

_VALUE = "madeup_0123456789abcdefghijklmnop"


@pytest.fixture
def command(own_environment: None, tmp_path: Path) -> CommandLine:
    """The program, run beside a directory, with one entry in its vault."""
    (tmp_path / "work").mkdir()
    command = CommandLine(tmp_path)
    assert command("set", "entry", stdin=_VALUE.encode()).status == 0
    return command


@pytest.mark.parametrize("form", ["--json", "--html"])
def test_a_report_verifies_until_a_byte_of_it_is_changed(form: str, command: CommandLine) -> None:
    (command.directory / "work" / "<!--<script>").write_text(_VALUE)
    done = command("prove", "work", form)
    assert done.status == FOUND
    assert _VALUE not in done.out.decode() + done.err
    report = command.directory / "report"
    report.write_bytes(done.out)
    assert command("prove", "--verify", "report").status == 0
    for old, new in (
        (b'"clean": false', b'"clean": true'),
        (b'"line": 1', b'"line": 2'),
        (b'"kind": "pl', b'"kind": "PL'),
    ):
        assert old in done.out
        report.write_bytes(done.out.replace(old, new))
        assert command("prove", "--verify", "report").status == 7
    report.write_bytes(done.out)
    env = {"FACTORYWAGER_HOME": str(command.directory / "another store")}
    assert command("prove", "--verify", "report", env=env).status == 7


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 1, "scan": []}', "No copy was found", "[" * 100_000])
def test_what_is_no_report_is_an_error_that_names_the_file(text: str, command: CommandLine) -> None:
    (command.directory / "report").write_text(text)
    done = command("prove", "--verify", "report")
    assert done.status == 14
    assert "report" in done.err
    assert command("prove", "--verify", "nowhere").status == 3
    assert command("prove", "--verify", "report", "work").status == 2


def test_the_page_says_what_is_left_and_what_to_do(command: CommandLine) -> None:
    require("git")
    work = command.directory / "work"
    (work / "f").write_text(_VALUE)
    for line in ("init --quiet", "add f", "-c user.name=n -c user.email=e commit --quiet --message one"):
        subprocess.run(["git", *line.split()], cwd=work, check=True, timeout=60)
    text = command("prove", "work").out.decode()
    assert text.startswith("2 copies are left")
    assert "factorywager set entry --service com.factorywager.cli" in text
    assert str(work) in text
    (work / "f").write_text("clean")
    assert command("prove", "work", "--places", "none").out.decode().startswith("No copy was found - ")


def test_the_page_of_html_is_whole_and_loads_nothing(command: CommandLine) -> None:
    (command.directory / "work" / "<img src=x onerror=alert(1)>").write_text(_VALUE)
    page = command("prove", "work", "--html").out.decode()
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    Reader().feed(page)
    assert {tag for tag, _ in seen} <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "li",
        "p",
        "script",
    }
    assert not [attributes for _, attributes in seen if attributes.keys() & {"src", "href", "onerror"}]


def test_a_clean_report_says_whether_something_could_not_be_searched(command: CommandLine) -> None:
    assert json.loads(command("prove", "work", "--json").out)["complete"] is True
    (command.directory / "work" / "link").symlink_to("nowhere")
    made = json.loads(command("prove", "work", "--json").out)
    assert (made["clean"], made["complete"]) == (True, False)
    assert command("prove", "work").out.decode().startswith("No copy was found in what could be searched")
