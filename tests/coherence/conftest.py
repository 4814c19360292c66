"""A real keyring, its second client, and facades with a cache on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.caller import Caller
from harness.gnome_keyring import GnomeKeyring
from harness.raw_service import RawService

SERVICE = "com.example.coherence"


@pytest.fixture
def raw(keyring: GnomeKeyring) -> Iterator[RawService]:
    keyring.start()
    with keyring.raw() as raw:
        yield raw


@pytest.fixture
def cached(raw: RawService, open_secrets: Callable[..., Caller]) -> Caller:
    """A facade with a cache; the keyring is there and empty."""
    return open_secrets("secret-service", interactive=False, timeout=20, cache=60)
