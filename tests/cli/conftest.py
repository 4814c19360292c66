"""The command line under test."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.command_line import CommandLine


@pytest.fixture
def command(own_environment: None, tmp_path: Path) -> CommandLine:
    """The program, with the vault of this test."""
    return CommandLine(tmp_path)
