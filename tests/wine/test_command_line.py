"""The command line on Windows: values through pipes and out of files, what it says, and where the vault lies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.wine import Wine

SERVICE = "com.example.commands"
STORE = {"FACTORYWAGER_STORE": "credential-manager", "FACTORYWAGER_SERVICE": SERVICE}


def test_set_get_list_delete(wine: Wine) -> None:
    done = wine.factorywager("set", "token", stdin=b"made up\r\n", env=STORE)
    assert (done.status, done.out) == (0, b"")
    assert f"stored {SERVICE}/token in the credential-manager store" in done.err
    done = wine.factorywager("get", "token", env=STORE)
    assert (done.status, done.out, done.err) == (0, b"made up\n", "")
    done = wine.factorywager("list", "--json", env=STORE)
    assert [entry["name"] for entry in json.loads(done.out)] == ["token"]
    assert wine.factorywager("delete", "token", env=STORE).status == 0
    done = wine.factorywager("get", "token", env=STORE)
    assert (done.status, done.out) == (3, b"")
    assert "hint:" in done.err


@pytest.mark.parametrize(
    ("value", "status", "said"), [(b"x" * 2561, 15, "2,560"), (b"\xff\xfe", 2, "UTF-8"), (b"", 2, "empty")]
)
def test_what_cannot_be_stored(wine: Wine, value: bytes, status: int, said: str) -> None:
    done = wine.factorywager("set", "token", stdin=value, env=STORE)
    assert done.status == status
    assert said in done.err


def test_migrate_reads_a_file_of_windows_lines(wine: Wine, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"API_TOKEN=abc\r\nOTHER='x y'\r\n")
    done = wine.factorywager("migrate", wine.path(tmp_path / ".env"), "--all", env=STORE)
    assert done.status == 0, done
    assert wine.factorywager("get", "-n", "other", env=STORE).out == b"x y"
    assert wine.factorywager("migrate", wine.path(tmp_path / "none"), env=STORE).status == 3


def test_doctor_says_that_it_works(wine: Wine) -> None:
    done = wine.factorywager("doctor", "--json")
    report = json.loads(done.out)
    assert (done.status, report["store"], report["works"]) == (0, "credential-manager", True)
    assert "secret-service" not in report["sections"]
    states = {finding["what"]: finding["state"] for finding in report["sections"]["credential-manager"]}
    assert states == {"logon session": "ok", "contents": "ok", "limits": "ok", "Wine": "note"}


def test_demo(wine: Wine) -> None:
    done = wine.factorywager("demo")
    assert done.status == 0, done
    assert "10 entries deleted" in done.out.decode()


def test_a_vault_sealed_by_credential_manager_takes_what_is_too_long(wine: Wine) -> None:
    done = wine.factorywager("vault", "init", "--mode", "sealed")
    assert done.status == 0, done
    assert "AppData\\Local\\factorywager" in done.err
    assert wine.factorywager("--store", "vault", "set", "long", stdin=b"x" * 5000).status == 0
    done = wine.factorywager("--store", "vault", "get", "-n", "long")
    assert (done.status, done.out) == (0, b"x" * 5000)
    listed = json.loads(wine.factorywager("list", "--json", "--service", "com.factorywager.vault", env=STORE).out)
    identity = json.loads(wine.factorywager("vault", "status", "--json").out)["id"]
    assert [entry["name"].startswith(identity) for entry in listed].count(True) == 1


def test_the_secret_service_is_named_as_missing(wine: Wine) -> None:
    done = wine.factorywager("--store", "secret-service", "get", "token")
    assert done.status == 10
    assert "hint:" in done.err


def test_without_a_console_nobody_is_asked(wine: Wine) -> None:
    done = wine.python(
        "-c",
        "from factorywager.cli.prompts import Prompts\n"
        "from factorywager.errors import InteractionNotAllowedError\n"
        "try: Prompts(False).secret('Value')\n"
        "except InteractionNotAllowedError: print('refused')",
        env={"PYTHONPATH": wine.path(Path(__file__).parents[2] / "src")},
    )
    assert done.out.strip() == b"refused", done


def test_a_value_is_typed_at_a_console_unseen(wine: Wine, tmp_path: Path) -> None:
    console = wine.console("-m", "factorywager", "set", "typed", env=STORE, directory=tmp_path)
    console.expect(":")  # the question comes sign by sign, each with its own movements of the cursor
    console.type("made ux\x7fp\r")
    assert console.end() == 0
    assert "x" not in console.screen.partition(":")[2].partition("stored")[0].replace("\x1b[?25", "")
    assert wine.factorywager("get", "-n", "typed", env=STORE).out == b"made up"


def test_nothing_typed_is_a_cancellation(wine: Wine, tmp_path: Path) -> None:
    console = wine.console("-m", "factorywager", "set", "typed not", env=STORE, directory=tmp_path)
    console.expect(":")
    console.type("\r")
    assert console.end() == 6
