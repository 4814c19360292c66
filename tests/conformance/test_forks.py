"""A program that forks (multiprocessing, a pre-forking server): both sides go on using the store they had."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable

import pytest

from factorywager.blocking import Secrets
from factorywager.stores.store import Store
from harness.stores import STORES

# Memory's values are in pages that a fork wipes; tests/unit shows that they say so.  macOS's frameworks do not survive
# a fork; tests/keychain shows that the store says so.
pytestmark = pytest.mark.parametrize(
    "store", [kind for kind in STORES if kind != "memory" and "keychain" not in kind], indirect=True
)


_numbers = itertools.count()


@pytest.fixture
def service() -> str:
    """A service no other test uses: the keyring behind them is one."""
    return f"com.example.forks{next(_numbers)}"


def _in_child(work: Callable[[], bool]) -> int:
    """Exit status of a forked child: 0 where ``work`` held, 14 (as a signal) where it hung."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(15)
        try:
            os._exit(0 if work() else 1)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_parent_and_child_both_go_on(store: Store, service: str) -> None:
    secrets = Secrets(store, interactive=False, timeout=10)
    secrets.set(service, "token", "one")

    def child() -> bool:
        secrets.set(service, "from the child", "two")
        return secrets.get(service, "token") == "one" and secrets.get_many(service)["from the child"] == "two"

    assert _in_child(child) == 0
    assert secrets.get_many(service) == {"token": "one", "from the child": "two"}


def test_a_child_opens_a_store_of_its_own(store: Store, service: str) -> None:
    secrets = Secrets(store, interactive=False, timeout=10)
    secrets.set(service, "token", "one")
    fresh = type(store)() if store.name == "secret-service" else type(store)(store.home)
    assert _in_child(lambda: Secrets(fresh, interactive=False, timeout=10).get(service, "token") == "one") == 0
