"""The workflow for runners that this machine is not: read as they read it, each command looked for."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
JOBS = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

# security(1) of macOS, as far as it is used here
SECURITY = {"create-keychain", "default-keychain", "list-keychains", "set-keychain-settings", "unlock-keychain"}


def _lines() -> Iterator[Any]:
    for job, body in JOBS.items():
        for step in body["steps"]:
            for line in step.get("run", "").splitlines():
                yield pytest.param(job, line, id=f"{job}: {line}")


def test_every_system_has_a_job_that_ends() -> None:
    assert {job: body["runs-on"].split("-")[0] for job, body in JOBS.items()} == {
        "linux": "ubuntu",
        "macos": "macos",
        "windows": "windows",
    }
    assert all(body["timeout-minutes"] <= 90 for body in JOBS.values())


def test_actions_are_of_a_named_version() -> None:
    used = [step["uses"] for body in JOBS.values() for step in body["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in used)


def test_pythons_are_those_that_the_package_supports() -> None:
    supported = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
    for body in JOBS.values():
        for python in body.get("strategy", {}).get("matrix", {}).get("python", []):
            assert python in supported


@pytest.mark.parametrize(("job", "line"), list(_lines()))
def test_a_command_exists(job: str, line: str) -> None:
    match shlex.split(line):
        case ["python", "-m", "pip", "install", "-e", target]:
            (extra,) = re.fullmatch(r"\.\[(\w+)\]", target).groups()
            assert extra in EXTRAS
        case ["python", "-m", "pytest", *paths]:
            assert all((ROOT / path).is_dir() for path in paths)
        case ["python", "-m", "factorywager", command, *_]:
            assert importlib.util.find_spec(f"factorywager.cli.commands.{command}")
        case ["security", command, *_]:
            assert job == "macos"
            assert command in SECURITY
        case [program]:
            assert job == "linux"
            assert os.access(ROOT / program, os.X_OK)
        case other:
            raise AssertionError(f"nobody knows whether this exists: {other}")
