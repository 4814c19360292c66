"""The fake itself: other people's clients take it for a Secret Service, and its faults are there."""

from __future__ import annotations

import subprocess

import pytest

from factorywager.testing import FakeSecretService, Fault
from factorywager.testing.secret_service.tamper import DAMAGE
from harness.bun import Bun
from harness.parts import require

from .operations import NAME, OLD, OPERATIONS, SERVICE, outcome


@pytest.mark.parametrize("daemon", ["gnome-keyring"], indirect=True)
def test_secret_tool_takes_it_for_a_keyring(fake: FakeSecretService) -> None:
    (program,) = require("secret-tool")
    environment = {"DBUS_SESSION_BUS_ADDRESS": fake.address}
    attributes = ["xdg:schema", "com.oven-sh.bun.Secret", "service", SERVICE, "account", "from outside"]
    subprocess.run(
        [program, "store", "--label=x", *attributes], input=b"hello", env=environment, timeout=20, check=True
    )
    assert fake.values(SERVICE, "from outside") == [b"hello"]
    found = subprocess.run(
        [program, "lookup", *attributes], env=environment, timeout=20, check=True, capture_output=True
    )
    assert found.stdout == b"hello"


@pytest.mark.parametrize("daemon", ["gnome-keyring"], indirect=True)
def test_bun_takes_it_for_a_keyring(fake: FakeSecretService) -> None:
    entry = {"service": SERVICE, "name": NAME}
    bun = Bun({"DBUS_SESSION_BUS_ADDRESS": fake.address, "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"})
    calls = [
        {"verb": "get", "args": [entry]},
        {"verb": "set", "args": [{**entry, "value": "from bun"}]},
        {"verb": "delete", "args": [{**entry, "name": "other"}]},
    ]
    results = bun.run(calls)
    assert results[0]["value"] == OLD
    assert fake.values(SERVICE, NAME) == [b"from bun"]
    assert fake.values(SERVICE, "other") == []


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name)
def test_every_fault_is_looked_at_somewhere(fault: Fault) -> None:
    """One that no line of the fake asks for could make no test fail."""
    from pathlib import Path

    import factorywager.testing.secret_service as kit

    room = Path(kit.__file__).parent
    sources = [path.read_text() for path in room.glob("*.py") if path.name not in ("faults.py", "personality.py")]
    assert fault in DAMAGE or any(f"Fault.{fault.name}" in source for source in sources)


def test_a_fault_shows_where_and_as_often_as_it_was_armed(fake: FakeSecretService, open_secrets) -> None:
    secrets = open_secrets("secret-service", interactive=True, timeout=5)
    assert outcome(OPERATIONS["get"], secrets) == OLD
    fake.arm(Fault.WRONG_SIGNATURE, "SearchItems", skip=1, times=1)
    told = [outcome(OPERATIONS["exists"], secrets) for _ in range(3)]
    assert [answer is True for answer in told] == [True, False, True]
