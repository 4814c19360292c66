"""What the tests of the cache share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from factorywager.services import cache as module
from harness.caller import Caller
from harness.watched import Clock, Watched


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


@pytest.fixture
def store() -> Watched:
    store = Watched()
    store.put("token", "one")
    return store


@pytest.fixture
def secrets(store: Watched, open_secrets: Callable[..., Caller]) -> Caller:
    return open_secrets(store, cache=60)
