"""After a lease there is no copy of the value left anywhere in the process, on either real store.

A child leases a value that another process stored; the parent searches all of the child's memory.  The value is
never in the child's arguments, environment or program, so a copy can only come from the store's working.
"""

from __future__ import annotations

import os
import secrets as random
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factorywager import Secrets
from harness.child import run_python, start_python
from harness.memory import locked_kib, occurrences
from harness.process import Process
from harness.stores import KEYCHAIN, STORES_OF_ANY_NAME, VAULTS, open_store

SERVICE = "com.example.memory"

# Each step is announced, and ends when a line arrives on stdin.
_PROLOGUE = f"""
import sys
def step(name):
    print("STEP", name, flush=True)
    sys.stdin.readline()
SERVICE = {SERVICE!r}
"""


class Case:
    """A store that holds a random value, and children that open it."""

    def __init__(self, store: str, env: dict[str, str], value: str) -> None:
        self.store = store
        self.env = env
        self.value = value
        self.needle = value.encode()


# A double has copies of its own: tests/keychain counts what the store leaves in it.
@pytest.fixture(params=[kind for kind in STORES_OF_ANY_NAME if kind not in ("memory", KEYCHAIN)])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    store = open_store(request.param, tmp_path / "vault", request.getfixturevalue)
    value = "needle-" + random.token_hex(24)
    # Stored by this process; the children only read.
    facade = Secrets(store, interactive=False)
    facade.set(SERVICE, "needle", value)
    home = getattr(store, "home", None)
    facade.close()
    env = {
        name: text
        for name, text in os.environ.items()
        if name in ("PATH", "HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS") or name.startswith("FACTORYWAGER_")
    }
    if home is not None:
        env["FACTORYWAGER_HOME"] = str(home)
    env["FACTORYWAGER_STORE"] = "vault" if request.param in VAULTS else "secret-service"
    env["FACTORYWAGER_INTERACTIVE"] = "0"
    return Case(request.param, env, value)


@pytest.fixture
def start(case: Case) -> Iterator[Callable[[str], Process]]:
    started: list[Process] = []

    def run(code: str) -> Process:
        started.append(start_python(_PROLOGUE + textwrap.dedent(code), case.env))
        return started[-1]

    yield run
    for process in started:
        process.stop()


def _reach(process: Process, step: str) -> int:
    process.wait_for_line(f"STEP {step}")
    return process.pid


BLOCKING = """
from factorywager.blocking import secrets
step("imported")
with secrets.lease(SERVICE, "needle") as view:
    assert len(view) > 40
    step("leased")
step("ended")
"""

ASYNCIO = """
import asyncio
from factorywager import secrets
async def main():
    step("imported")
    async with secrets.lease(SERVICE, "needle") as view:
        assert len(view) > 40
        step("leased")
    step("ended")
asyncio.run(main())
"""


@pytest.mark.parametrize("code", [BLOCKING, ASYNCIO], ids=["blocking", "asyncio"])
def test_one_locked_copy_while_leased_and_none_before_or_after(
    case: Case, start: Callable[[str], Process], code: str
) -> None:
    child = start(code)
    assert occurrences(_reach(child, "imported"), case.needle) == []
    before = locked_kib(child.pid)
    child.write(b"\n")
    found = occurrences(_reach(child, "leased"), case.needle)
    assert len(found) == 1, found  # the positive control: were the search blind, it would find nothing here
    assert locked_kib(child.pid) > before
    child.write(b"\n")
    assert occurrences(_reach(child, "ended"), case.needle) == []


def test_many_leases_by_threads_and_tasks_leave_none(case: Case, start: Callable[[str], Process]) -> None:
    child = start(
        """
        import asyncio, threading
        from factorywager import AsyncSecrets, Secrets
        def lease():
            with Secrets() as secrets:
                for _ in range(3):
                    with secrets.lease(SERVICE, "needle") as view: assert len(view) > 40
        threads = [threading.Thread(target=lease) for _ in range(3)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        async def one(secrets):
            async with secrets.lease(SERVICE, "needle") as view: assert len(view) > 40
        async def main():
            async with AsyncSecrets() as secrets:
                await asyncio.gather(*(one(secrets) for _ in range(10)))
        asyncio.run(main())
        step("ended")
        """
    )
    assert occurrences(_reach(child, "ended"), case.needle) == []


def test_a_lease_that_fails_leaves_none(case: Case, start: Callable[[str], Process]) -> None:
    child = start(
        """
        from factorywager.blocking import secrets
        try:
            with secrets.lease(SERVICE, "needle") as view: raise RuntimeError("inside")
        except RuntimeError as error: kept = error
        step("ended")
        """
    )
    assert occurrences(_reach(child, "ended"), case.needle) == []


def test_exists_list_and_watch_never_have_it(case: Case, start: Callable[[str], Process]) -> None:
    child = start(
        """
        from factorywager.blocking import secrets
        assert secrets.exists(SERVICE, "needle")
        assert len(secrets.list(SERVICE)) >= 1
        step("ended")
        """
    )
    assert occurrences(_reach(child, "ended"), case.needle) == []


def test_writing_from_locked_memory_leaves_none(case: Case, start: Callable[[str], Process]) -> None:
    """A program that got the value as bytes it may zero, and stores it."""
    child = start(
        """
        from factorywager import Secret, Secrets
        line = bytearray(200)
        count = sys.stdin.buffer.raw.readinto(line)
        value = Secret(memoryview(line)[:count])
        line[:] = bytes(200)
        with Secrets() as secrets: secrets.set(SERVICE, "written", value)
        value.wipe()
        step("ended")
        """
    )
    written = "written-" + random.token_hex(24)
    child.write(written.encode())
    assert occurrences(_reach(child, "ended"), written.encode()) == []
    code = f"from factorywager.blocking import secrets; print(secrets.get({SERVICE!r}, 'written'))"
    assert run_python(code, case.env) == f"{written}\n"


def test_a_string_is_found_while_it_is_held(case: Case, start: Callable[[str], Process]) -> None:
    """The other positive control: ``get`` gives a str, which Python cannot hide."""
    child = start(
        """
        from factorywager.blocking import secrets
        held = secrets.get(SERVICE, "needle")
        step("held")
        """
    )
    assert len(occurrences(_reach(child, "held"), case.needle)) >= 1


def test_a_forked_child_does_not_inherit_a_lease(case: Case, start: Callable[[str], Process]) -> None:
    child = start(
        """
        import os
        from factorywager.blocking import secrets
        with secrets.lease(SERVICE, "needle") as view:
            reading, writing = os.pipe()
            forked = os.fork()
            if forked == 0:
                os.close(writing)
                os.read(reading, 1)  # until the parent ends
                os._exit(0)
            print("FORKED", forked, flush=True)
            step("leased")
            os.close(writing)
            os.waitpid(forked, 0)
        """
    )
    _reach(child, "leased")
    forked = int(child.wait_for_line("FORKED").split()[1])
    assert occurrences(forked, case.needle) == []
    assert len(occurrences(child.pid, case.needle)) == 1
    child.write(b"\n")
