"""Every command on Windows: each ends as documented there, with Windows' paths and Windows' rules about files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from factorywager.cli.registry import NAMES
from harness.wine import Done, Wine

STORE = {"FACTORYWAGER_STORE": "credential-manager"}
VALUE = "made-up-value-4711"
TESTS = Path(__file__).parents[1]


def _env(service: str) -> Mapping[str, str]:
    return {**STORE, "FACTORYWAGER_SERVICE": f"com.example.{service}"}


def _in_one_process(wine: Wine, *lines: list[str], env: Mapping[str, str] | None = None) -> list[int]:
    """The exit statuses of several command lines, which share a start of the interpreter."""
    code = (
        "import json, os, sys\n"
        "from factorywager.cli.main import main\n"
        "statuses = []\n"
        "for line in json.loads(sys.argv[1]):\n"
        "    try: statuses.append(main(line))\n"
        "    except SystemExit as ended: statuses.append(ended.code or 0)\n"
        "print('\\n' + json.dumps(statuses))\n"
    )
    path = {"PYTHONPATH": wine.path(TESTS.parent / "src")}
    done = wine.python("-c", code, json.dumps(lines), env={**path, **(env or {})})
    assert done.status == 0, done
    statuses: list[int] = json.loads(done.out.splitlines()[-1])
    return statuses


def test_every_command_explains_itself(wine: Wine) -> None:
    listed = wine.factorywager("--help")
    assert listed.status == 0, listed
    assert [name for name in NAMES if f"\n  {name} " not in listed.out.decode().replace("\r", "")] == []
    assert set(_in_one_process(wine, *[[*name.split(), "--help"] for name in NAMES])) == {0}


def test_the_guide_s_credentials(wine: Wine) -> None:
    env = _env("guide")
    assert _in_one_process(
        wine,
        ["store-token", VALUE],
        ["get-token"],
        ["generate-jwt"],
        ["store-db", "localhost", "5432", "me", "made up", "data"],
        ["get-db", "--json"],
        ["list", "--all", "--all-writers"],
        ["delete", "tier-api-token"],
        ["get-token"],
        ["completion", "bash"],
        ["version"],
        env=env,
    ) == [0, 0, 0, 0, 0, 0, 0, 3, 0, 0]


def _corpus(directory: Path) -> None:
    below = directory / "below"
    below.mkdir(parents=True)
    (below / "notes.txt").write_bytes(f"first\r\nsecond\x1a {VALUE}\r\n".encode())  # no control-Z ends a file here
    (below / "left out.txt").write_text(VALUE)
    (directory / ".fwignore").write_text("below/left*\n")
    with zipfile.ZipFile(directory / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/old.txt", VALUE)
    (directory / "large.bin").write_bytes(b"\0" * (9 << 20) + VALUE.encode())  # longer than the buffer


def test_scan_and_prove_find_what_is_left(wine: Wine, tmp_path: Path) -> None:
    env = _env("scan")
    corpus = tmp_path / "corpus"
    _corpus(corpus)
    assert wine.factorywager("set", "token", stdin=VALUE.encode(), env=env).status == 0
    done = wine.factorywager("scan", "--json", wine.path(corpus), env=env)
    assert done.status == 20, done
    top = wine.path(corpus)
    found = {(each["path"], each["line"]) for each in json.loads(done.out)["found"]}
    assert (f"{top}\\below\\notes.txt", 2) in found
    assert any(path == f"{top}\\large.bin" for path, _ in found)
    assert any("packed.zip" in path and "inner/old.txt" in path for path, _ in found)
    assert len(found) == 3
    done = wine.factorywager("prove", "--json", wine.path(corpus), env=env)
    assert (done.status, len(json.loads(done.out)["scan"]["found"])) == (20, 3)
    report = tmp_path / "report.json"
    report.write_bytes(done.out)
    assert wine.factorywager("prove", "--verify", wine.path(report), env=env).status == 0
    report.write_bytes(done.out.replace(b'"clean": false', b'"clean": true'))
    assert wine.factorywager("prove", "--verify", wine.path(report), env=env).status not in (0, 70)


def test_scan_names_what_windows_has_not(wine: Wine, tmp_path: Path) -> None:
    done = wine.factorywager("scan", "--json", "--places", "journal", wine.path(tmp_path), env=_env("none"))
    assert done.status == 0, done
    (passed_over,) = json.loads(done.out)["passed_over"]
    assert passed_over["path"] == "journal"
    done = wine.factorywager("scan", "--staged", env=_env("scan"))
    assert (done.status, "hint:" in done.err, "git" in done.err) == (2, True, True), done
    done = wine.factorywager("scan", "--install-hook", env=_env("scan"))
    assert (done.status, "hint: install git" in done.err) == (17, True), done


def test_a_pipe_is_read_to_its_end_and_not_waited_for_without_end(wine: Wine) -> None:
    """What `scan` reads git by, and `bench` its workers: Windows' select knows no pipes."""
    code = (
        "import subprocess, sys\n"
        "from factorywager.flow import Deadline\n"
        "from factorywager.flow.descriptor import read_into\n"
        "say = 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 4096); sys.stdout.flush(); sys.stdin.read()'\n"
        "child = subprocess.Popen([sys.executable, '-c', say], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "into, got = memoryview(bytearray(4 << 20)), b''\n"
        "while len(got) < 1 << 20: got += into[:read_into(child.stdout.fileno(), into, Deadline(60))]\n"
        "assert got == bytes(range(256)) * 4096\n"
        "assert read_into(child.stdout.fileno(), into, Deadline(0.2)) is None\n"
        "child.stdin.close(); child.wait()\n"
        "print('whole')\n"
    )
    done = wine.python("-c", code, env={"PYTHONPATH": wine.path(TESTS.parent / "src")})
    assert done.out.strip() == b"whole", done


def test_bench_measures_and_leaves_nothing(wine: Wine) -> None:
    done = wine.factorywager("bench", "--json", "--rounds", "1", env=_env("bench"))
    assert done.status == 0, done
    medians = {result["key"]: result["median"] for result in json.loads(done.out)["results"]}
    assert medians.keys() >= {"library.get", "library.get_many_50", "python.process", "library.process"}
    assert min(medians.values()) > 0
    assert b"com.factorywager.bench" not in wine.factorywager("list", "--all", env=STORE).out


def test_adopt_takes_over_what_python_keyring_wrote(wine: Wine) -> None:
    env = _env("adopt")
    code = (
        "from keyring.backends.Windows import WinVaultKeyring\n"
        f"WinVaultKeyring().set_password('com.example.adopt', 'theirs', {VALUE!r})"
    )
    assert wine.python("-c", code).status == 0
    done = wine.factorywager("adopt", env=env)
    assert done.status == 0, done
    assert wine.factorywager("get", "-n", "theirs", env=env).out == VALUE.encode()


# Of these Wine keeps, in the mode of the file beneath: whether it is read-only, and whether others may read it.
_KEPT = 0o204


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o444])
def test_migrate_keeps_the_file_s_access_list_and_attributes_and_undo_brings_it_back(
    wine: Wine, tmp_path: Path, mode: int
) -> None:
    env = {**_env(f"migrate{mode:o}"), "FACTORYWAGER_HOME": wine.path(tmp_path / "home")}
    file = tmp_path / "project" / ".env"
    file.parent.mkdir()
    before = f"# mine\r\nAPI_TOKEN={VALUE}\r\n".encode()
    file.write_bytes(before)
    file.chmod(mode)

    def migrate(*argv: str) -> Done:
        done = wine.factorywager("migrate", *argv, wine.path(file), env=env)
        assert done.status == 0, done
        return done

    migrate("--replace", "--all")
    assert VALUE.encode() not in file.read_bytes()
    assert file.read_bytes().startswith(b"# mine\r\nAPI_TOKEN=")
    assert b"fw://" in file.read_bytes()
    assert file.stat().st_mode & _KEPT == mode & _KEPT
    migrate("--undo")
    assert file.read_bytes() == before
    assert file.stat().st_mode & _KEPT == mode & _KEPT
    assert [path.name for path in file.parent.iterdir()] == [".env"]  # no draft is left


def test_a_vault_from_its_making_to_an_earlier_version(wine: Wine, tmp_path: Path) -> None:
    home = {"FACTORYWAGER_STORE": "vault", "FACTORYWAGER_HOME": wine.path(tmp_path / "home")}
    assert wine.factorywager("vault", "init", env=home).status == 0
    for value in (b"first", b"second"):
        assert wine.factorywager("set", "token", stdin=value, env=home).status == 0
    assert _in_one_process(
        wine,
        ["vault", "status"],
        ["vault", "history", "token"],
        ["vault", "restore", "token", "1"],
        ["vault", "rekey"],
        ["vault", "lock"],
        ["vault", "unlock"],
        env=home,
    )[:4] == [0, 0, 0, 0]
    assert wine.factorywager("get", "-n", "token", env=home).out == b"first"
