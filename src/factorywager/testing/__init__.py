"""For tests: what every store must do, as a suite to subclass, and a double of what one of them talks to.

It needs pytest; nothing in the library imports this package.  Every name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conformance import StoreConformance
    from .secret_service import GNOME_KEYRING, KEEPASSXC, KWALLET, FakeSecretService, Fault, Personality, User

_HOME = {
    "StoreConformance": ".conformance",
    "FakeSecretService": ".secret_service",
    "Fault": ".secret_service",
    "GNOME_KEYRING": ".secret_service",
    "KEEPASSXC": ".secret_service",
    "KWALLET": ".secret_service",
    "Personality": ".secret_service",
    "User": ".secret_service",
}

__all__ = [
    "GNOME_KEYRING",
    "KEEPASSXC",
    "KWALLET",
    "FakeSecretService",
    "Fault",
    "Personality",
    "StoreConformance",
    "User",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "StoreConformance":
        import pytest

        pytest.register_assert_rewrite(f"{__name__}.conformance")  # so that a failure shows both sides
    value = getattr(import_module(_HOME[name], __name__), name)
    globals()[name] = value
    return value
