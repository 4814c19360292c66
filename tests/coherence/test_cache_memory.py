"""What a search of the process's whole memory finds of a value that the cache keeps, or kept.

Pages of memfd_secret(2) are read by nobody else, so there the search finds nothing at all; where the kernel has no
such pages it finds the one copy in the arena, which is the control that it is not blind.  A lease fills the cache
without ever making a ``str``, which Python could not wipe.
"""

from __future__ import annotations

import os
import secrets as random
import textwrap
from collections.abc import Iterator

import pytest

from factorywager import Secrets
from factorywager.stores.vault.store import VaultStore
from harness.child import start_python
from harness.memory import occurrences
from harness.process import Process, eventually
from harness.stores import enter_bus

SERVICE = "com.example.memory.cache"

_PROLOGUE = f"""
import sys, threading
from factorywager import Secrets
from factorywager.model import arena
def step(name):
    print("STEP", name, flush=True)
    sys.stdin.readline()
def fill(secrets):
    with secrets.lease({SERVICE!r}, "needle") as view: assert len(view) > 40
def kept(secrets):
    return ({SERVICE!r}, "needle") in secrets.operations.cache._entries
"""


class Child:
    """A process that keeps the value, step by step."""

    def __init__(self, env: dict[str, str], needle: bytes, hidden: bool) -> None:
        self.needle = needle
        self.hidden = hidden
        self._env = env
        self.process: Process | None = None

    def start(self, code: str) -> None:
        without = "" if self.hidden else "arena._secret_mapping = lambda size: None\n"
        self.process = start_python(_PROLOGUE + without + textwrap.dedent(code), self._env)

    def reach(self, step: str) -> list[str]:
        """The copies there are at this step."""
        assert self.process is not None
        self.process.wait_for_line(f"STEP {step}")
        return occurrences(self.process.pid, self.needle)

    def go_on(self) -> None:
        assert self.process is not None
        self.process.write(b"\n")

    @property
    def while_kept(self) -> int:
        return 0 if self.hidden else 1


@pytest.fixture(params=["hidden", "locked"])
def pages(request: pytest.FixtureRequest) -> str:
    from factorywager.model.arena import Arena

    if request.param == "hidden" and not Arena(4096).hidden:
        pytest.skip("needs memfd_secret(2): boot with secretmem.enable=1 where the kernel is older than 6.5")
    return request.param


@pytest.fixture(params=["secret-service", "vault"])
def child(request: pytest.FixtureRequest, pages: str, tmp_path) -> Iterator[Child]:
    value = "needle-" + random.token_hex(24)
    env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "FACTORYWAGER_INTERACTIVE": "0"}
    env["FACTORYWAGER_STORE"] = request.param
    if request.param == "vault":
        env["FACTORYWAGER_HOME"] = str(tmp_path / "vault")
        store: str | VaultStore = VaultStore(tmp_path / "vault")
    else:
        env["DBUS_SESSION_BUS_ADDRESS"] = enter_bus(request.getfixturevalue).bus.address
        store = "secret-service"
    with Secrets(store, interactive=False) as secrets:
        secrets.set(SERVICE, "needle", value)
    child = Child(env, value.encode(), pages == "hidden")
    yield child
    if child.process is not None:
        child.process.stop()


@pytest.mark.parametrize("end", ["secrets.clear()", "secrets.close()", f"secrets.set({SERVICE!r}, 'other', 'x')"])
def test_one_copy_at_most_while_it_is_kept_and_none_after(child: Child, end: str) -> None:
    child.start(
        f"""
        secrets = Secrets(cache=60)
        fill(secrets)
        assert kept(secrets)
        step("kept")
        {end}
        step("ended")
        """
    )
    assert len(child.reach("kept")) == child.while_kept
    child.go_on()
    assert child.reach("ended") == []


def test_reading_it_again_and_again_makes_no_more(child: Child) -> None:
    child.start(
        """
        secrets = Secrets(cache=60)
        for _ in range(20): fill(secrets)
        threads = [threading.Thread(target=fill, args=(secrets,)) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert kept(secrets)
        step("kept")
        """
    )
    assert len(child.reach("kept")) == child.while_kept


def test_none_is_left_when_its_time_is_up_though_nobody_looks(child: Child) -> None:
    child.start(
        """
        secrets = Secrets(cache=0.2)
        fill(secrets)
        step("filled")
        """
    )
    child.reach("filled")
    assert child.process is not None
    pid = child.process.pid
    eventually(lambda: occurrences(pid, child.needle) == [], "the value is wiped", within=10)


def test_none_is_left_after_another_program_changed_the_store(child: Child) -> None:
    child.start(
        """
        secrets = Secrets(cache=60)
        fill(secrets)
        step("kept")
        while secrets.get("com.example.memory.cache", "other") != "x": pass
        assert not kept(secrets)
        step("ended")
        """
    )
    assert len(child.reach("kept")) == child.while_kept
    home = child._env.get("FACTORYWAGER_HOME")
    with Secrets(VaultStore(home) if home else "secret-service", interactive=False) as others:
        others.set(SERVICE, "other", "x")
    child.go_on()
    assert child.reach("ended") == []
    with Secrets(VaultStore(home) if home else "secret-service", interactive=False) as others:
        others.delete(SERVICE, "other")


def test_a_forked_child_has_none(child: Child) -> None:
    child.start(
        """
        import os
        secrets = Secrets(cache=60)
        fill(secrets)
        reading, writing = os.pipe()
        forked = os.fork()
        if forked == 0:
            os.close(writing)
            print("FORKED", os.getpid(), flush=True)
            os.read(reading, 1)  # until the parent ends
            os._exit(0)
        step("kept")
        os.close(writing)
        os.waitpid(forked, 0)
        """
    )
    assert len(child.reach("kept")) == child.while_kept
    assert child.process is not None
    forked = int(child.process.wait_for_line("FORKED").split()[1])
    assert occurrences(forked, child.needle) == []
    child.go_on()
