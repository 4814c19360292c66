"""What is proposed as a secret and what is left as configuration; every known token's shape, met and missed."""

from __future__ import annotations

import re
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factorywager.protocols.tokens import TOKENS, Token, known
from factorywager.services.suspicion import suspect

LETTERS = (string.ascii_letters + string.digits) * 12


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token.name)
@given(data=st.data())
def test_every_shape_is_known_by_a_mark(token: Token, data: st.DataObject) -> None:
    shape = st.from_regex(re.compile(token.pattern, re.ASCII), fullmatch=True)
    value = data.draw(shape.filter(lambda text: text == text.strip()))  # a value is known by what is left of it then
    assert any(mark in value for mark in token.marks)
    found = re.search(token.expression.encode(), f" {value} ".encode())
    assert found is not None
    assert found[0] == value.encode()
    assert known(f"prefix {value} suffix") is not None
    assert suspect("whatever", value) is not None


def test_names_are_distinct_and_revocations_are_sentences() -> None:
    assert len({token.name for token in TOKENS}) == len(TOKENS)
    for token in TOKENS:
        assert re.fullmatch(r"[A-Z].*\.", token.revoke)
        assert "://" not in token.revoke


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("GITHUB", f"ghp_{LETTERS[:36]}", "GitHub personal access token"),
        ("X", f"sk_live_{LETTERS[:24]}", "Stripe secret key"),
        ("default.aws_access_key_id", "AKIAIOSFODNN7EXAMPLE", "AWS access key id"),
        ("default.aws_secret_access_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "name"),
        ("DATABASE_URL", "postgres://app:made-up@db.example.com/app", "URL with a password"),
        ("KEY", "-----BEGIN RSA PRIVATE KEY-----\nmade up", "private key"),
        ("DB_PASSWORD", "hunter2", "name"),
        ("dbPassword", "hunter2", "name"),
        ("API_KEY_2", "made-up", "name"),
        ('auths."ghcr.io".password', "made-up", "name"),
        ("//registry.npmjs.org/:_authToken", "made-up", "name"),
        ("THING", "9f86d081884c7d659a2feaa0c55ad015", "random"),
        ("THING", "kX9v2LmQ8rTz4WbN7yPd", "random"),
    ],
)
def test_secrets_are_proposed(key: str, value: str, reason: str) -> None:
    suspicion = suspect(key, value)
    assert suspicion is not None
    assert suspicion.reason == reason


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PORT", "5432"),
        ("DATABASE_HOST", "db.internal.example.com"),
        ("DATABASE_URL", "postgres://db.example.com/app"),
        ("LOG_LEVEL", "debug"),
        ("PASSWORD", ""),
        ("PASSWORD", "changeme"),
        ("API_KEY", "<your-key>"),
        ("API_KEY", "your-api-key-here"),
        ("API_KEY", "${OTHER}"),
        ("API_KEY", "fw://com.factorywager.cli/api-key"),
        ("DATABASE_URL", "postgres://app:${PASSWORD}@db/app"),
        ("MAX_TOKENS", "16"),
        ("TOKEN_URL", "https://example.com/oauth/token"),
        ("TOKEN_TTL", "3600"),
        ("PUBLIC_KEY", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"),
        ("PASSWORD_FILE", "/run/secrets/db"),
        ("PASSWORD", "/run/secrets/db"),
        ("REQUEST_ID", "123e4567-e89b-12d3-a456-426614174000"),
        ("VERSION", "1.22.333.4444"),
        ("WHO", "somebody.or.other@mail.example.com"),
        ("GIT_COMMIT", "82bced052bfb2b94efdd9c9b104aae7232def2ce"),
        ("X", "sha512-yhUtP7ExLYRcsnOwYkWigvMKTKAruPMzv8BvVuj78SG5KcKQD7MScVx1sTjo/MC9sk9HsMHNEYIyoYyhfFU3jQ=="),
        ("TITLE", "a-title-of-many-words-with-dashes-in-it"),
    ],
)
def test_configuration_is_left(key: str, value: str) -> None:
    assert suspect(key, value) is None


@given(st.text(), st.text(max_size=2000))
def test_anything_may_be_asked(key: str, value: str) -> None:
    suspicion = suspect(key, value)
    assert suspicion is None or (suspicion.reason and len(suspicion.reason) < 40)


@pytest.mark.parametrize(
    "piece",
    ["a://", "eyJ", "eyJaaaaaaaaaa.", "-----BEGIN ", "a:b@", "://:", "xox", "A", "${", "0.", "sk-proj-", "gldt-a-"],
)
def test_a_long_value_takes_linear_time(piece: str) -> None:
    """1 MB, the longest file there may be: quadratic time would be minutes."""
    began = time.process_time()
    suspect("X", piece * (1_000_000 // len(piece)))
    assert time.process_time() - began < 20
