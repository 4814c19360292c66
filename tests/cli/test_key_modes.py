"""The vault's key modes as a user has them: one process makes, another unlocks, a third reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.command_line import CommandLine
from harness.gnome_keyring import GnomeKeyring

PHRASE = "FACTORYWAGER_VAULT_PASSPHRASE_FILE"


@pytest.fixture
def with_phrase(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "phrase"
    file.touch(0o600)
    file.write_text("made up of several words\n")
    return {PHRASE: str(file)}


def test_an_unlocked_vault_is_open_to_other_processes_until_it_is_locked(
    command: CommandLine, with_phrase: dict[str, str]
) -> None:
    assert command("vault", "init", "--mode", "passphrase", env=with_phrase).status == 0
    assert command("set", "token", stdin=b"made-up", env=with_phrase).status == 0
    assert command("get", "token").status == 5

    assert command("vault", "unlock", "--for", "5m", env=with_phrase).status == 0
    assert command("get", "token").out == b"made-up\n"
    assert b'"locked": false' in command("vault", "status", "--json").out

    assert command("vault", "lock").status == 0
    assert command("get", "token").status == 5
    assert b'"locked": true' in command("vault", "status", "--json").out


def test_a_sealed_vault_opens_with_the_keyring_and_not_without(command: CommandLine, keyring: GnomeKeyring) -> None:
    keyring.start()
    command.env.update(keyring.bus.variables)
    assert command("vault", "init", "--mode", "sealed").status == 0
    assert command("set", "token", stdin=b"made-up").status == 0
    assert command("get", "token").out == b"made-up\n"

    keyring.lock()
    locked = command("get", "token")
    assert (locked.status, locked.out) == (8, b"")
    assert "keyring is locked" in locked.err

    keyring.unlock_without_prompt()
    assert command("vault", "rekey", "--mode", "key-file").status == 0
    keyring.stop()
    assert command("get", "token").out == b"made-up\n"
