"""`Party`: a program that keeps secrets, as a writer and as a reader: who takes part in docs/interop.md."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from factorywager.errors import StoreError

from .bun import Bun
from .bus import Bus
from .caller import close_caller, make_caller
from .parts import require
from .raw_service import BUN_SCHEMA
from .writers import Peer

ADOPT = "factorywager adopt"  # reads and does not write


class Entry(NamedTuple):
    """What one party writes and the others look for."""

    service: str
    name: str
    value: str


class Party(Protocol):
    """One program."""

    name: str

    def write(self, entries: Sequence[Entry]) -> list[bool]:
        """Whether each was accepted."""
        ...

    def read(self, entries: Sequence[Entry], writer: str) -> list[str | None]:
        """What is found for each by its service and name; ``None`` where nothing is, or it fails."""
        ...


class Library:
    """This library, in this process.

    Args:
        facade: ``blocking`` or ``asyncio``.
    """

    def __init__(self, facade: str, *, interactive: bool = False) -> None:
        self.name = f"factorywager, {facade}"
        self._facade = facade
        self._interactive = interactive

    def write(self, entries: Sequence[Entry]) -> list[bool]:
        def write(caller, entry: Entry) -> bool:
            try:
                caller.set(*entry)
            except StoreError:  # what the store could not give back is refused
                return False
            return True

        return self._each(entries, write)

    def read(self, entries: Sequence[Entry], writer: str) -> list[str | None]:
        def read(caller, entry: Entry) -> str | None:
            try:
                return caller.get(entry.service, entry.name)
            except StoreError:
                return None

        return self._each(entries, read)

    def _each(self, entries: Sequence[Entry], act) -> list:
        caller = make_caller(self._facade, "Secrets", "secret-service", interactive=self._interactive)
        try:
            return [act(caller, entry) for entry in entries]
        finally:
            close_caller(caller)


class Adoption:
    """This library, reading other writers' forms: what `factorywager adopt` takes over."""

    name = ADOPT

    def __init__(self, *, interactive: bool = False) -> None:
        self._interactive = interactive

    def write(self, entries: Sequence[Entry]) -> list[bool]:
        raise NotImplementedError("it writes as the library does")

    def read(self, entries: Sequence[Entry], writer: str) -> list[str | None]:
        from factorywager.flow.blocking import run
        from factorywager.services.operations import Operations
        from factorywager.stores.secret_service.store import SecretServiceStore

        operations = Operations(SecretServiceStore(), interactive=self._interactive)
        try:
            there = {(found.service, found.name): found for found in run(operations.list_foreign())}
            values: list[str | None] = []
            for entry in entries:
                found = there.get((entry.service, entry.name))
                secret = None if found is None else run(operations.get_foreign(found))
                values.append(None if secret is None else secret.reveal())
            return values
        finally:
            operations.store.close()


class BunParty:
    """Real ``Bun.secrets``."""

    name = "Bun.secrets"

    def __init__(self, env: Mapping[str, str]) -> None:
        self._bun = Bun(env)

    def write(self, entries: Sequence[Entry]) -> list[bool]:
        calls = [{"verb": "set", "args": [entry._asdict()]} for entry in entries]
        return ["thrown" not in result for result in self._bun.run(calls)]

    def read(self, entries: Sequence[Entry], writer: str) -> list[str | None]:
        calls = [{"verb": "get", "args": [{"service": entry.service, "name": entry.name}]} for entry in entries]
        return [result.get("value") for result in self._bun.run(calls)]


class SecretTool:
    """libsecret's own tool, which has no form of its own: it writes Bun's attributes, and looks for the writer's."""

    name = "secret-tool"

    def __init__(self, env: Mapping[str, str]) -> None:
        (self._program,) = require("secret-tool")
        self._env = dict(env)

    def write(self, entries: Sequence[Entry]) -> list[bool]:
        return [
            self._run(
                *("store", "--label", f"{entry.service}/{entry.name}", "xdg:schema", BUN_SCHEMA),
                *("service", entry.service, "account", entry.name),
                stdin=entry.value,
            )
            is not None
            for entry in entries
        ]

    def read(self, entries: Sequence[Entry], writer: str) -> list[str | None]:
        account = "username" if writer in ("python-keyring", "keyring-rs") else "account"
        return [self._run("lookup", "service", entry.service, account, entry.name) for entry in entries]

    def _run(self, *argv: str, stdin: str = "") -> str | None:
        done = subprocess.run(
            [self._program, *argv], env=self._env, input=stdin.encode(), capture_output=True, timeout=30, check=False
        )
        return None if done.returncode else done.stdout.decode(errors="replace")


class PeerParty:
    """Another keeper of secrets."""

    def __init__(self, writer: str, env: Mapping[str, str]) -> None:
        self.name = writer
        self._peer = Peer(writer, env)

    def write(self, entries: Sequence[Entry]) -> list[bool]:
        return ["error" not in result for result in self._peer.run([{"verb": "set", **e._asdict()} for e in entries])]

    def read(self, entries: Sequence[Entry], writer: str) -> list[str | None]:
        return [result.get("value") for result in self._peer.run([{"verb": "get", **e._asdict()} for e in entries])]


def on_bus(bus: Bus, *, interactive: bool = False) -> list[Party]:
    """Everyone who can be had for the Secret Service; ``factorywager adopt`` comes last and only reads."""
    return [
        Library("blocking", interactive=interactive),
        Library("asyncio", interactive=interactive),
        BunParty(bus.env),
        SecretTool(bus.env),
        *(PeerParty(writer, bus.env) for writer in ("python-keyring", "keytar", "keyring-rs")),
        Adoption(interactive=interactive),
    ]
