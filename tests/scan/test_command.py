"""The command: its options, what it prints, how it ends, the hook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from factorywager.cli.commands.scan import FOUND
from harness.command_line import CommandLine
from harness.parts import require
from harness.process import Process
from harness.reference import problems

_VALUE = "madeup_0123456789abcdefghijklmnop"


@pytest.fixture
def command(own_environment: None, tmp_path: Path) -> CommandLine:
    """The program, run in a directory, with one entry in its vault."""
    command = CommandLine(tmp_path)
    assert command("set", "entry", stdin=_VALUE.encode()).status == 0
    return command


def _paths(out: bytes) -> list[str]:
    return sorted(each["path"] for each in json.loads(out)["found"])


def test_nothing_that_is_printed_holds_the_value(command: CommandLine) -> None:
    (command.directory / "f").write_text(f"x\n{_VALUE}\n")
    for option in ((), ("--json",), ("--sarif",)):
        done = command("scan", ".", *option)
        assert done.status == FOUND
        assert _VALUE not in done.out.decode() + done.err
    table = command("scan", ".").out.decode()
    assert "./f:2" in table
    assert "com.factorywager.cli/entry" in table


def test_a_clean_directory_ends_with_zero(command: CommandLine) -> None:
    done = command("scan", ".")
    assert (done.status, done.out) == (0, b"")


def test_the_document_is_as_the_reference_says(command: CommandLine) -> None:
    (command.directory / "f").write_text(_VALUE)
    (command.directory / "link").symlink_to("nowhere")
    assert command("set", "short", stdin=b"abc").status == 0
    document = json.loads(command("scan", "--json", ".").out)
    assert problems("scan", document) == []
    assert document["found"]
    assert document["left_out"]
    assert document["passed_over"]


def test_choices_of_files(command: CommandLine) -> None:
    directory = command.directory
    for name in ("kept", "ignored", "excluded", "node_modules/x", "sub/ignored", "sub/kept", "old"):
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(_VALUE)
    os.utime(directory / "old", (0, 0))
    (directory / "large").write_text(_VALUE + "." * 100_000)
    (directory / ".gitignore").write_text("ignored\n")
    (directory / ".fwignore").write_text("node_modules/\n")
    (directory / "sub" / ".gitignore").write_text("!ignored\n")
    options = ["scan", "--json", ".", "--exclude", "excl*", "--largest", "50000", "--since", "1d"]
    done = command(*options)
    assert _paths(done.out) == ["./ignored", "./kept", "./sub/ignored", "./sub/kept"]
    assert {"path": "./large", "why": "more than 50,000 bytes"} in json.loads(done.out)["passed_over"]
    assert _paths(command(*options, "--gitignore").out) == ["./kept", "./sub/ignored", "./sub/kept"]
    assert "./node_modules/x" in _paths(command(*options, "--no-fwignore").out)


def test_a_baseline_accepts_what_was_there_wherever_its_line_moves(command: CommandLine) -> None:
    file = command.directory / "f"
    file.write_text(_VALUE)
    baseline = command.directory / "baseline.json"
    baseline.write_bytes(command("scan", "--json", "f").out)
    file.write_text(f"\n\n{_VALUE}")
    assert command("scan", "--baseline", "baseline.json", "f").status == 0
    (command.directory / "g").write_text(_VALUE)
    assert command("scan", "--baseline", "baseline.json", "f", "g").status == FOUND
    for text in ("", "[]", '{"found": 5}', '{"found": [{}]}', "[" * 100_000, "\xff"):
        baseline.write_text(text, encoding="latin-1")
        done = command("scan", "--baseline", "baseline.json", ".")
        assert done.status == 14, text
        assert "baseline.json" in done.err
    assert command("scan", "--baseline", "nowhere", ".").status == 3


# The parts of the SARIF 2.1.0 schema that are used here, with nothing besides.
_LOCATION = {
    "type": "object",
    "properties": {
        "physicalLocation": {
            "type": "object",
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "properties": {"uri": {"type": "string", "format": "uri-reference"}},
                    "required": ["uri"],
                    "additionalProperties": False,
                },
                "region": {
                    "type": "object",
                    "properties": {"startLine": {"type": "integer", "minimum": 1}},
                    "additionalProperties": False,
                },
            },
            "required": ["artifactLocation"],
            "additionalProperties": False,
        }
    },
    "additionalProperties": False,
}
_MESSAGE = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


def _object(required: str, **properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_SARIF = _object(
    "version runs",
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs={
        "type": "array",
        "items": _object(
            "tool results",
            tool=_object(
                "driver",
                driver=_object(
                    "name",
                    name={"type": "string"},
                    version={"type": "string"},
                    informationUri={"type": "string", "format": "uri"},
                    rules={
                        "type": "array",
                        "uniqueItems": True,
                        "items": _object("id", id={"type": "string"}, shortDescription=_MESSAGE),
                    },
                ),
            ),
            results={
                "type": "array",
                "items": _object(
                    "message ruleId",
                    ruleId={"type": "string"},
                    level=_LEVEL,
                    message=_MESSAGE,
                    locations={"type": "array", "items": _LOCATION},
                    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
                ),
            },
            invocations={
                "type": "array",
                "items": _object(
                    "executionSuccessful",
                    executionSuccessful={"type": "boolean"},
                    toolExecutionNotifications={
                        "type": "array",
                        "items": _object(
                            "message",
                            level=_LEVEL,
                            message=_MESSAGE,
                            locations={"type": "array", "items": _LOCATION},
                        ),
                    },
                ),
            },
        ),
    },
)


def test_sarif_has_the_shape_that_its_standard_gives_it(command: CommandLine) -> None:
    from jsonschema import Draft202012Validator, FormatChecker

    (command.directory / "with space ü").write_text(f"x\n{_VALUE}\nkey = 'ghp_{'a1B2' * 9}'\n")
    (command.directory / "link").symlink_to("nowhere")
    document = json.loads(command("scan", "--sarif", "--unknown", ".").out)
    checker = Draft202012Validator(_SARIF, format_checker=FormatChecker())
    assert [error.message for error in checker.iter_errors(document)] == []
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert {result["ruleId"] for result in run["results"]} == set(rules)
    assert sorted(rules) == ["stored/plain", "unknown/GitHub personal access token"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "./with%20space%20%C3%BC"}, "region": {"startLine": 2}}


def test_the_hook_stops_a_commit_and_lets_another_go(command: CommandLine) -> None:
    require("git")
    git = "git -c user.name=n -c user.email=e"
    assert command.shell("git init --quiet").status == 0
    assert command("scan", "--install-hook").status == 0
    (command.directory / "f").write_text(_VALUE)
    done = command.shell(f"git add f && {git} commit --quiet --message leak")
    assert done.status != 0
    assert "f:1" in done.out.decode() + done.err
    began = time.perf_counter()
    done = command.shell(f"echo fine > f && git add f && {git} commit --quiet --message fine")
    assert done.status == 0, done.err
    assert time.perf_counter() - began < 20  # the figure is the benchmark's; this is only no hang
    assert command("scan", "--install-hook").status == 0  # its own hook may be written again


def test_another_hook_is_left_alone(command: CommandLine) -> None:
    require("git")
    command.shell("git init --quiet")
    hook = command.directory / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 0\n")
    done = command("scan", "--install-hook")
    assert done.status == 12
    assert "scan --staged" in done.err
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"


@pytest.mark.parametrize(
    "words",
    [
        ("--places", "moon"),
        ("--since", "tomorrow"),
        ("--largest", "-1"),
        ("--staged", "."),
        ("--staged",),
        ("--install-hook",),
    ],
)
def test_what_cannot_be_done_is_an_error_of_usage(words: tuple[str, ...], command: CommandLine) -> None:
    done = command("scan", *words, env={"GIT_CEILING_DIRECTORIES": str(command.directory.parent)})
    assert done.status == 2
    assert done.err.startswith("error:")


def test_without_paths_the_other_places_are_searched_too(command: CommandLine) -> None:
    home = Path(os.environ["HOME"])
    (home / ".bash_history").write_text(f"export A=1\nexport TOKEN={_VALUE}\n")
    (home / ".mysql_history").write_text(f"_HiStOrY_V2_\nset\\040password='{_VALUE}';\n")
    (home / ".vim/swap").mkdir(parents=True)
    (home / ".vim/swap/%f.swp").write_bytes(b"b0VIM\0" + _VALUE.encode())
    (command.directory / "f").write_text(_VALUE)
    sleeper = "import sys; print('READY', flush=True); sys.stdin.read()"
    env = {"PATH": os.environ["PATH"], "TOKEN": _VALUE}
    process = Process([sys.executable, "-c", sleeper], env=env, stdin=b" ")
    try:
        process.wait_for_line("READY")
        found = json.loads(command("scan", "--json").out)["found"]
    finally:
        process.stop()
    told = {(each["place"], Path(each["path"]).name) for each in found}
    wanted = {("history", ".bash_history"), ("history", ".mysql_history"), ("editor", "%f.swp"), ("file", "f")}
    assert wanted <= told
    assert ("process", "environ") in told
    assert f"/proc/{process.pid}/environ" in [each["path"] for each in found]


def test_the_journal_is_asked_and_its_messages_are_named(command: CommandLine) -> None:
    """With a double of journalctl: this machine's journal is not to be written to."""
    double = command.directory / "bin" / "journalctl"
    double.parent.mkdir()
    double.write_text(
        f"#!/bin/sh\nprintf '__CURSOR=s=1;i=7\\nMESSAGE=a\\n\\n__CURSOR=s=1;i=8\\nMESSAGE=key {_VALUE} used\\n\\n'\n"
    )
    double.chmod(0o755)
    path = f"{double.parent}:{os.environ['PATH']}"
    done = command("scan", "--places", "journal", "--json", "--exclude", "bin", ".", env={"PATH": path})
    assert [(each["place"], each["path"]) for each in json.loads(done.out)["found"]] == [("journal", "journal:s=1;i=8")]
    double.write_text("#!/bin/sh\nexit 1\n")
    done = command("scan", "--places", "journal", "--json", ".", env={"PATH": path})
    assert "journal" in [each["path"] for each in json.loads(done.out)["passed_over"]]


def test_a_broken_pipe_and_a_missing_engine_are_no_bugs(command: CommandLine) -> None:
    assert subprocess.run(
        ["sh", "-c", f"{sys.executable} -m factorywager scan --json . | head -c 1"],
        env=command.env,
        cwd=command.directory,
        capture_output=True,
        timeout=60,
        check=False,
    ).stdout
    code = (
        "import sys; sys.modules['hyperscan'] = None; from factorywager.cli.main import main; "
        "sys.exit(main(['scan', '.']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=command.env,
        cwd=command.directory,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 17
    assert b"factorywager[scan]" in done.stderr
