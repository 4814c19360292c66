"""`eventually`: waiting for a condition, with an end to it; never a sleep in place of readiness."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE: Final = 20.0  # seconds; only ever used up when a test fails


def eventually(condition: Callable[[], T], what: str, *, within: float = PATIENCE) -> T:
    """The first true value of ``condition``, asked again and again until it is; fails the test after ``within``."""
    give_up = time.monotonic() + within
    pace = threading.Event()  # never set: a bounded pause between two looks, not a wait for something
    while not (result := condition()):
        if time.monotonic() > give_up:
            raise AssertionError(f"{what}: not within {within:g} s")
        pace.wait(0.005)
    return result
