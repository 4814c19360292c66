"""How long something may take: the promise under test is that nothing waits for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

DEADLINE = 1.0  # seconds; what tests of deadlines give an operation
GRACE = 1.0  # seconds after its deadline within which an operation must have given up


@contextmanager
def under(seconds: float) -> Iterator[None]:
    """The block must end within this time."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < seconds, f"took {took:.2f} s, not under {seconds:g} s"
