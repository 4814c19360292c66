"""docs/reference/cli.md says what there is: every command, option and exit status, and the shape of every document."""

from __future__ import annotations

import json
import re

import pytest

from factorywager import errors
from factorywager.cli import main
from factorywager.cli.arguments import Parser
from factorywager.cli.commands.scan import FOUND
from factorywager.cli.registry import NAMES, load
from harness.command_line import CommandLine
from harness.reference import PAGE, SECTIONS, problems

_COMMON = PAGE.partition("## Common options")[2].partition("\n## ")[0]
_STATUSES = PAGE.partition("## Exit statuses")[2].partition("\n## ")[0]


def _parser(name: str) -> Parser:
    parser = Parser(prog=name)
    load(name).arguments(parser)
    return parser


def _options(parser: Parser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


def test_every_command_is_documented_and_no_other() -> None:
    assert set(SECTIONS) == set(NAMES)


def test_the_common_options_are_documented_and_no_others() -> None:
    assert set(re.findall(r"`(--?[a-z][a-z-]*)", _COMMON)) - {"--version"} == _options(Parser(prog="any"))


@pytest.mark.parametrize("name", NAMES)
def test_every_option_and_argument_is_documented_and_no_other(name: str) -> None:
    text = re.sub(r"```.*?```", "", SECTIONS[name], flags=re.S)
    parser = _parser(name)
    own = _options(parser) - _options(Parser(prog="any"))
    mentioned = set(re.findall(r"`(--?[a-z][a-z-]*)", text))
    assert own <= mentioned
    assert mentioned <= _options(parser)
    for action in parser._actions:
        if not action.option_strings:
            assert str(action.metavar) in text


def test_every_exit_status_is_documented_with_its_codes() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and getattr(kind, "code", "")]
    wanted = {(kind.exit_status, kind.code) for kind in kinds}
    rows = re.findall(r"^\| (\d+) \|(.*?)\|", _STATUSES, re.M)
    found = {(int(status), code) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    assert found == wanted
    bare = {int(status) for status, codes in rows if not codes.strip()}
    assert bare == {0, FOUND, main.BUG, main.STOPPED, main.OUTPUT_CLOSED}


# For every command, lines that prepare the vault and the one whose document is checked.
_EXAMPLES: dict[str, list[tuple[str, ...]]] = {
    "demo": [("demo",)],
    "store-token": [("store-token", "made-up")],
    "get-token": [("store-token", "made-up"), ("get-token",)],
    "store-db": [("store-db", "localhost", "5432", "user", "made-up", "db")],
    "get-db": [("store-db", "localhost", "5432", "user", "made-up", "db"), ("get-db",)],
    "generate-jwt": [("generate-jwt", "--show")],
    "migrate": [("migrate", "--all")],
    "list": [("store-token", "made-up"), ("list", "--all", "--show")],
    "delete": [("store-token", "made-up"), ("delete", "tier-api-token")],
    "set": [("set", "x", "made-up", "--expires", "1d")],
    "get": [("set", "x", "made-up"), ("get", "x")],
    "vault init": [("vault", "init")],
    "vault status": [("vault", "status")],
    "vault unlock": [("vault", "init", "--mode", "passphrase"), ("vault", "unlock", "--for", "1m")],
    "vault lock": [("vault", "init", "--mode", "passphrase"), ("vault", "lock")],
    "vault rekey": [("vault", "init"), ("vault", "rekey")],
    "vault history": [("set", "x", "made-up"), ("vault", "history", "x")],
    "vault restore": [("set", "x", "one"), ("set", "x", "two"), ("vault", "restore", "x", "1")],
    "scan": [("set", "x", "nowhere-else"), ("scan", ".")],
    "prove": [("set", "x", "nowhere-else"), ("prove", ".")],
    "doctor": [("doctor",)],
    "bench": [("bench", "--rounds", "1")],
    "completion": [("completion", "bash")],
    "version": [("version",)],
}


# Need another program's entries: tests/interop/test_writers.py runs them.
_ELSEWHERE = {"adopt"}


@pytest.mark.parametrize("name", sorted(set(NAMES) - _ELSEWHERE))
def test_every_document_is_as_its_schema_says(name: str, command: CommandLine) -> None:
    (command.directory / ".env").write_text("DATABASE_HOST=localhost\nJWT_SECRET=\nOTHER=made-up\n")
    phrase = command.directory / "phrase"
    phrase.touch(0o600)
    phrase.write_text("made up\n")
    command.env["FACTORYWAGER_VAULT_PASSPHRASE_FILE"] = str(phrase)
    for line in _EXAMPLES[name]:
        done = command(*line, "--json")
        assert done.status == 0, done.err
    document = json.loads(done.out)
    assert problems(name, document) == []
    assert document or name == "list"


@pytest.mark.parametrize("line", ["--replace", "--dry-run", "--undo", "--forget"])
def test_every_document_of_migrate_is_as_its_schema_says(line: str, command: CommandLine) -> None:
    (command.directory / ".env").write_text("DATABASE_HOST=localhost\nJWT_SECRET=\nOTHER=made-up\n")
    assert command("migrate", "--replace").status == 0
    done = command("migrate", line, "--json")
    assert done.status == 0, done.err
    assert problems("migrate", json.loads(done.out)) == []
