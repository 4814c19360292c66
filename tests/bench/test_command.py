"""`factorywager bench` on the real GNOME Keyring, and `python benchmarks`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from harness.gnome_keyring import GnomeKeyring
from harness.parts import require
from harness.process import Process, eventually
from harness.raw_service import BUN_SCHEMA

ROOT = Path(__file__).parents[2]
_BENCH = [sys.executable, "-m", "factorywager", "bench"]


@pytest.fixture
def validator() -> Draft202012Validator:
    section = (ROOT / "docs/reference/cli.md").read_text().partition("### `bench`")[2]
    (block,) = re.findall(r"```json schema\n(.*?)```", section.partition("\n### ")[0], re.S)
    return Draft202012Validator(json.loads(block))


def _left_over(keyring: GnomeKeyring) -> list[str]:
    """What is in the keyring of bench's, and of python-keyring as it measured it."""
    with keyring.raw() as raw:
        found = [*raw.search({"xdg:schema": BUN_SCHEMA}), *raw.search({"application": "Python keyring library"})]
        return [service for item in found if "bench" in (service := raw.attributes(item)["service"])]


def test_measures_everything_that_is_installed_and_leaves_nothing(
    shared_keyring: GnomeKeyring, validator: Draft202012Validator, tmp_path: Path
) -> None:
    require("bun", "secret-tool")
    picture = tmp_path / "picture.svg"
    done = subprocess.run(
        [*_BENCH, "--rounds", "1", "--json", "--svg", str(picture)],
        env=shared_keyring.bus.env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [error.message for error in validator.iter_errors(document)] == []
    assert document["store"] == "secret-service"
    keys = {result["key"] for result in document["results"]}
    assert {"get", "async_get", "cached_get", "get_many_50", "gather_50", "set", "process"} <= {
        key.removeprefix("library.") for key in keys if key.startswith("library.")
    }
    assert {"bun.get", "bun.all_50", "bun.set", "keyring.get", "secret_tool.process", "daemon.ping"} <= keys
    assert {"environ.get", "dotenv.parse_50", "daemon.get_secrets_50"} <= keys
    assert document["absent"] == []
    assert picture.read_text().startswith("<svg")
    assert _left_over(shared_keyring) == []


def test_deletes_what_it_wrote_after_ctrl_c(shared_keyring: GnomeKeyring) -> None:
    process = Process([*_BENCH, "--rounds", "10000", "--json"], env=_unbuffered(shared_keyring))
    try:
        _wait_for_error_line(process, "measuring")
        assert _left_over(shared_keyring) != []
        process.send(signal.SIGINT)
        assert process.wait(within=60) == 130
    finally:
        process.stop()
    assert process.lines == []
    assert _left_over(shared_keyring) == []


def _unbuffered(keyring: GnomeKeyring) -> dict[str, str]:
    return {**keyring.bus.env, "PYTHONUNBUFFERED": "1"}


def _wait_for_error_line(process: Process, text: str) -> None:
    eventually(
        lambda: any(text in line for line in process.errors) or not process.running, f"{text!r} on stderr", within=90
    )
    assert process.running, process.errors


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [*_BENCH, "--store", "memory", "--rounds", "1", "--svg", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 17
    assert done.stderr.splitlines()[-1] == f"error: cannot write {tmp_path}: Is a directory (code: 21)"


@pytest.mark.parametrize("rounds", ["0", "-1", "many", "10001"])
def test_rounds_that_cannot_be(rounds: str) -> None:
    done = subprocess.run([*_BENCH, "--rounds", rounds], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "expected a number of rounds from 1 to 10000" in done.stderr
    assert "many" not in done.stderr  # what was typed is not repeated


@pytest.mark.long
def test_the_projects_benchmarks_measure_or_name_everything(validator: Draft202012Validator, tmp_path: Path) -> None:
    require("dbus-daemon", "gnome-keyring-daemon", "bun", "secret-tool")
    report = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks"), "--rounds", "1", "--turn", "0.001", "--json", str(report)],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(report.read_text())
    assert [error.message for error in validator.iter_errors(document)] == []
    measured = {result["key"] for result in document["results"]}
    assert not [each for each in document["absent"] if each["reason"].startswith("failed")]
    # Every key that a goal names exists, unless it belongs to a peer that was left out by name.
    optional = {"keyring_rs.get", "encrypted.process", "encrypted.get", "encrypted.get_1000", "pykeepass.process"}
    optional |= {"pykeepass.get", "pykeepass.get_1000", "pass.process", "pass.get_1000"}
    for goal in document["goals"]:
        assert {goal["key"], goal["other"]} - {None} <= measured | optional, goal
        assert (goal["value"] is None) == (not {goal["key"], goal["other"]} - {None} <= measured)
