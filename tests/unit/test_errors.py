"""The error hierarchy: codes, exit statuses, texts, and that it is exactly what its module's picture shows."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from factorywager import errors
from factorywager.errors import (
    AmbiguousError,
    ArgumentTypeError,
    ArgumentValueError,
    FactoryWagerError,
    PlatformError,
    StoreError,
)

ALL = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, FactoryWagerError) and kind.__module__ == errors.__name__
]
LEAVES = [kind for kind in ALL if kind.code]
ABSTRACT = [kind for kind in ALL if not kind.code]


@pytest.mark.parametrize("kind", ABSTRACT, ids=lambda kind: kind.__name__)
def test_abstract_errors_refuse_to_be_raised(kind: type[FactoryWagerError]) -> None:
    with pytest.raises(TypeError, match="abstract"):
        kind("message")


def test_codes_and_exit_statuses_are_distinct() -> None:
    codes = [kind.code for kind in LEAVES]
    assert len(set(codes)) == len(codes)
    statuses = [kind.exit_status for kind in LEAVES if issubclass(kind, StoreError)]
    assert len(set(statuses)) == len(statuses)
    assert all(2 < status < 64 for status in statuses)  # 1 and 2 are taken; 64 and up are sysexits(3) and signals


def test_the_picture_shows_every_leaf_with_its_code_and_status() -> None:
    rows = re.findall(r"(\w+Error) +(?:\(\w+\) +)?(ERR_\w+) +(\d+)", errors.__doc__)
    assert {name: (code, int(status)) for name, code, status in rows} == {
        kind.__name__: (kind.code, kind.exit_status) for kind in LEAVES
    }


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_leaves_survive_pickling_and_copying(kind: type[FactoryWagerError]) -> None:
    error = kind("it broke", hint="mend it", store="vault", service="com.example", name="token", native=-25308)
    for twin in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(twin) is kind
        assert str(twin) == str(error) == "vault: com.example/token: it broke (code: -25308)"
        assert (twin.hint, twin.store, twin.service, twin.name, twin.native) == (
            "mend it",
            "vault",
            "com.example",
            "token",
            -25308,
        )


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ({}, "it broke"),
        ({"store": "vault"}, "vault: it broke"),
        ({"service": "com.example"}, "com.example: it broke"),
        ({"store": "vault", "service": "com.example", "name": "token"}, "vault: com.example/token: it broke"),
        ({"native": 0}, "it broke (code: 0)"),
    ],
)
def test_the_text_says_where(where: dict[str, object], text: str) -> None:
    assert str(PlatformError("it broke", **where)) == text


def test_python_s_own_kinds() -> None:
    assert issubclass(ArgumentTypeError, TypeError)
    assert issubclass(ArgumentValueError, ValueError)
    assert issubclass(errors.DeadlineError, TimeoutError)
    assert issubclass(errors.NotFoundError, LookupError)
    assert issubclass(AmbiguousError, errors.ConflictError)
    assert not issubclass(ArgumentTypeError, StoreError)  # safe_get must not swallow a wrong call
