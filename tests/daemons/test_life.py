"""What happens to a program: it forks, it runs one loop after another, it ends without saying goodbye."""

from __future__ import annotations

import random

import pytest

from factorywager.blocking import Secrets
from harness.bus import Bus
from harness.child import run_python
from harness.gnome_keyring import GnomeKeyring

from .verbs import SERVICE


def _env(bus: Bus) -> dict[str, str]:
    return {**bus.env, "FACTORYWAGER_STORE": "secret-service", "FACTORYWAGER_INTERACTIVE": "0"}


def test_a_fork_in_between_blocking(filled: GnomeKeyring) -> None:
    out = run_python(
        f"""
        import os
        from factorywager.blocking import secrets
        print(secrets.get("{SERVICE}", "token"), flush=True)
        for turn in range(3):
            child = os.fork()
            if child == 0:
                print("child", secrets.get("{SERVICE}", "token"), flush=True)
                secrets.set("{SERVICE}", f"child{{turn}}", "made in the child")
                os._exit(0)
            print("parent", secrets.get("{SERVICE}", "token"), flush=True)
            assert os.waitpid(child, 0)[1] == 0
        print(sorted(secrets.get_many("{SERVICE}")))
        """,
        _env(filled.bus),
    )
    lines = out.splitlines()
    assert lines[0] == "one"
    assert sorted(lines[1:-1]) == ["child one"] * 3 + ["parent one"] * 3
    assert lines[-1] == "['child0', 'child1', 'child2', 'token']"


def test_a_fork_in_between_asyncio(filled: GnomeKeyring) -> None:
    out = run_python(
        f"""
        import asyncio, os
        from factorywager import secrets
        loop = asyncio.new_event_loop()
        print(loop.run_until_complete(secrets.get("{SERVICE}", "token")), flush=True)
        child = os.fork()
        if child == 0:
            own = asyncio.new_event_loop()
            print("child", own.run_until_complete(secrets.get("{SERVICE}", "token")), flush=True)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        print("parent", loop.run_until_complete(secrets.get("{SERVICE}", "token")), flush=True)
        """,
        _env(filled.bus),
    )
    assert out.splitlines() == ["one", "child one", "parent one"]


def test_loops_one_after_the_other_share_the_global(filled: GnomeKeyring) -> None:
    out = run_python(
        f"""
        import asyncio, gc, os, warnings
        warnings.simplefilter("error")
        from factorywager import secrets
        async def main():
            return await asyncio.gather(*(secrets.get("{SERVICE}", "token") for _ in range(3)))
        asyncio.run(main())
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            assert asyncio.run(main()) == ["one"] * 3
        gc.collect()
        print(len(os.listdir("/proc/self/fd")) - before)
        """,
        _env(filled.bus),
    )
    assert int(out) <= 1  # a connection does not outlive its loop by more than one


def test_loops_and_threads_at_the_same_time_share_a_store(filled: GnomeKeyring) -> None:
    out = run_python(
        f"""
        import asyncio, threading
        from factorywager import AsyncSecrets, Secrets
        from factorywager.stores.secret_service.store import SecretServiceStore
        store = SecretServiceStore()
        patient, blocking = AsyncSecrets(store), Secrets(store)
        results = []
        async def main():
            for _ in range(20):
                results.extend(await asyncio.gather(*(patient.get("{SERVICE}", "token") for _ in range(5))))
        def thread():
            for _ in range(20):
                results.append(blocking.get("{SERVICE}", "token"))
        workers = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(3)]
        workers += [threading.Thread(target=thread) for _ in range(4)]
        for worker in workers: worker.start()
        for worker in workers: worker.join()
        print(len(results), set(results))
        """,
        _env(filled.bus),
    )
    assert out == "380 {'one'}\n"


def test_a_program_may_end_without_closing_anything(filled: GnomeKeyring) -> None:
    import subprocess
    import sys

    for code in (
        f'from factorywager.blocking import secrets; print(secrets.get("{SERVICE}", "token"))',
        f"import asyncio; from factorywager import secrets\n"
        f'async def main(): print(await secrets.get("{SERVICE}", "token"))\n'
        f"asyncio.run(main())",
    ):
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-c", code],
            env=_env(filled.bus),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (done.stdout, done.stderr, done.returncode) == ("one\n", "", 0)


@pytest.mark.long
@pytest.mark.survives
def test_thousands_of_connections_come_and_go_and_the_daemon_stays(filled: GnomeKeyring) -> None:
    """See `protocols.secret_service.greeting`: without it, the daemon ended within some thousands of these."""
    secrets = Secrets("secret-service", interactive=False)
    chance = random.Random(8)
    for turn in range(20_000):
        match chance.randrange(4):
            case 0:
                secrets.set(SERVICE, "token", f"{turn}")
            case 1:
                secrets.delete(SERVICE, "token")
            case 2:
                secrets.get(SERVICE, "token")
            case 3:
                secrets.close()
    assert filled.alive


def test_a_closed_facade_opens_again(filled: GnomeKeyring) -> None:
    out = run_python(
        f"""
        import asyncio
        from factorywager import AsyncSecrets, Secrets
        with Secrets() as s: print(s.get("{SERVICE}", "token"))
        print(s.get("{SERVICE}", "token"))
        async def main():
            async with AsyncSecrets() as a: print(await a.get("{SERVICE}", "token"))
            print(await a.get("{SERVICE}", "token"))
            await a.aclose()
        asyncio.run(main())
        """,
        _env(filled.bus),
    )
    assert out == "one\n" * 4
