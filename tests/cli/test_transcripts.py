"""Pages of commands and of what they say; see ``harness/command_line.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.command_line import CommandLine, replay

_PAGES = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_transcript(page: Path, command: CommandLine) -> None:
    replay(page.read_text(), command)
