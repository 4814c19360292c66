"""In places like containers every command succeeds or ends in an error that says what to do: really made, not told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.command_line import Done
from harness.sandbox import Sandbox

_VALUE = "made-up-value"

_TMPFS = 'mount -t tmpfs -o "mode=0700,{}" tmpfs "$BOX"'

# place: the lines that make it, the environment there, the status of what has to write
_PLACES = {
    "no bus": (_TMPFS.format("size=4m"), {"HOME": "$BOX"}, 0),
    "no HOME and no passwd entry": ("true", {}, 10),
    "a HOME that is no absolute path": ("true", {"HOME": "somewhere"}, 10),
    "a HOME that cannot be written": ('mount -t tmpfs -o mode=0555 tmpfs "$BOX"', {"HOME": "$BOX"}, 4),
    "a read-only file system": (_TMPFS.format("ro"), {"HOME": "$BOX"}, 4),
    "a full disk": (
        _TMPFS.format("size=64k") + '\nhead -c 100000 /dev/zero > "$BOX/ballast" 2>/dev/null || true',
        {"HOME": "$BOX"},
        16,
    ),
    "a bus that is not there": (
        _TMPFS.format("size=4m"),
        {"HOME": "$BOX", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"},
        0,
    ),
}

_WRITE = (["demo"], ["set", "new"], ["doctor"], ["migrate", "{env}"], ["vault", "init"])
_READ = (["get", "new"], ["list"], ["list", "--all-writers"], ["delete", "new"], ["vault", "status"], ["adopt"])


def _fill(text: str, box: Path) -> str:
    return text.replace("$BOX", str(box))


def _check(line: list[str], done: Done) -> None:
    """Nothing ends in a traceback or a bug; every error says what to do; no value is shown."""
    assert "Traceback" not in done.err, done.err
    assert done.status in {0, *range(2, 18)}, (line, done)
    assert _VALUE not in done.err
    if done.status and line[0] != "doctor":
        assert "error: " in done.err, line
        assert "hint: " in done.err, (line, done.err)


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    file = tmp_path / "made-up.env"
    file.write_text(f"TIER_API_TOKEN={_VALUE}\n")
    return file


@pytest.fixture
def box(tmp_path: Path) -> Path:
    box = tmp_path / "box"
    box.mkdir()
    return box


@pytest.mark.parametrize("place", _PLACES)
def test_every_command_ends_well_or_says_what_to_do(place: str, box: Path, env_file: Path) -> None:
    prepare, env, status = _PLACES[place]
    sandbox = Sandbox(box, prepare, {name: _fill(value, box) for name, value in env.items()})
    lines = [[word.format(env=env_file) for word in line] for line in (*_WRITE, *_READ)]
    for line, done in zip(lines, sandbox.run(*lines), strict=True):
        _check(line, done)
        if line in lines[: len(_WRITE) - 1]:  # `vault init` comes after the first entry, which makes one
            assert done.status == status, (line, done)
    assert env_file.read_text() == f"TIER_API_TOKEN={_VALUE}\n"


@pytest.mark.parametrize(
    ("restrict", "status", "said"),
    [
        ('mount -o remount,ro "$BOX"', 4, "no permission to use"),
        ('head -c 9000000 /dev/zero > "$BOX/ballast" 2>/dev/null || true', 16, "no room"),
    ],
    ids=["read-only", "full"],
)
def test_a_vault_that_is_there_can_still_be_read(
    restrict: str, status: int, said: str, box: Path, env_file: Path
) -> None:
    # the vault is made by the same uid that reads it
    make = f"{_TMPFS.format('size=1m')}\nprintf one | unshare --user --map-user=54321 --map-group=54321"
    make += ' "$PYTHON" -m factorywager set old --quiet --store vault'
    sandbox = Sandbox(box, f"{make}\n{restrict}", {"HOME": str(box), "PYTHON": sys.executable})
    lines = [["get", "old"], ["list", "--json"], ["set", "old"], ["set", "large"], ["get", "old", "-n"]]
    read, listed, *written, again = sandbox.run(*lines)
    for line, done in zip(lines, [read, listed, *written, again], strict=True):
        _check(line, done)
    assert (read.status, read.out) == (0, b"one\n"), read.err
    assert b'"old"' in listed.out
    assert {done.status for done in written} == {status}, written
    assert said in written[0].err
    assert (again.status, again.out) == (0, b"one")


def test_without_proc(box: Path, env_file: Path) -> None:
    sandbox = Sandbox(box, f"{_TMPFS.format('size=4m')}\nmount -t tmpfs tmpfs /proc", {"HOME": str(box)}, named=True)
    lines = [[word.format(env=env_file) for word in line] for line in (*_WRITE, *_READ)]
    for line, done in zip(lines, sandbox.run(*lines), strict=True):
        _check(line, done)
        if line in lines[: len(_WRITE) - 1]:
            assert done.status == 0, (line, done)


def test_the_secret_service_is_not_replaced_by_the_vault_when_it_was_asked_for(box: Path) -> None:
    sandbox = Sandbox(box, _TMPFS.format("size=4m"), {"HOME": str(box), "FACTORYWAGER_STORE": "secret-service"})
    for line, done in zip((["set", "x"], ["get", "x"]), sandbox.run(["set", "x"], ["get", "x"]), strict=True):
        _check(line, done)
        assert done.status == 10
        assert "no session bus" in done.err


def test_doctor_and_auto_know_a_container_and_say_what_to_do(box: Path) -> None:
    sandbox = Sandbox(box, _TMPFS.format("size=4m"), {"HOME": str(box), "container": "podman"})
    stored, doctor = sandbox.run(["set", "x"], ["doctor"])
    assert "warning: there is no session bus here, in a container: using the encrypted vault in" in stored.err
    assert "keep the vault on a volume (FACTORYWAGER_HOME)" in stored.err
    assert doctor.status == 0
    assert b"told by $container" in doctor.out
    assert b"keep the vault on a volume" in doctor.out
