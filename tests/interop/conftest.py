"""A real GNOME Keyring, started and unlocked, and real Bun beside it."""

from __future__ import annotations

import pytest

from harness.bun import Bun
from harness.gnome_keyring import GnomeKeyring


@pytest.fixture
def daemon(keyring: GnomeKeyring) -> GnomeKeyring:
    return keyring.start()


@pytest.fixture
def bun(daemon: GnomeKeyring) -> Bun:
    return Bun(daemon.bus.env)
