"""The conformance kit: what every store must do, as one class of tests to subclass.

::

    class TestMyStore(StoreConformance):
        @pytest.fixture
        def store(self, tmp_path):
            store = MyStore(tmp_path)
            yield store
            store.close()

Each test is run through both facades.  What a store may lack (`Lists`, `Watches`, `KeepsExpiry`) is looked for in the
store itself; where it is missing, the tests of it are that the facade refuses by name.
"""

from __future__ import annotations

from .entries import EntryConformance
from .lives import LifeConformance
from .several import SeveralConformance
from .watching import WatchConformance


class StoreConformance(EntryConformance, SeveralConformance, LifeConformance, WatchConformance):
    """Everything.  A subclass, named ``Test…``, needs a fixture ``store`` and nothing else.

    The store may be shared between tests and hold entries of others: each test has a service of its own.
    """


__all__ = ["EntryConformance", "LifeConformance", "SeveralConformance", "StoreConformance", "WatchConformance"]
