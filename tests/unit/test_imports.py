"""What each way in imports: start-up is most of what a command costs, so what it does not use must not be loaded.

The times are in the benchmarks; here is the list, which is the same on every machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.stores import enter_bus

SERVICE = "com.example.imports"

# Each costs milliseconds, or brings along what does.
DEAR = {
    "asyncio",
    "ast",
    "concurrent.futures",
    "dataclasses",
    "decimal",
    "dis",
    "email",
    "hashlib",
    "hmac",
    "http",
    "importlib.metadata",
    "inspect",
    "jeepney.io",
    "json",
    "logging",
    "multiprocessing",
    "pathlib",
    "pydantic",
    "random",
    "secrets",
    "shutil",
    "ssl",
    "statistics",
    "subprocess",
    "tempfile",
    "tokenize",
    "traceback",
    "unittest",
    "urllib",
    "uuid",
    "zipfile",
    "argcomplete",
    "dotenv",
    "keyring",
    "cryptography.x509",
    "cryptography.hazmat.primitives.serialization",
    "cryptography.hazmat.primitives.asymmetric",
}
ENGINE = {"apsw"}
BUS = {"jeepney", "socket", "factorywager.stores.secret_service", "factorywager.transports"}
VAULT = {"factorywager.stores.vault"}
CRYPTO = {"cryptography"}
COMMANDS = {"argparse", "factorywager.cli"}
CACHE = {"factorywager.services.cache", "factorywager.model.arena"}
FACADES = {"factorywager.aio", "factorywager.flow.asynchronous", "factorywager.transports.bus_asyncio"}


def _imported(code: str, **env: str) -> set[str]:
    """The modules that a program has loaded at its end, without those that every program here has."""
    environment = {"PATH": os.environ["PATH"], **env}
    tail = "\nimport sys; print(*sys.modules, sep='\\n', file=sys.stderr)"

    def run(program: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", program + tail],
            env=environment,
            input="made up",  # for `set`
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return set(done.stderr.split())

    return run(code) - run("")


def _among(imported: set[str], unwanted: set[str]) -> list[str]:
    return sorted(
        name for name in unwanted if name in imported or any(each.startswith(f"{name}.") for each in imported)
    )


@pytest.fixture(params=["vault", "secret-service"])
def env(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of a program that uses this store, which holds one entry."""
    env = {"HOME": str(tmp_path), "FACTORYWAGER_STORE": request.param, "FACTORYWAGER_INTERACTIVE": "0"}
    if request.param == "vault":
        env["FACTORYWAGER_HOME"] = str(tmp_path / "vault")
    else:
        env["DBUS_SESSION_BUS_ADDRESS"] = enter_bus(request.getfixturevalue).bus.address
    code = f"from factorywager.blocking import secrets; secrets.set({SERVICE!r}, 'token', 'one')"
    _imported(code, **env)
    return env


def _others(env: dict[str, str]) -> set[str]:
    """What only the other store needs."""
    return BUS if env["FACTORYWAGER_STORE"] == "vault" else ENGINE | VAULT


def test_the_package_alone() -> None:
    imported = _imported("import factorywager")
    own = sorted(name for name in imported if name.startswith("factorywager."))
    assert own == []
    assert _among(imported, DEAR | BUS | ENGINE | CRYPTO | COMMANDS | {"ctypes", "threading", "mmap"}) == []


def test_the_blocking_facade() -> None:
    imported = _imported("import factorywager.blocking")
    assert _among(imported, DEAR | BUS | ENGINE | VAULT | CRYPTO | COMMANDS | CACHE | FACADES | {"datetime"}) == []


def test_the_asyncio_facade_reads_no_store_and_no_crypto_before_it_is_used() -> None:
    imported = _imported("import factorywager.aio")
    assert _among(imported, (DEAR | BUS | ENGINE | VAULT | CRYPTO | COMMANDS | CACHE | {"datetime"})) == []


@pytest.mark.parametrize(
    "call",
    [f"get({SERVICE!r}, 'token')", f"get_many({SERVICE!r}, ['token'])", f"exists({SERVICE!r}, 'token')"],
    ids=["get", "get_many", "exists"],
)
def test_reading_in_a_program(env: dict[str, str], call: str) -> None:
    imported = _imported(f"from factorywager.blocking import secrets\nassert secrets.{call}", **env)
    assert _among(imported, DEAR | _others(env) | COMMANDS | CACHE | FACADES | {"datetime"}) == []


def test_a_cache_is_loaded_by_those_who_want_one(env: dict[str, str]) -> None:
    code = f"from factorywager import Secrets\ns = Secrets(cache=60)\nassert s.get({SERVICE!r}, 'token') == 'one'"
    imported = _imported(code, **env)
    assert _among(imported, CACHE) == sorted(CACHE)
    assert _among(imported, DEAR | _others(env) | COMMANDS | FACADES | {"datetime"}) == []


def _command(*argv: str) -> str:
    return f"from factorywager.cli.main import main\nassert main({list(argv)!r}) == 0"


COMMAND_LINES = {
    "get": (["get", "--service", SERVICE, "token"], {"datetime"}),
    "set": (["set", "--service", SERVICE, "token"], {"datetime"}),
    "list": (["list", "--service", SERVICE], set()),  # it shows when entries were changed
}


@pytest.mark.parametrize("name", COMMAND_LINES)
def test_commands(env: dict[str, str], name: str) -> None:
    argv, unused = COMMAND_LINES[name]
    imported = _imported(_command(*argv), **env)
    assert _among(imported, DEAR | _others(env) | CACHE | FACADES | unused) == []
    commands = {each for each in imported if each.startswith("factorywager.cli.commands.")}
    assert commands == {f"factorywager.cli.commands.{name}"}


def test_the_list_of_what_is_dear_is_looked_for_where_it_would_be_found() -> None:
    assert _among(_imported("import asyncio, dotenv"), {"asyncio", "dotenv"}) == ["asyncio", "dotenv"]
