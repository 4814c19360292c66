"""One fake for each daemon, as new for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from factorywager.testing import FakeSecretService
from factorywager.testing.secret_service import PERSONALITIES

from .operations import fill


@pytest.fixture(params=["blocking", pytest.param("asyncio", marks=pytest.mark.long)])
def facade(request: pytest.FixtureRequest) -> str:
    """Both end in the same flows: the other one's faults are for the long selection."""
    return request.param


@pytest.fixture(scope="session")
def fakes() -> Iterator[dict[str, FakeSecretService]]:
    started = {name: FakeSecretService(personality) for name, personality in PERSONALITIES.items()}
    for one in started.values():
        one.__enter__()
    yield started
    for one in started.values():
        one.__exit__()


@pytest.fixture(params=PERSONALITIES)
def daemon(request: pytest.FixtureRequest) -> str:
    """The daemon whose ways the fake has."""
    return request.param


@pytest.fixture
def fake(daemon: str, fakes: dict[str, FakeSecretService], monkeypatch: pytest.MonkeyPatch) -> FakeSecretService:
    """The fake, with two entries, as the session bus of this process."""
    fake = fakes[daemon]
    fake.reset()
    fill(fake)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", fake.address)
    return fake
