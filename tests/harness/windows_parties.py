"""Who takes part in docs/interop.md on Windows: programs under Wine, entries and answers through pipes, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .parties import ADOPT, Entry, Party
from .windows_python import windows_bun
from .wine import Wine
from .writers import PEERS, require_peers

_HERE = Path(__file__).parent
_SOURCES = _HERE.parents[1] / "src"

# Each is `keep(verb, service, name, value)` for one keeper, inside.
_KEEPERS = {
    "factorywager, blocking": """
from factorywager.blocking import Secrets
secrets = Secrets("credential-manager", interactive=False)
def keep(verb, service, name, value):
    return secrets.get(service, name) if verb == "get" else secrets.set(service, name, value)
""",
    "factorywager, asyncio": """
import asyncio
from factorywager import AsyncSecrets
loop, secrets = asyncio.new_event_loop(), AsyncSecrets("credential-manager", interactive=False)
def keep(verb, service, name, value):
    call = secrets.get(service, name) if verb == "get" else secrets.set(service, name, value)
    return loop.run_until_complete(call)
""",
    "python-keyring": """
from keyring.backends.Windows import WinVaultKeyring
keyring = WinVaultKeyring()
def keep(verb, service, name, value):
    return keyring.get_password(service, name) if verb == "get" else keyring.set_password(service, name, value)
""",
    ADOPT: """
from factorywager.flow.blocking import run
from factorywager.services.operations import Operations
from factorywager.stores.credential_manager.store import CredentialManagerStore
operations = Operations(CredentialManagerStore(), interactive=False)
there = {(found.service, found.name): found for found in run(operations.list_foreign())}
def keep(verb, service, name, value):
    return run(operations.get_foreign(there[service, name])).reveal()
""",
}

_INSIDE = """
import json, sys, warnings
warnings.simplefilter("ignore")
results = []
for call in json.load(sys.stdin):
    try:
        results.append({"value": keep(call["verb"], call["service"], call["name"], call["value"])})
    except Exception as error:
        results.append({"error": type(error).__name__})
print(json.dumps(results))
"""


class WindowsParty:
    """One keeper under Wine; how it is started is up to those below."""

    def __init__(self, wine: Wine, name: str) -> None:
        self.name = name
        self._wine = wine

    def write(self, entries: Sequence[Entry]) -> list[bool]:
        return ["error" not in result for result in self._calls("set", entries)]

    def read(self, entries: Sequence[Entry], writer: str) -> list[str | None]:
        return [result.get("value") for result in self._calls("get", entries)]

    def _calls(self, verb: str, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        calls = [{"verb": verb, "writer": self.name, **entry._asdict()} for entry in entries]
        done = self._run(json.dumps(calls).encode())
        assert done.status == 0, done
        return json.loads(done.out)

    def _run(self, calls: bytes) -> Any:
        code = _KEEPERS[self.name] + _INSIDE
        return self._wine.python("-c", code, stdin=calls, env={"PYTHONPATH": self._wine.path(_SOURCES)})


class WindowsPeer(WindowsParty):
    """keytar or keyring-rs, in ``bun.exe``."""

    def _run(self, calls: bytes) -> Any:
        return self._wine.run([windows_bun(), self._wine.path(PEERS / "writers.mjs")], stdin=calls)


class WindowsBun(WindowsParty):
    """Real ``Bun.secrets``, in ``bun.exe``."""

    def _calls(self, verb: str, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        calls = [
            {
                "verb": verb,
                "args": [entry._asdict() if verb == "set" else {"service": entry.service, "name": entry.name}],
            }
            for entry in entries
        ]
        done = self._wine.run(
            [windows_bun(), self._wine.path(_HERE / "bun_secrets.mjs")], stdin=json.dumps(calls).encode()
        )
        assert done.status == 0, done
        return [{"error": result["thrown"]} if "thrown" in result else result for result in json.loads(done.out)]


def on_windows(wine: Wine) -> list[Party]:
    """Everyone who can be had; ``factorywager adopt`` only reads."""
    require_peers("win32-x64-msvc")
    return [
        WindowsParty(wine, "factorywager, blocking"),
        WindowsParty(wine, "factorywager, asyncio"),
        WindowsBun(wine, "Bun.secrets"),
        WindowsParty(wine, "python-keyring"),
        WindowsPeer(wine, "keytar"),
        WindowsPeer(wine, "keyring-rs"),
        WindowsParty(wine, ADOPT),
    ]
