"""`Bun`: real Bun.secrets, one process for a list of calls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .child import run_json
from .parts import require

_SCRIPT = Path(__file__).with_name("bun_secrets.mjs")


class Bun:
    """Runs calls of ``Bun.secrets`` under an environment; values travel through pipes, as JSON."""

    def __init__(self, env: Mapping[str, str]) -> None:
        (self._program,) = require("bun")
        self._env = dict(env)

    def run(self, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """For each ``{"verb", "args"}`` either ``{"value"}`` or ``{"thrown": {name, code, message, sync}}``."""
        return run_json([self._program, str(_SCRIPT)], calls, self._env)

    def call(self, verb: str, *args: Any) -> Any:
        """One call's value; an error in Bun is a failure of the test."""
        (result,) = self.run([{"verb": verb, "args": args}])
        assert "thrown" not in result, result
        return result["value"]

    def get(self, service: str, name: str) -> str | None:
        return self.call("get", {"service": service, "name": name})

    def set(self, service: str, name: str, value: str) -> None:
        self.call("set", {"service": service, "name": name, "value": value})

    def delete(self, service: str, name: str) -> bool:
        return self.call("delete", {"service": service, "name": name})
