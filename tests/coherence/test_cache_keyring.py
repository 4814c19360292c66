"""The cache on GNOME Keyring: what another program changes is seen within a signal's delay, without a round trip."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from factorywager import AsyncSecrets
from factorywager.errors import InteractionNotAllowedError, StoreError, UnavailableError
from factorywager.protocols.dbus import Router
from harness.bus import Bus
from harness.caller import Caller
from harness.child import run_python
from harness.gnome_keyring import GnomeKeyring
from harness.process import eventually
from harness.raw_service import RawService, bun_attributes

from .conftest import SERVICE

ENTRY = bun_attributes(SERVICE, "token")

# What is promised is the delay of a signal, a millisecond or so; this is what a machine may lose on the way.
DELAY = 5.0


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many calls each sending to the bus held."""
    sent: list[int] = []
    send = Router.send

    def counting(router: Router, calls: Any) -> Any:
        sent.append(len(calls))
        return send(router, calls)

    monkeypatch.setattr(Router, "send", counting)
    return sent


def _sees(secrets: Caller, value: str | None, name: str = "token") -> None:
    eventually(lambda: secrets.get(SERVICE, name) == value, f"{name} is {value!r}", within=DELAY)
    assert secrets.get(SERVICE, name) == value
    assert secrets.get_many(SERVICE, [name]) == ({} if value is None else {name: value})


def test_a_kept_value_costs_no_call(cached: Caller, raw: RawService, calls: list[int]) -> None:
    names = [f"name{number}" for number in range(50)]
    for name in names:
        raw.create(bun_attributes(SERVICE, name), name.encode())
    assert cached.get_many(SERVICE, names) == {name: name for name in names}
    calls.clear()
    assert [cached.get(SERVICE, name) for name in names] == names
    assert cached.get_many(SERVICE, names) == {name: name for name in names}
    assert calls == []


def test_what_another_program_replaces(cached: Caller, raw: RawService) -> None:
    for turn in range(20):
        raw.create(ENTRY, f"turn {turn}".encode(), replace=True)
        _sees(cached, f"turn {turn}")


def test_what_another_program_deletes_and_makes_anew(cached: Caller, raw: RawService) -> None:
    for turn in range(10):
        item = raw.create(ENTRY, f"turn {turn}".encode())
        _sees(cached, f"turn {turn}")
        raw.delete(item)
        _sees(cached, None)


def test_what_another_program_renames(cached: Caller, raw: RawService) -> None:
    item = raw.create(ENTRY, b"one")
    _sees(cached, "one")
    raw.set_attributes(item, bun_attributes(SERVICE, "renamed"))
    _sees(cached, None)
    _sees(cached, "one", "renamed")


def test_what_goes_with_its_collection(cached: Caller, raw: RawService) -> None:
    """GNOME Keyring tells of the collection, and of none of its items."""
    other = raw.create_collection("Other", "pw")
    raw.create(ENTRY, b"one", collection=other)
    _sees(cached, "one")
    raw._call(other, "org.freedesktop.Secret.Collection", "Delete")
    _sees(cached, None)


def test_a_locked_keyring_is_not_hidden(cached: Caller, raw: RawService, keyring: GnomeKeyring) -> None:
    raw.create(ENTRY, b"one")
    for _ in range(3):
        _sees(cached, "one")
        keyring.lock()

        def refused() -> bool:
            try:
                cached.get(SERVICE, "token")
            except InteractionNotAllowedError:
                return True
            return False

        eventually(refused, "the lock is noticed", within=DELAY)
        with pytest.raises(InteractionNotAllowedError):
            cached.get_many(SERVICE, ["token"])
        keyring.unlock_without_prompt()


def test_a_value_set_through_the_item_itself_is_seen_by_whoever_has_no_cache(
    cached: Caller, raw: RawService, open_secrets
) -> None:
    """The daemon tells nobody of ``SetSecret``: it is the documented exception, and age ends it."""
    item = raw.create(ENTRY, b"one")
    _sees(cached, "one")
    secret = (raw.session, b"", b"two", "text/plain")
    raw._call(item, "org.freedesktop.Secret.Item", "SetSecret", "(oayays)", (secret,))
    assert open_secrets("secret-service", interactive=False).get(SERVICE, "token") == "two"
    cached.wrapped.clear()
    assert cached.get(SERVICE, "token") == "two"


def test_own_writes_are_seen_at_once(cached: Caller) -> None:
    for turn in range(20):
        cached.set(SERVICE, "token", f"turn {turn}")
        for _ in range(3):
            assert cached.get(SERVICE, "token") == f"turn {turn}"
        cached.delete(SERVICE, "token")
        assert cached.get(SERVICE, "token") is None


def test_two_caches_in_one_process(cached: Caller, open_secrets: Callable[..., Caller]) -> None:
    other = open_secrets("secret-service", interactive=False, cache=60)
    for turn in range(10):
        cached.set(SERVICE, "token", f"turn {turn}")
        _sees(other, f"turn {turn}")
        other.set(SERVICE, "token", f"again {turn}")
        _sees(cached, f"again {turn}")


def test_no_value_outlives_its_daemon(cached: Caller, raw: RawService, keyring: GnomeKeyring) -> None:
    raw.create(ENTRY, b"one")
    for turn in range(3):
        assert cached.get(SERVICE, "token") is not None
        keyring.kill()

        def gone() -> bool:
            try:
                cached.get(SERVICE, "token")
            except UnavailableError:
                return True
            return False

        eventually(gone, "the daemon's end is noticed", within=DELAY)
        keyring.start()
        with keyring.raw() as fresh:
            fresh.create(ENTRY, f"turn {turn}".encode(), replace=True)
        _sees(cached, f"turn {turn}")


def test_no_value_outlives_its_bus(cached: Caller, raw: RawService, bus: Bus) -> None:
    raw.create(ENTRY, b"one")
    assert cached.get(SERVICE, "token") == "one"
    bus.kill()

    def gone() -> bool:
        try:
            cached.get(SERVICE, "token")
        except StoreError:
            return True
        return False

    eventually(gone, "the bus's end is noticed", within=DELAY)


def test_first_readers_at_once_make_one_listener(cached: Caller, raw: RawService) -> None:
    raw.create(ENTRY, b"one")

    def reader(facade: Any):
        return (yield facade.get(SERVICE, "token"))

    before = _listeners()
    assert cached.together([reader] * 30) == ["one"] * 30
    assert _listeners() == before + 1
    (cached.wrapped.operations.cache).close()
    eventually(lambda: _listeners() == before, "the listener ends with its cache")


def _listeners() -> int:
    return sum(thread.name == "factorywager-signals" for thread in threading.enumerate())


def test_changes_under_many_readers(cached: Caller, raw: RawService) -> None:
    """Readers that refill the cache without pause must not keep alive what was replaced."""
    raw.create(ENTRY, b"0")
    over = threading.Event()
    acknowledged = 0

    def change() -> None:
        nonlocal acknowledged
        for turn in range(1, 200):
            raw.create(ENTRY, str(turn).encode(), replace=True)
            acknowledged = turn
        over.set()

    def reader(facade: Any):
        latest = 0
        while not over.is_set():
            value = int((yield facade.get(SERVICE, "token")))
            assert value >= latest  # never back to an older one
            latest = value
            if latest % 3 == 0:
                # an asyncio facade gives kept values without giving way to anybody
                yield asyncio.sleep(0) if cached.loop is not None else None

    changer = threading.Thread(target=change, daemon=True)
    changer.start()
    cached.together([reader] * 4)
    changer.join(20)
    assert acknowledged == 199
    _sees(cached, "199")


def test_a_forked_child_reads_anew_and_the_parent_goes_on(raw: RawService, bus: Bus) -> None:
    raw.create(ENTRY, b"one")
    out = run_python(
        f"""
        import os
        from factorywager import Secrets
        from factorywager.protocols.dbus import Router
        secrets = Secrets("secret-service", interactive=False, cache=60)
        print(secrets.get("{SERVICE}", "token"), flush=True)
        cache, sent, send = secrets.operations.cache, [], Router.send
        Router.send = lambda router, calls: sent.append(1) or send(router, calls)
        for _ in range(2):
            child = os.fork()
            if child == 0:
                nothing = cache.look(("{SERVICE}", "token"))
                print("child", nothing, secrets.get("{SERVICE}", "token"), len(sent) > 0, flush=True)
                sent.clear()
                print("child again", secrets.get("{SERVICE}", "token"), len(sent), flush=True)
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            print("parent", secrets.get("{SERVICE}", "token"), len(sent), flush=True)
        """,
        {**bus.env},
    )
    assert out.splitlines() == ["one", *["child None one True", "child again one 0", "parent one 0"] * 2]


def test_a_facade_that_is_forgotten_leaves_no_thread_and_no_descriptor_behind(raw: RawService, bus: Bus) -> None:
    raw.create(ENTRY, b"one")

    async def main() -> None:
        secrets = AsyncSecrets("secret-service", interactive=False, cache=60)
        assert await secrets.get(SERVICE, "token") == "one"
        await secrets.aclose()

    asyncio.run(main())
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        asyncio.run(main())
    gc.collect()
    eventually(lambda: _listeners() == 0, "no listener is left")
    assert len(os.listdir("/proc/self/fd")) <= before
