"""What the commands rest on, over any input: the database's URL, values, and what is shown."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from factorywager import Secret
from factorywager.cli.output import shown
from factorywager.cli.values import checked
from factorywager.errors import ArgumentValueError
from factorywager.services.database import Database

_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)


@given(_TEXT, _TEXT, _TEXT, _TEXT)
def test_every_part_of_the_url_comes_back(host: str, user: str, password: str, database: str) -> None:
    assume(":" not in host)
    with Database(host, "6543", user, Secret(password), database).url().lease() as view:
        url = str(view, "ascii")
    parts = urlsplit(url)
    assert (parts.scheme, parts.port) == ("postgresql", 6543)
    credentials, _, place = parts.netloc.rpartition("@")
    assert [unquote(part) for part in credentials.split(":")] == [user, password]
    assert unquote(place.rpartition(":")[0]) == host
    assert unquote(parts.path) == f"/{database}"


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("::1", "[::1]"),
        ("fe80::1%eth0", "[fe80::1%25eth0]"),
        ("/var/run/postgresql", "%2Fvar%2Frun%2Fpostgresql"),
        ("db.example.com", "db.example.com"),
    ],
)
def test_hosts_that_are_no_plain_names(host: str, place: str) -> None:
    with Database(host, "5432", "u", Secret("p"), "d").url().lease() as url:
        assert str(url, "ascii") == f"postgresql://u:p@{place}:5432/d"


@given(st.binary(max_size=64))
def test_values_are_accepted_just_when_they_are_text_without_nul(raw: bytes) -> None:
    try:
        text = raw.decode()
        good = bool(text) and "\0" not in text
    except UnicodeDecodeError:
        good = False
    if not good:
        with pytest.raises(ArgumentValueError):
            checked(Secret(raw))
    else:
        assert checked(Secret(raw)).reveal() == text


@given(st.text())
def test_what_is_shown_can_be_printed_and_ordinary_text_is_left_alone(text: str) -> None:
    assert shown(text).isprintable()
    assert shown(text) == text or not text.isprintable()
