"""What happens at a terminal: hidden answers, new passphrases, Ctrl-C, colours."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest

from harness.command_line import CommandLine
from harness.terminal import Terminal

Start = Callable[..., Terminal]


@pytest.fixture
def start(command: CommandLine) -> Start:
    """Runs a command at a terminal: ``start("set", "name")``."""

    def run(*arguments: str, **variables: str) -> Terminal:
        return Terminal(
            [sys.executable, "-m", "factorywager", *arguments],
            env={**command.env, "NO_COLOR": "1", **variables},
            directory=command.directory,
        )

    return run


def test_a_secret_is_asked_for_and_not_shown(start: Start, command: CommandLine) -> None:
    terminal = start("store-token")
    terminal.expect("Value of tier-api-token: ")
    assert not terminal.echoes
    terminal.type("typed made-up\n")
    assert terminal.end() == 0
    assert "typed" not in terminal.screen
    assert command("get-token").out == b"typed made-up\n"


def test_a_dash_at_a_terminal_is_asked_for_too(start: Start, command: CommandLine) -> None:
    terminal = start("set", "x", "-")
    terminal.expect("Value of x: ")
    terminal.type("typed\n")
    assert terminal.end() == 0
    assert command("get", "x").out == b"typed\n"


def test_ctrl_c_ends_a_question_quietly_and_the_terminal_shows_again_what_is_typed(
    start: Start, command: CommandLine
) -> None:
    terminal = start("set", "x")
    terminal.expect("Value of x: ")
    terminal.type("half of it\x03")
    terminal.expect("\n")
    assert terminal.end() == 130
    assert terminal.screen.replace("^C", "") == "Value of x: \n"
    assert command("get", "x").status == 3


@pytest.mark.parametrize("answer", ["\n", "\x04"], ids=["enter", "end-of-file"])
def test_no_answer_is_a_cancellation(answer: str, start: Start) -> None:
    terminal = start("set", "x")
    terminal.expect("Value of x: ")
    terminal.type(answer)
    assert terminal.end() == 6
    assert "error: nothing was typed" in terminal.screen


def test_a_line_that_a_terminal_would_cut_off_is_refused(start: Start) -> None:
    terminal = start("set", "x")
    terminal.expect("Value of x: ")
    terminal.type("a" * 5000)
    terminal.type("\n")
    assert terminal.end() == 15
    assert "pipe the value in" in terminal.screen


@pytest.mark.parametrize("silent", ["--no-input", "variable"])
def test_nothing_is_asked_when_nothing_may_be(silent: str, start: Start) -> None:
    terminal = (
        start("set", "x", "--no-input") if silent == "--no-input" else start("set", "x", FACTORYWAGER_INTERACTIVE="0")
    )
    assert terminal.end() == 8
    assert "Value of x" not in terminal.screen


def test_the_question_goes_to_the_terminal_when_stdout_does_not(start: Start, command: CommandLine) -> None:
    program = f"{sys.executable} -m factorywager"
    terminal = Terminal(
        ["/bin/sh", "-c", f"{program} set x --json > out 2> err"],
        env={**command.env, "NO_COLOR": "1"},
        directory=command.directory,
    )
    terminal.expect("Value of x: ")
    terminal.type("typed\n")
    assert terminal.end() == 0
    assert (command.directory / "out").read_text().startswith("{")
    assert "Value of" not in (command.directory / "err").read_text()


def test_what_store_db_lacks_is_asked_for(start: Start, command: CommandLine) -> None:
    terminal = start("store-db", "db.example.com")
    for question, answer in (("Port [5432]: ", ""), ("User: ", "wager"), ("Database: ", "mydb"), ("Password: ", "pw")):
        terminal.expect(question)
        assert terminal.echoes == (question != "Password: ")
        terminal.type(f"{answer}\n")
    assert terminal.end() == 0
    assert command("get-db", "--url").out == b"postgresql://wager:pw@db.example.com:5432/mydb\n"


def test_a_new_passphrase_is_asked_for_twice_and_an_old_one_once(start: Start, command: CommandLine) -> None:
    terminal = start("vault", "init", "--mode", "passphrase")
    for first, second in (("one", "another"), ("correct horse", "correct horse")):
        terminal.expect("New passphrase: ")
        terminal.type(f"{first}\n")
        terminal.expect("The same again: ")
        terminal.type(f"{second}\n")
    assert terminal.end() == 0
    assert "The two differ." in terminal.screen
    assert "horse" not in terminal.screen

    terminal = start("set", "x", "value", "--quiet")
    terminal.expect("Passphrase of the vault: ")
    terminal.type("correct horse\n")
    assert terminal.end() == 0

    terminal = start("get", "x")
    terminal.expect("Passphrase of the vault: ")
    terminal.type("wrong\n")
    assert terminal.end() == 7

    terminal = start("get", "x")
    terminal.expect("Passphrase of the vault: ")
    terminal.type("correct horse\n")
    terminal.expect("value\n")
    assert terminal.end() == 0
    assert command("get", "x").status == 5


def test_colours_are_for_terminals_and_for_those_who_want_them(start: Start, command: CommandLine) -> None:
    plain = start("get", "nothing", NO_COLOR="1", TERM="xterm")
    assert plain.end() == 3
    assert "\x1b" not in plain.screen
    coloured = start("get", "nothing", NO_COLOR="", TERM="xterm")
    assert coloured.end() == 3
    assert "\x1b[1;31merror:\x1b[0m" in coloured.screen
    assert "\x1b" not in command("get", "nothing", env={"TERM": "xterm"}).err


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ("", ["db-host", "stripe-key"]),
        ("all", ["db-host", "log-level", "stripe-key"]),
        ("none", ["db-host"]),
        ("LOG_LEVEL", ["db-host", "log-level"]),
    ],
)
def test_which_values_go_is_asked(answer: str, taken: list[str], start: Start, command: CommandLine) -> None:
    (command.directory / ".env").write_text("DATABASE_HOST=db\nLOG_LEVEL=debug\nSTRIPE_KEY=rk_made_up_17_aZ93kQ\n")
    terminal = start("migrate")
    terminal.expect("LOG_LEVEL  (configuration)")
    terminal.expect("* STRIPE_KEY")
    terminal.expect("Take which?")
    terminal.type("NOBODY\n")
    terminal.expect("there is no such variable among them")
    terminal.expect("Take which?")
    terminal.type(f"{answer}\n")
    assert terminal.end() == 0
    assert "rk_made_up" not in terminal.screen
    assert sorted(entry["name"] for entry in json.loads(command("list", "--json").out)) == taken
