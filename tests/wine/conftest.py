"""One Windows, under Wine, for all these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.wine import Wine


@pytest.fixture(scope="session")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wine]:
    wine = Wine(tmp_path_factory.mktemp("wine")).start()
    yield wine
    wine.stop()
