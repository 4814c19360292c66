"""Entries shared on Windows: with a C program, with real Bun, with the registry that Wine keeps them in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.windows_python import compile_windows, windows_bun
from harness.wine import Wine

SERVICE = "com.example.interop"
ODD = ("token", "用户 name@example.com", "with/slash")
VALUE = "密码🔒 with spaces\nand lines"


@pytest.fixture(scope="module")
def cred(wine: Wine, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    """Runs the C program; gives its lines, decoded."""
    program = tmp_path_factory.mktemp("cred") / "cred.exe"
    compile_windows(Path(__file__).with_name("cred.c"), program, "-ladvapi32")

    def run(verb: str, *arguments: str) -> list[str]:
        done = wine.run([program, verb, *(text.encode().hex() for text in arguments)])
        assert done.status == 0, done
        lines = done.out.decode().split()
        return [bytes.fromhex(line).decode() for line in lines[:3]] + lines[3:]

    return run


@pytest.fixture(scope="module")
def bun(wine: Wine) -> Callable[..., Any]:
    """Calls one verb of Bun.secrets, in `bun.exe`."""
    program = windows_bun()
    script = Path(__file__).parents[1] / "harness" / "bun_secrets.mjs"

    def call(verb: str, options: dict[str, str]) -> Any:
        calls = json.dumps([{"verb": verb, "args": [options]}])
        done = wine.run([program, wine.path(script)], stdin=calls.encode())
        assert done.status == 0, done
        (result,) = json.loads(done.out)
        assert "thrown" not in result, result
        return result["value"]

    return call


def _set(wine: Wine, name: str, value: str) -> None:
    done = wine.factorywager("--store", "credential-manager", "set", "--service", SERVICE, name, stdin=value.encode())
    assert done.status == 0, done


def _get(wine: Wine, name: str) -> str:
    done = wine.factorywager("--store", "credential-manager", "get", "--service", SERVICE, "-n", name)
    assert done.status == 0, done
    return done.out.decode()


def test_a_c_program_reads_what_we_write_and_we_read_what_it_writes(wine: Wine, cred: Callable[..., list[str]]) -> None:
    _set(wine, "to-c", VALUE)
    assert cred("get", f"{SERVICE}/to-c") == [f"{SERVICE}/to-c", "to-c", VALUE, "3", "1"]
    cred("set", f"{SERVICE}/from-c", "from-c", VALUE)
    assert _get(wine, "from-c") == VALUE


@pytest.mark.parametrize("name", ODD)
def test_bun_reads_what_we_write(wine: Wine, bun: Callable[..., Any], name: str) -> None:
    _script(wine, f"secrets.set({SERVICE!r}, {name!r}, {VALUE!r})")
    assert bun("get", {"service": SERVICE, "name": name}) == VALUE


@pytest.mark.parametrize("name", ODD)
def test_we_read_and_delete_what_bun_writes(
    wine: Wine, bun: Callable[..., Any], cred: Callable[..., list[str]], name: str
) -> None:
    bun("set", {"service": SERVICE, "name": name, "value": VALUE})
    ours = f"{SERVICE}/{name}"
    # the very credential that we would have written
    assert cred("get", ours) == [ours, name, VALUE, "3", "1"]
    _script(wine, f"assert secrets.get({SERVICE!r}, {name!r}) == {VALUE!r}")
    _script(wine, f"assert secrets.delete({SERVICE!r}, {name!r}) is True")
    assert bun("get", {"service": SERVICE, "name": name}) is None


def _script(wine: Wine, line: str) -> None:
    """Names beyond ASCII travel in the program's text: Wine reads its command line in the locale's encoding."""
    line = line.encode("ascii", "backslashreplace").decode()
    code = f"from factorywager import Secrets\nsecrets = Secrets('credential-manager', interactive=False)\n{line}"
    done = wine.python("-c", code, env={"PYTHONPATH": wine.path(Path(__file__).parents[2] / "src")})
    assert done.status == 0, done


def test_entries_outlive_every_program(wine: Wine, cred: Callable[..., list[str]]) -> None:
    """Wine's server writes its registry when the last program has ended; the next one reads it from there."""
    _set(wine, "kept", VALUE)
    wine.stop()
    registry = (wine.prefix / "user.reg").read_text(errors="replace")
    assert f"Generic: {SERVICE}/kept" in registry
    assert "with spaces" not in registry
    wine.start()
    assert _get(wine, "kept") == VALUE
