"""Password managers' own files: KeePass databases as pykeepass and KeePassXC have them, 1Password's archive."""

from __future__ import annotations

import io
import json
import random
import zipfile

import pytest
from pykeepass import create_database

from factorywager.errors import AuthenticationError, CorruptError, TooLongError
from factorywager.protocols.formats import keepass, onepassword

PASSWORD = "made up"


@pytest.fixture(scope="module")
def database() -> bytes:
    """An entry in a group, two with one title, and one in the recycle bin."""
    stream = io.BytesIO()
    made = create_database(stream, password=PASSWORD)
    group = made.add_group(made.root_group, "work")
    entry = made.add_entry(group, "GitHub", "somebody", "hunter2", url="https://github.com", notes="two\nlines")
    entry.set_custom_property("PAT", "ghp_schön🔑", protect=True)
    made.add_entry(made.root_group, "Mail", "one", "first")
    made.add_entry(made.root_group, "Mail", "two", "second", force_creation=True)
    made.trash_entry(made.add_entry(made.root_group, "Old", "x", "thrown away"))
    stream.seek(0)
    stream.truncate()
    made.save(stream)
    return stream.getvalue()


def test_a_keepass_database(database: bytes) -> None:
    founds = keepass.unlock(database, "any.kdbx", PASSWORD)
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
        try:
            keepass.unlock(bytes(raw), "any.kdbx", PASSWORD)
        except (CorruptError, AuthenticationError, TooLongError) as error:
            told = error.message
        else:
            assert bytes(raw) == database
            continue
        assert told.startswith("any.kdbx")


def test_damaged_databases(database: bytes) -> None:
    damaged_databases(database, 5)


@pytest.mark.long
def test_damaged_databases_often(database: bytes) -> None:
    damaged_databases(database, 40)


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


def test_damaged_archives() -> None:
    chance = random.Random("1password")
    good = archive(json.dumps(EXPORT).encode())
    for _ in range(2_000):
        raw = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        try:
            onepassword.read(bytes(raw), "any.1pux", {})
        except CorruptError as error:
            told = error.message
        else:
            continue
        assert told.startswith("any.1pux")
