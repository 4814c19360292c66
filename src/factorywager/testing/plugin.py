"""The pytest plug-in: fixtures for other people's tests.  Imports nothing before a fixture is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .secret_service import FakeSecretService, Personality


@pytest.fixture
def fake_secret_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., FakeSecretService]]:
    """Starts a `FakeSecretService` on a bus that is this process's session bus until the test ends.

    Call it with a personality, or without for GNOME Keyring's.
    """
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(personality: Personality | None = None) -> FakeSecretService:
            from .secret_service import GNOME_KEYRING, FakeSecretService

            fake = stack.enter_context(FakeSecretService(personality or GNOME_KEYRING))
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", fake.address)
            return fake

        yield start
