"""TAB, as bash presses it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.command_line import CommandLine

# Calls the function that bash itself would call, with what it would set.
_PRESS_TAB = """
eval "$(factorywager completion bash)"
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
function_name=$(complete -p factorywager | sed 's/.*-F \\([^ ]*\\).*/\\1/')
"$function_name" factorywager
printf '%s\\n' "${COMPREPLY[@]}"
"""


def _offers(line: str, command: CommandLine, **variables: str) -> set[str]:
    programs = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-c", _PRESS_TAB, "bash", line],
        env={**command.env, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr == ""
    return {offer.strip() for offer in done.stdout.splitlines()}


def test_commands_are_offered(command: CommandLine) -> None:
    assert _offers("factorywager st", command) == {"store-token", "store-db"}
    assert _offers("factorywager vault re", command) == {"rekey", "restore"}


def test_options_are_offered(command: CommandLine) -> None:
    assert _offers("factorywager migrate --f", command) == {"--force", "--forget", "--format", "--from-env"}
    assert _offers("factorywager get --store v", command) == {"vault"}
    assert _offers("factorywager vault init --mode s", command) == {"sealed"}


def test_entry_names_of_the_service_that_is_meant_are_offered(command: CommandLine) -> None:
    for service, name in (
        ("com.factorywager.cli", "mine-one"),
        ("com.factorywager.cli", "mine-two"),
        ("com.example.tool", "other"),
    ):
        assert command("set", name, "--service", service, stdin=b"made-up").status == 0
    assert _offers("factorywager get mine-", command) == {"mine-one", "mine-two"}
    assert _offers("factorywager vault history mine-t", command) == {"mine-two"}
    assert _offers("factorywager get --service com.example.tool ", command) >= {"other"}
    assert _offers("factorywager --service com.example.tool delete o", command) == {"other"}
    assert _offers("factorywager get o", command, FACTORYWAGER_SERVICE="com.example.tool") == {"other"}


def test_a_locked_vault_offers_no_names_and_asks_nothing(command: CommandLine) -> None:
    phrase = command.directory / "phrase"
    phrase.touch(0o600)
    phrase.write_text("made up")
    command("vault", "init", "--mode", "passphrase", env={"FACTORYWAGER_VAULT_PASSPHRASE_FILE": str(phrase)})
    assert _offers("factorywager get mine-", command, FACTORYWAGER_INTERACTIVE="1") == {""}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_serves_both_names_of_the_program(shell: str, command: CommandLine) -> None:
    script = command("completion", shell).out.decode()
    assert "factorywager" in script
    assert "fw" in script.replace("factorywager", "").split()
