"""libsecret's own tool finds our entries by Bun's attributes, and sees Bun's label."""

from __future__ import annotations

import subprocess

import pytest

from factorywager import Secrets
from harness.gnome_keyring import GnomeKeyring
from harness.parts import require
from harness.raw_service import BUN_SCHEMA

SERVICE = "com.example.libsecret"


@pytest.fixture
def tool(keyring: GnomeKeyring):
    (program,) = require("secret-tool")
    keyring.start()

    def run(*args: str, stdin: str = "") -> tuple[str, int]:
        done = subprocess.run(
            [program, *args], env=keyring.bus.env, input=stdin, capture_output=True, text=True, timeout=20, check=False
        )
        return done.stdout + done.stderr, done.returncode

    return run


def test_it_finds_our_entry(tool) -> None:
    Secrets("secret-service").set(SERVICE, "token", "one")
    assert tool("lookup", "service", SERVICE, "account", "token") == ("one", 0)
    shown, _ = tool("search", "--all", "xdg:schema", BUN_SCHEMA, "service", SERVICE, "account", "token")
    assert f"label = {SERVICE}/token\n" in shown
    assert "secret = one\n" in shown
    assert f"schema = {BUN_SCHEMA}\n" in shown
    assert f"attribute.service = {SERVICE}\n" in shown
    assert "attribute.account = token\n" in shown


def test_we_find_what_it_stores_as_bun_would(tool) -> None:
    secrets = Secrets("secret-service")
    attributes = ("xdg:schema", BUN_SCHEMA, "service", SERVICE, "account", "token")
    assert tool("store", "--label", f"{SERVICE}/token", *attributes, stdin="two") == ("", 0)
    assert secrets.get(SERVICE, "token") == "two"
    assert secrets.list(SERVICE)[0].name == "token"
    assert tool("clear", *attributes)[1] == 0
    assert secrets.get(SERVICE, "token") is None


def test_it_does_not_find_what_we_deleted(tool) -> None:
    secrets = Secrets("secret-service")
    secrets.set(SERVICE, "token", "one")
    secrets.delete(SERVICE, "token")
    assert tool("lookup", "service", SERVICE, "account", "token") == ("", 1)
