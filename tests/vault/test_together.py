"""Many at once: processes, threads, tasks, and a child that was forked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from factorywager.errors import DeadlineError
from factorywager.flow import asynchronous
from factorywager.model import Ref, Secret
from factorywager.stores.store import Options
from harness.forks import fork, status_of
from vault.workshop import SERVICE, VaultStore, admin, database, problems, put, read, run, terms

CREW = Path(__file__).with_name("crew.py")
MANY = 8


def crew(home: Path, *tasks: tuple[str, ...]) -> list[list[str]]:
    """Run so many processes, all beginning at once; gives what each printed after READY."""
    env = {**os.environ, "PYTHONPATH": str(CREW.parent.parent)}
    processes = [
        subprocess.Popen(
            [sys.executable, str(CREW), str(home), *task],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            text=True,
        )
        for task in tasks
    ]
    for process in processes:
        assert process.stdout.readline() == "READY\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return said


def test_eight_processes_make_one_vault(home: Path) -> None:
    said = crew(home, *(("create", str(number)) for number in range(MANY)))
    assert sorted(said) == [["ADOPTED"]] * (MANY - 1) + [["CREATED"]]
    store = VaultStore(home)
    assert {name: read(store, name) for name in (f"from-{number}" for number in range(MANY))} == {
        f"from-{number}": f"made-up-{number}" for number in range(MANY)
    }
    assert problems(store) == []
    # the losers took what they had made with them
    assert len(list(home.glob("vault-*.db"))) == len(list(home.glob("vault-*.key"))) == 1
    assert not list(home.glob("vault-*.header"))
    store.close()


def test_eight_processes_writing_lose_nothing(home: Path) -> None:
    said = crew(home, *(("write", str(number), "40") for number in range(MANY)))
    assert said == [["DONE"]] * MANY
    store = VaultStore(home)
    infos = run(store.list(SERVICE, terms()))
    assert len(infos) == MANY * 40 + 1
    for worker in range(MANY):
        for number in range(40):
            assert read(store, f"worker-{worker}-{number}") == f"made-up-{worker}-{number}"
    assert problems(store) == []
    store.close()


def test_threads_share_one_store(vault: VaultStore) -> None:
    failures: list[BaseException] = []

    def work(index: int) -> None:
        try:
            for number in range(30):
                put(vault, f"thread-{index}", str(number))
                assert read(vault, f"thread-{index}") == str(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_tasks_share_one_store(vault: VaultStore) -> None:
    async def chain(index: int) -> None:
        ref = Ref(SERVICE, f"task-{index}")
        for number in range(10):
            await asynchronous.run(vault.set(ref, Secret(str(number)), terms(), Options()))
            secret = await asynchronous.run(vault.get(ref, terms()))
            assert secret is not None
            assert secret.reveal() == str(number)
        assert await asynchronous.run(vault.delete(ref, terms()))

    async def main() -> None:
        await asyncio.gather(*(chain(index) for index in range(MANY)))

    asyncio.run(main())
    assert run(vault.list(None, terms())) == []


def test_a_canceled_task_stores_its_value_or_nothing(vault: VaultStore) -> None:
    """The caller wipes the value when it gives up; a worker thread may be sealing it just then."""
    put(vault, "before", "made-up")

    async def main() -> None:
        for delay in range(40):
            value = Secret("made-up-" * 40_000)
            task = asyncio.ensure_future(
                asynchronous.run(vault.set(Ref(SERVICE, "canceled"), value, terms(), Options()))
            )
            await asyncio.sleep(delay / 20_000)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            value.wipe()
            secret = await asynchronous.run(vault.get(Ref(SERVICE, "canceled"), terms()))
            assert secret is None or secret.reveal() == "made-up-" * 40_000

    asyncio.run(main())


def test_a_forked_child_uses_a_connection_of_its_own(vault: VaultStore) -> None:
    put(vault, "parent", "made-up")

    def child() -> None:
        assert read(vault, "parent") == "made-up"
        put(vault, "child", "made-up-too")

    assert status_of(fork(child)) == 0
    assert read(vault, "child") == "made-up-too"
    assert problems(vault) == []


def test_a_fork_in_the_middle_of_a_transaction_undoes_nothing(vault: VaultStore) -> None:
    put(vault, "entry", "made-up-old")
    with vault.access.writing(terms().deadline) as opened:
        secret = Secret("made-up-new")
        opened.entries.set(Ref(SERVICE, "entry"), secret, None)

        def child() -> None:
            # the lock is held by a thread that is not here, the transaction is the parent's
            with pytest.raises(DeadlineError):
                put(vault, "child", "made-up", seconds=0.1)
            vault.close()
            import gc

            gc.collect()

        assert status_of(fork(child)) == 0
    assert read(vault, "entry") == "made-up-new"
    assert problems(vault) == []


def test_a_busy_vault_is_a_deadline_error_and_leaves_the_old_value(
    open_vault: Callable[..., VaultStore], home: Path
) -> None:
    one, other = open_vault(), open_vault()
    put(one, "entry", "made-up-old")
    assert read(other, "entry") == "made-up-old"
    with one.access.writing(terms().deadline):
        began = time.monotonic()
        with pytest.raises(DeadlineError, match="busy"):
            put(other, "entry", "made-up-new", seconds=0.2)
        assert 0.15 < time.monotonic() - began < 5
        assert read(other, "entry") == "made-up-old"  # a writer does not keep readers out
    put(other, "entry", "made-up-new")
    assert read(one, "entry") == "made-up-new"


def test_a_store_held_by_another_thread_is_a_deadline_error(vault: VaultStore) -> None:
    put(vault, "entry", "made-up")
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with vault.access.lent(terms().deadline):
            inside.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(20)
    with pytest.raises(DeadlineError, match="not free"):
        run(vault.get(Ref(SERVICE, "entry"), terms(0.1)))
    done.set()
    thread.join(20)
    assert read(vault, "entry") == "made-up"


def test_a_deadline_that_has_passed_does_nothing(vault: VaultStore) -> None:
    put(vault, "entry", "made-up")
    with pytest.raises(DeadlineError):
        put(vault, "entry", "made-up-late", seconds=0)
    assert read(vault, "entry") == "made-up"


def test_a_rekey_elsewhere_is_followed(open_vault: Callable[..., VaultStore], home: Path) -> None:
    one, other = open_vault(), open_vault()
    put(one, "entry", "made-up")
    old = database(home)
    run(admin(other).rekey(None, terms()))
    assert not old.exists()
    assert read(one, "entry") == "made-up"
    put(one, "later", "made-up-later")
    assert read(other, "later") == "made-up-later"


def test_a_writer_that_waited_for_a_rekey_writes_to_the_new_vault(
    open_vault: Callable[..., VaultStore], home: Path
) -> None:
    """It holds a connection to the old file, and gets that file's lock just when the file is out of force."""
    rekeying, writing = open_vault(), open_vault()
    put(writing, "entry", "made-up-old")
    assert read(rekeying, "entry") == "made-up-old"
    commit = rekeying.access.home.commit_over
    begun = threading.Event()

    def write() -> None:
        begun.set()
        put(writing, "entry", "made-up-new")

    thread = threading.Thread(target=write)

    def commit_while_another_waits(header: object) -> None:
        thread.start()
        assert begun.wait(20)
        commit(header)

    rekeying.access.home.commit_over = commit_while_another_waits
    run(admin(rekeying).rekey(None, terms()))
    thread.join(20)
    assert read(open_vault(), "entry") == "made-up-new"
    assert read(rekeying, "entry") == "made-up-new"


def test_two_rekeys_at_once_leave_one_vault(open_vault: Callable[..., VaultStore], home: Path) -> None:
    put(open_vault(), "entry", "made-up")
    failures: list[BaseException] = []

    def work(store: VaultStore) -> None:
        try:
            for _ in range(5):
                run(admin(store).rekey(None, terms()))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(open_vault(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    store = open_vault()
    assert read(store, "entry") == "made-up"
    database(home)
    assert problems(store) == []
