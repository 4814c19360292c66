"""Tests of the Windows store against a real `advapi32`: on Windows, and under Wine by way of ``tests/wine``."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator

import pytest

from factorywager.stores.credential_manager.store import CredentialManagerStore

from .raw import Credentials

collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]

_numbers = itertools.count()


@pytest.fixture
def store() -> CredentialManagerStore:
    return CredentialManagerStore()


@pytest.fixture
def raw() -> Iterator[Credentials]:
    """Another program's hand on the credentials; what it wrote is gone afterwards."""
    raw = Credentials()
    yield raw
    raw.clear()


@pytest.fixture
def service() -> str:
    """A service that no other test uses."""
    return f"com.example.windows{next(_numbers)}"
