"""Advice: what is told to be configuration, and what is left alone although it looks like it."""

from __future__ import annotations

import json

import pytest

from factorywager.model import Ref, Secret
from factorywager.services.practices import advice


def _advice(service: str, value: str) -> list[str]:
    return list(advice(Ref(service, "name"), Secret(value)))


@pytest.mark.parametrize("service", ["api", "app", "test", "mytool", "my-tool", "用户"])
def test_a_service_of_one_word_is_too_generic(service: str) -> None:
    (sentence,) = _advice(service, "v")
    assert service in sentence
    assert "com.example.tool" in sentence


@pytest.mark.parametrize("service", ["com.factorywager.cli", "example.tool"])
def test_a_reverse_domain_is_fine(service: str) -> None:
    assert _advice(service, "v") == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("JSON", '{"debug": true, "level": 3}'),
        ("JSON", json.dumps({"servers": [{"host": "a"}, {"host": "b"}]}, indent=2)),
        ("JSON", '[{"a": 1}, {"b": 2}]'),
        ("TOML", 'title = "x"\n[server]\nport = 1\n'),
        ("TOML", "[section]\nkey = value\nother = 1\n"),
        ("YAML", "debug: true\nservers:\n  - a\n  - b\n"),
        ("KiB", "Once upon a time there was a program. " * 300),
    ],
)
def test_configuration_is_told_apart(kind: str, value: str) -> None:
    (sentence,) = _advice("com.example", value)
    assert kind in sentence
    assert value not in sentence


@pytest.mark.parametrize(
    "value",
    [
        "s3cret-token",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "correct horse battery staple",
        "postgresql://user:pa%20ss@localhost:5432/db?sslmode=require",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\n",
        '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\n"}',
        '{"auths": {"registry.example": {"auth": "dXNlcg=="}}}',
        "{not json}",
        "[]",
        "{}",
        "key=value",
        "a: b",
        "A" * 10_000,
        "用户: 密码",
        " ",
    ],
)
def test_credentials_are_left_alone(value: str) -> None:
    assert _advice("com.example", value) == []
