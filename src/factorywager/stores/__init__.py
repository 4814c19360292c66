"""One room per store, the interface they all have (``store.py``), and how a name becomes a store (``registry.py``)."""
