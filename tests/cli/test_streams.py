"""Pipes, bytes, signals and bugs: what holds for every command."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from factorywager import Secret
from factorywager.cli import main as module
from factorywager.cli.commands import list as list_command
from factorywager.flow import Deadline
from factorywager.flow.blocking import run
from factorywager.model import Ref
from factorywager.stores.store import Options, Terms
from factorywager.stores.vault.store import VaultStore
from harness.command_line import CommandLine


@pytest.mark.parametrize(
    "line", [("list",), ("get", "x"), ("list", "--json"), ("--help",), ("get", "--help"), ("doctor",), ("demo",)]
)
def test_a_closed_pipe_ends_it_quietly(line: tuple[str, ...], command: CommandLine) -> None:
    command("set", "x", "made-up")
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "factorywager", *line, "--quiet"] if "--help" not in line else
            [sys.executable, "-m", "factorywager", *line],
            env=command.env, stdout=writer, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_what_the_demonstration_had_stored_is_gone_after_a_closed_pipe(command: CommandLine) -> None:
    test_a_closed_pipe_ends_it_quietly(("demo",), command)
    listed = command("list", "--all", "--quiet").out.decode().splitlines()
    assert [line.split()[:2] for line in listed] == [["SERVICE", "NAME"], ["com.factorywager.cli", "x"]]


def test_bytes_that_are_no_text_come_out_as_they_are(command: CommandLine) -> None:
    terms = Terms(Deadline(10), False)
    vault = VaultStore(command.env["FACTORYWAGER_HOME"])
    value = bytes(range(1, 256))
    run(vault.set(Ref("com.factorywager.cli", "raw"), Secret(value), terms, Options()))
    vault.close()
    assert command("get", "raw", "-n").out == value
    assert command("get", "raw", "--json").status == 14
    listed = command("list", "--show", "--json")
    assert listed.status == 0
    assert '"value": null' in listed.out.decode()
    assert "not UTF-8" in listed.err


def test_large_values_survive_a_pipe(command: CommandLine) -> None:
    value = os.urandom(1 << 19).hex().encode()
    assert command("set", "x", stdin=value + b"\n").status == 0
    assert command("get", "x").out == value + b"\n"


def test_nothing_slow_is_imported_on_the_way_to_a_secret(command: CommandLine) -> None:
    command("set", "x", "made-up")
    script = (
        "import sys; from factorywager.cli.main import main; status = main(['get', 'x']);"
        "print(status, *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=command.env, capture_output=True, text=True, timeout=60, check=True
    )
    status, *modules = done.stderr.split()
    assert (status, done.stdout) == ("0", "made-up\n")
    slow = {
        "argcomplete", "asyncio", "click", "concurrent.futures", "dataclasses", "datetime", "difflib", "dotenv",
        "email", "http", "importlib.metadata", "inspect", "json", "logging", "pathlib", "platform", "rich", "select",
        "shutil", "socket", "ssl", "subprocess", "tempfile", "traceback", "urllib.parse",
    }  # fmt: skip
    assert slow & set(modules) == set()
    commands = {name for name in modules if name.startswith("factorywager.cli.commands.")}
    assert commands == {"factorywager.cli.commands.get"}


def test_a_bug_is_told_without_the_values_in_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(session: object) -> int:
        raise ValueError("the-value-of-a-secret")

    monkeypatch.setattr(list_command, "run", broken)
    assert module.main(["list", "--store", "memory"]) == 70
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "error: this is a bug in factorywager (ValueError)",
        "hint: please report it, with what FACTORYWAGER_DEBUG=1 shows",
    ]
    monkeypatch.setenv("FACTORYWAGER_DEBUG", "1")
    assert module.main(["list", "--store", "memory"]) == 70
    shown = capfd.readouterr().err
    assert "in broken" in shown
    assert "of-a-secret" not in shown.replace('raise ValueError("the-value-of-a-secret")', "")


def test_ctrl_c_ends_quietly(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def stopped(session: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(list_command, "run", stopped)
    assert module.main(["list", "--store", "memory"]) == 130
    assert capfd.readouterr() == ("", "")
