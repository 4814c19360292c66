"""One store for each test; the suite's body does not know which."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from factorywager.stores.store import Store
from harness.stores import STORES, open_store

collect_ignore = [] if hasattr(os, "fork") else ["test_forks.py"]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = open_store(request.param, tmp_path, request.getfixturevalue)
    yield store
    store.close()
