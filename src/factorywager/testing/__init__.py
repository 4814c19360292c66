"""For tests: what every store must do, as a suite to subclass, and doubles of what stores talk to.

`StoreConformance` needs pytest; nothing in the library imports this package.  Every name is imported when it is first
used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conformance import StoreConformance

_HOME = {"StoreConformance": ".conformance"}

__all__ = ["StoreConformance"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "StoreConformance":
        import pytest

        pytest.register_assert_rewrite(f"{__name__}.conformance")  # so that a failure shows both sides
    value = getattr(import_module(_HOME[name], __name__), name)
    globals()[name] = value
    return value
