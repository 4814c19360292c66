"""The event loop is never held up: a ticker on the loop that reads is late by no more than one reading costs.

The goal is 20 ms on a quiet machine; what was measured is printed (``pytest -s``).  The bound that fails a test is
generous, since the machines that run it are shared: a loop that really waits for a daemon waits for longer.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from factorywager import AsyncSecrets
from factorywager.stores.secret_service.store import SecretServiceStore
from factorywager.stores.store import Store
from factorywager.stores.vault.store import VaultStore
from harness.gnome_keyring import GnomeKeyring

from .conftest import SERVICE

NAMES = [f"name{number}" for number in range(50)]
GENEROUS = 0.25  # seconds

_INTERVAL = 0.002


async def lateness(work: Awaitable[object]) -> float:
    """The longest time by which a ticker was late while ``work`` was done, in seconds."""
    loop = asyncio.get_running_loop()
    latest = 0.0
    over = False

    def tick(due: float) -> None:
        nonlocal latest
        now = loop.time()
        latest = max(latest, now - due)
        if not over:
            loop.call_at(now + _INTERVAL, tick, now + _INTERVAL)

    gc.freeze()  # a full collection of what pytest has imported takes longer than anything here
    tick(loop.time())
    await work
    over = True
    tick(loop.time())
    gc.unfreeze()
    return latest


@pytest.fixture(params=["secret service", "vault"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "vault":
        return VaultStore(tmp_path / "vault")
    keyring: GnomeKeyring = request.getfixturevalue("keyring")
    keyring.start()
    return SecretServiceStore()


def _measure(store: Store, work: Callable[[AsyncSecrets], Awaitable[object]], what: str) -> None:
    async def main() -> float:
        async with AsyncSecrets(store, interactive=False, timeout=60) as secrets:
            await secrets.set_many(SERVICE, {name: f"value of {name}" for name in NAMES})
            return await lateness(work(secrets))

    # the best of three: what the machine does to us it does not do each time
    late = min(asyncio.run(main()) for _ in range(3))
    print(f"{store.name}: {what}: the ticker was late by {late * 1000:.1f} ms")
    assert late < GENEROUS


def test_a_thousand_reads_in_flight(store: Store) -> None:
    async def work(secrets: AsyncSecrets) -> None:
        await asyncio.gather(*(secrets.get(SERVICE, NAMES[number % len(NAMES)]) for number in range(1000)))

    _measure(store, work, "1,000 first reads at once")


def test_a_thousand_reads_of_known_items_in_flight(store: Store) -> None:
    async def work(secrets: AsyncSecrets) -> None:
        await secrets.get_many(SERVICE, NAMES)
        for _ in range(3):
            await asyncio.gather(*(secrets.get(SERVICE, NAMES[number % len(NAMES)]) for number in range(1000)))

    _measure(store, work, "1,000 reads at once")


def test_a_stream_of_reads(store: Store) -> None:
    async def reader(secrets: AsyncSecrets) -> None:
        for name in NAMES:
            await secrets.get(SERVICE, name)

    async def work(secrets: AsyncSecrets) -> None:
        await asyncio.gather(*(reader(secrets) for _ in range(20)))

    _measure(store, work, "20 tasks with 50 reads each")


def test_bulk_and_writes(store: Store) -> None:
    async def work(secrets: AsyncSecrets) -> None:
        for _ in range(5):
            await asyncio.gather(
                *(secrets.get_many(SERVICE) for _ in range(4)),
                secrets.set_many(SERVICE, dict.fromkeys(NAMES, "x" * 100)),
                secrets.list(SERVICE),
            )

    _measure(store, work, "bulk reads, a bulk write and a list at once")


def test_a_stopped_daemon_holds_up_nobody_else(keyring: GnomeKeyring) -> None:
    keyring.start()

    async def main() -> float:
        async with AsyncSecrets("secret-service", interactive=False, timeout=1, cache=60) as secrets:
            await secrets.set(SERVICE, "token", "one")
            await secrets.get(SERVICE, "token")
            secrets.clear()
            keyring.freeze()
            try:
                reads = [secrets.get(SERVICE, f"name{number}") for number in range(100)]
                return await lateness(asyncio.gather(*reads, return_exceptions=True))
            finally:
                keyring.thaw()

    late = min(asyncio.run(main()) for _ in range(3))
    print(f"a stopped daemon: the ticker was late by {late * 1000:.1f} ms")
    assert late < GENEROUS
