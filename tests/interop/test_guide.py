"""The guide's nine commands, run here, leave what a Bun script reads; and what Bun stored they show."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.bun import Bun
from harness.gnome_keyring import GnomeKeyring

SERVICE = "com.factorywager.cli"

ENV_FILE = """\
# a developer's real file has comments, quotes and exports
export TIER_API_TOKEN="made-up-token"
DATABASE_HOST=db.example
DATABASE_PORT=6543
DATABASE_USER='tier user'
DATABASE_PASSWORD="pa ss/wörd#1"
DATABASE_NAME=tier
JWT_SECRET=0123abcd
"""


@pytest.fixture
def factorywager(daemon: GnomeKeyring, tmp_path: Path):
    def run(*args: str, stdin: str | None = None) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "factorywager", *args],
            env={**daemon.bus.env, "FACTORYWAGER_STORE": "secret-service"},
            cwd=tmp_path,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    return run


def _everything(bun: Bun) -> dict[str, str | None]:
    names = ["tier-api-token", "db-host", "db-port", "db-user", "db-password", "db-database", "jwt-signing-key"]
    results = bun.run([{"verb": "get", "args": [{"service": SERVICE, "name": name}]} for name in names])
    return {name: result["value"] for name, result in zip(names, results, strict=True)}


def test_store_token_and_get_token(bun: Bun, factorywager) -> None:
    factorywager("store-token", "made-up-token")
    assert bun.get(SERVICE, "tier-api-token") == "made-up-token"
    assert factorywager("get-token").removesuffix("\n") == "made-up-token"
    factorywager("store-token", "-", stdin="from a pipe")
    assert bun.get(SERVICE, "tier-api-token") == "from a pipe"


def test_get_token_shows_what_bun_stored(bun: Bun, factorywager) -> None:
    bun.set(SERVICE, "tier-api-token", "密码🔒 from bun")
    assert factorywager("get-token").removesuffix("\n") == "密码🔒 from bun"


def test_store_db_and_get_db(bun: Bun, factorywager) -> None:
    factorywager("store-db", "localhost", "5432", "factorywager", "pass word", "mydb")
    stored = _everything(bun)
    assert [stored[f"db-{field}"] for field in ("host", "port", "user", "password", "database")] == [
        "localhost",
        "5432",
        "factorywager",
        "pass word",
        "mydb",
    ]
    shown = json.loads(factorywager("get-db", "--json"))
    assert "pass word" in json.dumps(shown)
    assert factorywager("get-db", "--url").strip() == "postgresql://factorywager:pass%20word@localhost:5432/mydb"


def test_generate_jwt(bun: Bun, factorywager) -> None:
    factorywager("generate-jwt")
    assert re.fullmatch(r"[0-9a-f]{64}", bun.get(SERVICE, "jwt-signing-key"))


def test_migrate_moves_a_real_file_where_bun_reads_it(bun: Bun, factorywager, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(ENV_FILE)
    factorywager("migrate", ".env")
    assert _everything(bun) == {
        "tier-api-token": "made-up-token",
        "db-host": "db.example",
        "db-port": "6543",
        "db-user": "tier user",
        "db-password": "pa ss/wörd#1",
        "db-database": "tier",
        "jwt-signing-key": "0123abcd",
    }


def test_list_and_delete_of_buns_entries(bun: Bun, factorywager) -> None:
    bun.set(SERVICE, "tier-api-token", "never-shown")
    listed = factorywager("list")
    assert "tier-api-token" in listed
    assert "never-shown" not in listed
    factorywager("delete", "tier-api-token")
    assert bun.get(SERVICE, "tier-api-token") is None


def test_demo_leaves_bun_s_entries_as_they_were(bun: Bun, factorywager) -> None:
    bun.set(SERVICE, "tier-api-token", "mine")
    before = _everything(bun)
    factorywager("demo")
    assert _everything(bun) == before
