"""Other keepers of secrets, really run: python-keyring, keytar, keyring-rs; and go-keyring's form, written raw."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from .bus import Bus
from .child import run_json
from .parts import require
from .raw_service import RawService

PEERS = Path(__file__).with_name("peers")

# for Linux, and for what runs under Wine
INSTALL = ".venv/bin/bun install --no-save --os='*' --cpu=x64 --cwd tests/harness/peers"

_PYTHON_KEYRING = """
import json, sys
from keyring.backends.SecretService import Keyring

results = []
for call in json.load(sys.stdin):
    keyring = Keyring()
    keyring.scheme = call.get("scheme", "default")
    try:
        if call["verb"] == "set":
            results.append({"value": keyring.set_password(call["service"], call["name"], call["value"])})
        else:
            results.append({"value": keyring.get_password(call["service"], call["name"])})
    except Exception as error:
        results.append({"error": f"{type(error).__name__}: {error}"})
json.dump(results, sys.stdout)
"""


class Peer:
    """One keeper on one bus, a process for each list of calls; values travel through pipes.

    Args:
        writer: ``python-keyring``, ``keytar`` or ``keyring-rs``.
    """

    def __init__(self, writer: str, env: Mapping[str, str]) -> None:
        self.writer = writer
        self._env = dict(env)
        self._argv = (
            [sys.executable, "-c", _PYTHON_KEYRING]
            if writer == "python-keyring"
            else [require_peers(), str(PEERS / "writers.mjs")]
        )

    def run(self, calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """For each ``{verb, service, name, value}`` either ``{"value"}`` or ``{"error"}``."""
        return run_json(self._argv, [{"writer": self.writer, **call} for call in calls], self._env)

    def set(self, service: str, name: str, value: str, **options: str) -> None:
        (result,) = self.run([{"verb": "set", "service": service, "name": name, "value": value, **options}])
        assert "error" not in result, result

    def get(self, service: str, name: str) -> str | None:
        (result,) = self.run([{"verb": "get", "service": service, "name": name}])
        assert "error" not in result, result
        return result["value"]


class GoKeyring:
    """A double: items as go-keyring's ``keyring_unix.go`` makes them, since there is no Go here."""

    writer = "go-keyring"

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def set(self, service: str, name: str, value: str | bytes) -> None:
        raw_value = value.encode() if isinstance(value, str) else value
        with RawService(self._bus) as raw:
            raw.create(
                {"service": service, "username": name},
                raw_value,
                label=f"Password for '{name}' on '{service}'",
                replace=True,
                content_type="text/plain; charset=utf8",
            )

    def get(self, service: str, name: str) -> str | None:
        with RawService(self._bus) as raw:
            found = raw.search({"service": service, "username": name})
            return raw.value(found[0]).decode() if found else None


def require_peers(platform: str = "linux-x64-gnu") -> str:
    """The path of Bun, which runs them; skips where they are not installed for that platform."""
    (bun,) = require("bun")
    if not (PEERS / "node_modules" / "@napi-rs" / f"keyring-{platform}").exists():
        pytest.skip(f"needs keytar and keyring-rs: run `{INSTALL}`")
    return bun
