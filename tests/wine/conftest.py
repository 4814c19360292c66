"""One Windows, under Wine, for all these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.crashes import shared
from harness.wine import Wine


@pytest.fixture(scope="session")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wine]:
    wine = Wine(tmp_path_factory.mktemp("wine")).start()
    shared.append(wine)
    yield wine
    shared.remove(wine)
    wine.stop()
