"""The cache on the vault: whatever another process does, nothing old is given afterwards, not once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factorywager.flow import Deadline, blocking
from factorywager.stores.store import Terms
from factorywager.stores.vault.store import VaultStore
from harness.caller import Caller
from harness.child import start_python
from harness.process import PATIENCE, Process
from harness.timing import under

from .conftest import SERVICE


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "vault"


class Other:
    """Another process at the same vault; each line is a statement, acknowledged when it is done."""

    def __init__(self, home: Path) -> None:
        self.process: Process = start_python(
            f"""
            import sys
            from factorywager import Secrets
            from factorywager.flow import Deadline, blocking
            from factorywager.stores.store import Terms
            from factorywager.stores.vault.admin import VaultAdmin
            from factorywager.stores.vault.store import VaultStore
            store = VaultStore({str(home)!r})
            secrets = Secrets(store, service={SERVICE!r})
            def rekey(): blocking.run(VaultAdmin(store.access).rekey(None, Terms(Deadline(20), False)))
            for number, line in enumerate(sys.stdin):
                exec(line)
                print("DONE", number, flush=True)
            """,
            {"PATH": os.environ["PATH"], "HOME": str(home.parent)},
        )
        self._number = 0

    def do(self, statement: str) -> None:
        self.process.write(statement.encode() + b"\n")
        self.process.wait_for_line(f"DONE {self._number}", within=PATIENCE)
        self._number += 1


@pytest.fixture
def other(home: Path) -> Iterator[Other]:
    other = Other(home)
    other.do("secrets.set('token', 'one')")
    yield other
    other.process.stop()


@pytest.fixture
def store(home: Path) -> Iterator[VaultStore]:
    store = VaultStore(home)
    yield store
    store.close()


@pytest.fixture
def cached(store: VaultStore, other: Other, open_secrets: Callable[..., Caller]) -> Caller:
    return open_secrets(store, timeout=20, cache=60)


def _look(secrets: Caller) -> str | None:
    return secrets.wrapped.operations.cache.look((SERVICE, "token"))


def _gives(secrets: Caller, value: str | None) -> None:
    for _ in range(2):
        assert secrets.get(SERVICE, "token") == value
        assert secrets.get_many(SERVICE, ["token"]) == ({} if value is None else {"token": value})
    assert _look(secrets) == value


def test_another_processes_changes(cached: Caller, other: Other) -> None:
    _gives(cached, "one")
    for turn in range(20):
        other.do(f"secrets.set('token', 'turn {turn}')")
        _gives(cached, f"turn {turn}")
    other.do("secrets.delete('token')")
    _gives(cached, None)


def test_another_processes_rekey(cached: Caller, other: Other) -> None:
    _gives(cached, "one")
    for turn in range(3):
        other.do(f"rekey(); secrets.set('token', 'turn {turn}')")
        _gives(cached, f"turn {turn}")


def test_a_rekey_that_is_first_noticed_by_the_read_of_another_entry(
    cached: Caller, other: Other, open_secrets, store: VaultStore
) -> None:
    """The connection to the new database must not be taken for the old one's."""
    plain = open_secrets(store)
    _gives(cached, "one")
    other.do("rekey(); secrets.set('token', 'two')")
    assert plain.get(SERVICE, "another") is None
    _gives(cached, "two")


def test_a_vault_closed_and_opened_again_by_another_facade(
    cached: Caller, other: Other, open_secrets, store: VaultStore
) -> None:
    plain = open_secrets(store)
    _gives(cached, "one")
    store.close()
    other.do("secrets.set('token', 'two')")
    assert plain.get(SERVICE, "another") is None
    _gives(cached, "two")


def test_own_and_neighbours_changes(cached: Caller, open_secrets, store: VaultStore) -> None:
    plain = open_secrets(store)
    for turn in range(10):
        cached.set(SERVICE, "token", f"turn {turn}")
        _gives(cached, f"turn {turn}")
        plain.set(SERVICE, "token", f"again {turn}")
        _gives(cached, f"again {turn}")
        plain.delete(SERVICE, "token")
        _gives(cached, None)


def test_a_vault_that_is_made_later(home: Path, open_secrets: Callable[..., Caller]) -> None:
    store = VaultStore(home)
    secrets = open_secrets(store, cache=60)
    _gives(secrets, None)
    open_secrets(VaultStore(home)).set(SERVICE, "token", "one")
    _gives(secrets, "one")


def test_looking_waits_for_no_writer(cached: Caller, home: Path, open_secrets) -> None:
    """Another program may stop in the middle of its commit: a kept value is then none, at once, in either facade."""
    _gives(cached, "one")
    writer = VaultStore(home)
    blocking.run(writer.access.open(Terms(Deadline(5), False)))
    with writer.access.lent(Deadline(5)) as opened:
        opened.engine.execute("begin exclusive")
        with under(0.5):
            assert [_look(cached) for _ in range(20)] == [None] * 20
        opened.engine.execute("rollback")
    assert _look(cached) == "one"  # it was never wiped
    writer.close()


def test_a_thread_that_uses_the_vault_costs_the_others_no_value(cached: Caller, store: VaultStore) -> None:
    _gives(cached, "one")
    with store.access.lent(Deadline(5)):
        assert _look(cached) is None
    assert _look(cached) == "one"


def test_a_writer_that_is_stopped_at_any_moment_holds_up_no_look(cached: Caller, other: Other) -> None:
    """A look is made on the event loop's own thread, too."""
    _gives(cached, "one")
    other.process.write(b"for turn in range(2000): secrets.set('busy', str(turn))\n")
    for _ in range(50):
        other.process.send(signal.SIGSTOP)
        with under(0.5):
            _look(cached)
        other.process.send(signal.SIGCONT)
        cached.get(SERVICE, "token")
