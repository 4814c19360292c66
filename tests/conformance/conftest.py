"""One store and one facade for each test; the suite's body knows neither."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factorywager.stores.store import Store
from harness.caller import Caller
from harness.stores import STORES, open_store

_numbers = itertools.count()


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = open_store(request.param, tmp_path, request.getfixturevalue)
    yield store
    store.close()


@pytest.fixture
def secrets(store: Store, open_secrets: Callable[..., Caller]) -> Caller:
    """The facade under test, on the store under test, never interactive."""
    return open_secrets(store, interactive=False)


@pytest.fixture
def service() -> str:
    """A service no other test uses: the keyring behind them is one."""
    return f"com.example.conformance{next(_numbers)}"
