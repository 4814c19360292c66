"""Pages of commands and of what they say; see ``harness/command_line.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.command_line import CommandLine, replay
from harness.gnome_keyring import GnomeKeyring

_PAGES = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_transcript(page: Path, command: CommandLine) -> None:
    replay(page.read_text(), command)


# What says something of the vault alone: that it was made, its versions, its expiry dates.
_ON_ANY_STORE = [page for page in _PAGES if page.stem in ("database", "jwt", "migrate", "token")]


@pytest.mark.parametrize("page", _ON_ANY_STORE, ids=lambda page: page.stem)
def test_transcript_on_gnome_keyring(page: Path, keyring: GnomeKeyring, command: CommandLine) -> None:
    keyring.start()
    command.env["FACTORYWAGER_STORE"] = "secret-service"
    lines = [line for line in page.read_text().splitlines() if not line.startswith("! made a vault")]
    replay("\n".join(lines).replace("vault", "secret-service"), command)
