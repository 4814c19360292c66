"""One store for each test; the suite's body does not know which."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from factorywager.stores.store import Store
from harness.stores import STORES, open_store


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = open_store(request.param, tmp_path, request.getfixturevalue)
    yield store
    store.close()
