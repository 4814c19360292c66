"""What the tests of scanning share: values that are hard to find, and a way to search without a command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from factorywager.flow import blocking
from factorywager.model import Ref, Secret
from factorywager.services.operations import Operations
from factorywager.services.scan.scan import Plan, Report, scan
from factorywager.stores.memory import MemoryStore

SERVICE = "com.example.scan"


@pytest.fixture
def operations() -> Operations:
    """A store of this test's own, with nothing in it."""
    return Operations(MemoryStore())


@pytest.fixture
def keep(operations: Operations) -> Callable[..., None]:
    """``keep(name=value)`` puts values into the store."""

    def put(**values: str) -> None:
        for name, value in values.items():
            blocking.run(operations.set(Ref(SERVICE, name), Secret(value)))

    return put


@pytest.fixture
def search(operations: Operations) -> Callable[..., Report]:
    """``search(path, …)`` scans these paths; keywords go into the plan."""

    def run(*paths: Path | str, **plan: object) -> Report:
        return scan(operations, Plan([str(path) for path in paths], **plan))

    return run
