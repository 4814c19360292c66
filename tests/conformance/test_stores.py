"""Every store of this library passes the suite that is shipped for other people's."""

from __future__ import annotations

from factorywager.testing import StoreConformance


class TestStores(StoreConformance):
    """Once for each of the fixture ``store``'s (conftest)."""
