"""Every store of this library passes the suite that is shipped for other people's."""

from __future__ import annotations

import pytest

from factorywager.testing import StoreConformance
from harness.stores import KEEPASSXC, UNKEEPABLE_NAMES


class TestStores(StoreConformance):
    """Once for each of the fixture ``store``'s (conftest)."""

    @pytest.fixture
    def interactive(self, request: pytest.FixtureRequest) -> bool:
        """KeePassXC may ask before it deletes, which only it knows; as it is set up here, it does not."""
        return request.node.callspec.params["store"] == KEEPASSXC

    @pytest.fixture
    def unkeepable_names(self, request: pytest.FixtureRequest) -> frozenset[str]:
        return UNKEEPABLE_NAMES.get(request.node.callspec.params["store"], frozenset())
