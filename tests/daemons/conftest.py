"""Facades on the Secret Service, with deadlines that a test can wait for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.bus import Bus
from harness.caller import Caller
from harness.gnome_keyring import GnomeKeyring
from harness.process import eventually
from harness.raw_service import RawService, bun_attributes

from .verbs import SERVICE


@pytest.fixture
def secrets(bus: Bus, open_secrets: Callable[..., Caller]) -> Caller:
    """May show no prompt, and has all the time a healthy daemon could need."""
    return open_secrets("secret-service", interactive=False, timeout=20)


@pytest.fixture
def interactive(bus: Bus, open_secrets: Callable[..., Caller]) -> Caller:
    """May show prompts."""
    return open_secrets("secret-service", interactive=True, timeout=20)


@pytest.fixture
def locked(keyring: GnomeKeyring) -> GnomeKeyring:
    """A keyring whose login collection holds ``token`` = ``one`` and is locked."""
    keyring.start()
    with keyring.raw() as raw:
        put(raw, "token", b"one")
    keyring.lock()
    return keyring


@pytest.fixture
def filled(keyring: GnomeKeyring) -> GnomeKeyring:
    """The same, unlocked."""
    keyring.start()
    with keyring.raw() as raw:
        put(raw, "token", b"one")
    return keyring


def put(raw: RawService, name: str, value: bytes) -> None:
    raw.create(bun_attributes(SERVICE, name), value, label=f"{SERVICE}/{name}", replace=True)


def wait_until_unlocked(keyring: GnomeKeyring) -> None:
    with keyring.raw() as raw:
        eventually(lambda: not raw.locked(), "the keyring is unlocked")
