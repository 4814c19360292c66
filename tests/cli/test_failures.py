"""What is said when a store fails half-way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factorywager.cli import main as module
from factorywager.cli import session
from factorywager.errors import PlatformError, StorageFullError
from factorywager.flow import Flow
from factorywager.model import Ref, Secret
from factorywager.stores.memory import MemoryStore
from factorywager.stores.store import Options, Terms


class Faulty(MemoryStore):
    """A memory store that survives its commands, takes ``room`` writes, and may forget or alter what it is given."""

    def __init__(self, room: int = 1000, alter: bool = False) -> None:
        super().__init__()
        self.room = room
        self.alter = alter

    def set(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[None]:
        self._take_room()
        return super().set(ref, Secret("altered") if self.alter else value, terms, options)

    def create(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[bool]:
        self._take_room()
        return super().create(ref, Secret("altered") if self.alter else value, terms, options)

    def _take_room(self) -> None:
        if self.room == 0:
            raise StorageFullError("no room")
        self.room -= 1

    def close(self) -> None:
        pass


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[MemoryStore], None]:
    """Makes a store the one that commands of this process use."""

    def use(store: MemoryStore) -> None:
        monkeypatch.setattr(session, "open_store", lambda *_: store)

    return use


@pytest.fixture
def env_file(tmp_path: Path) -> str:
    file = tmp_path / "three.env"
    file.write_text("DATABASE_HOST=one\nDATABASE_USER=two\nTIER_API_TOKEN=three\n")
    return str(file)


def _outcomes(out: str) -> dict[str, str]:
    return {entry["variable"]: entry["outcome"] for entry in json.loads(out)["entries"]}


@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_migration_that_fails_half_way_says_what_was_written_and_goes_on_from_there(
    room: int, serve: Any, env_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    store = Faulty(room)
    serve(store)
    assert module.main(["migrate", env_file, "--json"]) == 16
    out, err = capfd.readouterr()
    variables = ["DATABASE_HOST", "DATABASE_USER", "TIER_API_TOKEN"]
    expected = dict(zip(variables, ["migrated"] * room + ["not-written"] * (3 - room), strict=True))
    assert _outcomes(out) == expected
    assert "error: memory: com.factorywager.cli/" in err
    assert "still holds" not in err
    store.room = 1000
    assert module.main(["migrate", env_file, "--json"]) == 0
    expected = dict(zip(variables, ["unchanged"] * room + ["migrated"] * (3 - room), strict=True))
    assert _outcomes(capfd.readouterr().out) == expected


@pytest.mark.parametrize("force", [False, True])
def test_a_store_that_alters_values_is_found_out(
    force: bool, serve: Any, env_file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    store = Faulty()
    serve(store)
    if force:
        assert module.main(["set", "db-host", "before", "--quiet"]) == 0
    store.alter = True
    assert module.main(["migrate", env_file, *(["--force"] if force else [])]) == (17 if force else 12)
    out, err = capfd.readouterr()
    assert "migrated" not in out
    assert "replaced" not in out
    assert ("something else than was written" if force else "another value") in err


def test_a_conflict_writes_nothing_at_all(serve: Any, env_file: str, capfd: pytest.CaptureFixture[str]) -> None:
    serve(Faulty())
    module.main(["store-token", "before"])
    assert module.main(["migrate", env_file, "--json"]) == 12
    outcomes = _outcomes(capfd.readouterr().out)
    assert outcomes == {"DATABASE_HOST": "not-written", "DATABASE_USER": "not-written", "TIER_API_TOKEN": "conflict"}
    assert module.main(["list", "--json"]) == 0
    assert [entry["name"] for entry in json.loads(capfd.readouterr().out)] == ["tier-api-token"]


def test_doctor_tells_of_a_store_that_alters_values(serve: Any, capfd: pytest.CaptureFixture[str]) -> None:
    store = Faulty(alter=True)
    serve(store)
    assert module.main(["doctor", "--json"]) == PlatformError.exit_status
    document = json.loads(capfd.readouterr().out)
    assert document["works"] is False
    assert document["exit_status"] == PlatformError.exit_status
    assert document["sections"]["round trip"][0]["state"] == "problem"
    assert store._entries == {}, "the throw-away entry was left behind"


def test_a_jwt_key_that_somebody_else_makes_at_the_same_time_is_kept(
    serve: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    class Raced(Faulty):
        def create(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[bool]:
            yield from super().create(ref, Secret("theirs"), terms, options)
            return (yield from super().create(ref, value, terms, options))

    serve(Raced())
    assert module.main(["generate-jwt"]) == 12
    assert module.main(["get", "jwt-signing-key"]) == 0
    assert capfd.readouterr().out == "theirs\n"
