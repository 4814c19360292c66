"""Password managers' own files: KeePass databases as pykeepass and KeePassXC have them, 1Password's archive."""

from __future__ import annotations

import io
import json
import random
import time
import zipfile
from hashlib import sha256

import pytest

from factorywager.errors import AuthenticationError, CorruptError, TooLongError
from factorywager.protocols.formats import keepass, onepassword
from factorywager.protocols.formats.found import Found

from . import kdbx
from .damage import XML, check, mutated


def unlock(raw: bytes, file: str) -> list[Found]:
    return keepass.unlock(raw, file, kdbx.PASSWORD)


def read(raw: bytes, file: str) -> list[Found]:
    return onepassword.read(raw, file, {})


@pytest.fixture(scope="module")
def database() -> bytes:
    return kdbx.database()


def test_a_keepass_database(database: bytes) -> None:
    founds = unlock(database, "any.kdbx")
    assert {found.key: found.value for found in founds} == {
        '"work.GitHub".UserName': "somebody",
        '"work.GitHub".Password': "hunter2",
        '"work.GitHub".URL': "https://github.com",
        '"work.GitHub".Notes': "two\nlines",
        '"work.GitHub".PAT': "ghp_schön🔑",
        "Mail[0].UserName": "one",
        "Mail[0].Password": "first",
        "Mail[1].UserName": "two",
        "Mail[1].Password": "second",
    }
    assert not any(found.places for found in founds)


@pytest.mark.parametrize("password", ["wrong", None])
def test_a_wrong_password_is_its_own_error(database: bytes, password: str | None) -> None:
    with pytest.raises(AuthenticationError):
        keepass.unlock(database, "any.kdbx", password)


def test_without_a_password_it_is_asked_for(database: bytes) -> None:
    with pytest.raises(AuthenticationError, match="needs its password"):
        keepass.read(database, "any.kdbx", {})
    with pytest.raises(CorruptError):
        keepass.read(b"no database", "any.kdbx", {})


def damaged_databases(database: bytes, times: int) -> None:
    chance = random.Random("keepass")
    for _ in range(times):
        raw = bytearray(database)
        for _ in range(chance.randint(1, 3)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        if chance.random() < 0.3:
            del raw[chance.randrange(len(raw)) :]
        assert not check(unlock, bytes(raw)) or bytes(raw) == database


def damaged_inside(database: bytes, times: int) -> None:
    """What nobody but a program that has the password can have damaged: the seal is whole."""
    chance = random.Random("inside")
    seal = kdbx.Seal(database)
    assert unlock(seal.sealed(seal.inside), "any.kdbx") == unlock(database, "any.kdbx")
    good = sum(check(unlock, seal.sealed(mutated(seal.inside, chance, XML))) for _ in range(times))
    assert 0 < good < times


def test_a_value_that_cannot_be_decrypted_is_no_value(database: bytes, caplog: pytest.LogCaptureFixture) -> None:
    seal = kdbx.Seal(database)
    begin = seal.inside.index(b'Protected="True">') + len(b'Protected="True">')
    with pytest.raises(CorruptError, match=r"^any\.kdbx: a protected value"):
        unlock(seal.sealed(seal.inside[:begin] + seal.inside[begin + 4 :]), "any.kdbx")
    assert not caplog.records


def work(database: bytes, field: bytes, value: int) -> bytes:
    """The database that asks for this much: an UInt64 of its key derivation."""
    end = next(end for end in range(len(database)) if database[end : end + 32] == sha256(database[:end]).digest())
    begin = database.index(b"\1\0\0\0" + field + b"\x08\0\0\0") + 9
    header = database[:begin] + value.to_bytes(8, "little") + database[begin + 8 : end]
    return header + sha256(header).digest() + database[end + 32 :]


@pytest.mark.parametrize(("field", "value"), [(b"I", 1 << 60), (b"M", 1 << 60), (b"I", 5 << 20)])
def test_work_without_end_is_refused_before_it_is_begun(database: bytes, field: bytes, value: int) -> None:
    began = time.process_time()
    with pytest.raises(TooLongError, match=r"any\.kdbx"):
        unlock(work(database, field, value), "any.kdbx")
    assert time.process_time() - began < 5


def test_damaged_databases(database: bytes) -> None:
    damaged_databases(database, 40)
    damaged_inside(database, 40)


@pytest.mark.long
def test_damaged_databases_often(database: bytes) -> None:
    damaged_databases(database, 50_000)


@pytest.mark.long
def test_databases_damaged_inside_often(database: bytes) -> None:
    damaged_inside(database, 50_000)


EXPORT = {
    "accounts": [
        {
            "vaults": [
                {
                    "items": [
                        {
                            "state": "active",
                            "overview": {"title": "GitHub"},
                            "details": {
                                "loginFields": [
                                    {"designation": "username", "value": "somebody"},
                                    {"designation": "password", "value": "hunter2"},
                                ],
                                "notesPlain": "two\nlines",
                                "sections": [
                                    {
                                        "title": "Tokens",
                                        "fields": [
                                            {"title": "PAT", "id": "1", "value": {"concealed": "ghp_made-up"}},
                                            {"title": "PAT", "id": "2", "value": {"string": "another"}},
                                            {"title": "key", "id": "3", "value": {"sshKey": {"privateKey": "PEM"}}},
                                            {"title": "when", "id": "4", "value": {"date": 1}},
                                        ],
                                    }
                                ],
                            },
                        },
                        {"state": "archived", "overview": {"title": "Old"}, "details": {"password": "gone"}},
                        {"overview": {"title": "API"}, "details": {"password": "schön🔑"}},
                    ]
                }
            ]
        }
    ]
}


def archive(export: bytes, name: str = "export.data") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("export.attributes", "{}")
        file.writestr(name, export)
    return stream.getvalue()


def test_an_export_of_1password() -> None:
    founds = onepassword.read(archive(json.dumps(EXPORT).encode()), "any.1pux", {})
    assert {found.key: found.value for found in founds} == {
        "GitHub.username": "somebody",
        "GitHub.password": "hunter2",
        "GitHub.notes": "two\nlines",
        "GitHub.Tokens.PAT": "ghp_made-up",
        "GitHub.Tokens.PAT'": "another",
        "GitHub.Tokens.key.sshKey.privateKey": "PEM",
        "GitHub.Tokens.when": "1",
        "API.password": "schön🔑",
    }


@pytest.mark.parametrize("export", [b"[]", b"null", b'{"accounts": {}}', b'{"accounts": [1, {"vaults": [[]]}]}'])
def test_an_export_of_another_shape_is_empty(export: bytes) -> None:
    assert onepassword.read(archive(export), "any.1pux", {}) == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"PK\3\4", archive(b"no JSON"), archive(b"{}", "other"), archive(b"[" * 100_000), archive(b"\xff")],
    ids=["empty", "cut off", "no JSON", "no export.data", "nested", "no text"],
)
def test_what_is_no_export(raw: bytes) -> None:
    with pytest.raises(CorruptError, match=r"any\.1pux"):
        onepassword.read(raw, "any.1pux", {})


def test_an_archive_that_unpacks_without_end_is_refused() -> None:
    with pytest.raises(TooLongError):
        onepassword.read(archive(b" " * (65 << 20)), "any.1pux", {})


def damaged_archives(times: int) -> None:
    chance = random.Random("1password")
    export = json.dumps(EXPORT).encode()
    good = archive(export)
    for _ in range(times):
        raw = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        check(read, bytes(raw))
    whole = sum(check(read, archive(mutated(export, chance))) for _ in range(times))
    assert 0 < whole < times


def test_damaged_archives() -> None:
    damaged_archives(1_000)


@pytest.mark.long
def test_damaged_archives_often() -> None:
    damaged_archives(50_000)
