"""What looks like a secret and is in no store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from factorywager.protocols.tokens import TOKENS
from factorywager.services.scan.scan import Report
from factorywager.services.scan.unknown import ASSIGNED

Search = Callable[..., Report]


def _kinds(report: Report) -> list[tuple[int | None, str]]:
    return [(each.line, each.kind) for each in report.findings]


def test_known_shapes_are_found_by_their_names(search: Search, tmp_path: Path) -> None:
    shapes = ["ghp_" + "aB3d" * 9, "AKIA" + "ABCD2345EFGH67IJ", "sk_live_" + "a1B2c3D4" * 3, "npm_" + "x9Y8" * 9]
    (tmp_path / "f").write_text("".join(f"token {shape}\n" for shape in shapes))
    assert _kinds(search(tmp_path, unknown=True)) == [
        (1, "GitHub personal access token"),
        (2, "AWS access key id"),
        (3, "Stripe secret key"),
        (4, "npm token"),
    ]
    assert search(tmp_path).findings == []  # only when asked for


def test_the_engine_takes_every_shape(search: Search, tmp_path: Path) -> None:
    from factorywager.services.scan.unknown import _for_the_engine

    for token in TOKENS:
        assert "(?" not in _for_the_engine(token.pattern).replace("(?:", "")
    url = "postgres://someone:s3cretpw@db.internal/x"
    jwt = f"eyJ{'hbGci' * 20}.eyJ{'zdWIi' * 1500}.{'c2ln' * 20}"
    (tmp_path / "f").write_text(f"{url}\n{jwt}\n-----BEGIN RSA PRIVATE KEY-----\n")
    assert _kinds(search(tmp_path, unknown=True)) == [
        (1, "URL with a password"),
        (2, "JSON Web Token"),
        (3, "private key"),
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("api_key = 'k3J9x2Lm8QpR4tVw'", True),
        ('"password": "Tr0ub4dor&3xyz"', True),
        ("DB_PASSWORD=x9Kd83jJs02k", True),
        ("export SESSION_SECRET=9f86d081884c7d659a2f", True),
        ("password = get_password()", False),
        ("password = 'your-password-here'", False),
        ("token_url = 'https://example.com/oauth/token'", False),
        ("PASSWORD=$OTHER_VARIABLE1", False),
        ("key = 'primary_key_column'", False),
        ("secret: '${{ secrets.GITHUB_TOKEN }}'", False),
        ("token = 'aaaaaaaaaaaa1'", False),
        ("DB_PASSWORD=UN0IV2yPnly7A6wY%CFHQ9a", True),
        ("password = 'prefix-%s-17-suffix'", False),
        ("REVISION=82bced052bfb2b94efdd9c9b104aae7232def2ce", False),
    ],
)
def test_random_values_behind_telling_names(line: str, found: bool, search: Search, tmp_path: Path) -> None:
    (tmp_path / "f").write_text(f"first\n{line}\n")
    assert _kinds(search(tmp_path, unknown=True)) == ([(2, ASSIGNED)] if found else [])


@pytest.mark.parametrize("url", ["https://user:s3cretpw@sub.example.com:8080/p", "http://user:pass@host/repo"])
def test_urls_of_documentation_are_left(url: str, search: Search, tmp_path: Path) -> None:
    (tmp_path / "f").write_text(f"see {url} for more\n")
    assert _kinds(search(tmp_path, unknown=True)) == []


def test_a_value_of_the_store_is_told_as_that_and_not_twice(
    keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    value = "ghp_" + "aB3d" * 9
    keep(entry=value)
    (tmp_path / "f").write_text(f"api_token = '{value}'\n")
    assert _kinds(search(tmp_path, unknown=True)) == [(1, "plain")]


def test_binary_data_is_not_suspected(search: Search, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\0\1\2 ghp_" + b"aB3d" * 9)
    assert search(tmp_path, unknown=True).findings == []
