"""Reads that are asked for at one moment go out together; what was asked before answers nothing that is asked now."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jeepney.low_level import HeaderFields, Message, Parser

from factorywager import AsyncSecrets, Secrets
from factorywager.errors import DeadlineError
from factorywager.protocols.dbus import MOST_UNANSWERED, Router
from factorywager.stores.secret_service.store import SecretServiceStore
from harness.caller import Caller, in_threads
from harness.gnome_keyring import GnomeKeyring
from harness.process import eventually
from harness.raw_service import RawService, bun_attributes
from harness.timing import DEADLINE, GRACE, under

from .conftest import SERVICE

NAMES = [f"name{number}" for number in range(50)]


class Wire:
    """What was sent to the bus, one member's name a call, and the routers that sent it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.sendings = 0
        self.routers: set[Router] = set()
        self.most_unanswered = 0

    def note(self, router: Router, calls: Any) -> None:
        self.sendings += 1
        self.routers.add(router)
        for call in calls:
            message = call if isinstance(call, Message) else _parsed(call.serialise(1))
            self.calls.append(message.header.fields[HeaderFields.member])
        self.most_unanswered = max(self.most_unanswered, len(router._pending) + len(calls))

    def clear(self) -> None:
        self.calls.clear()
        self.sendings = 0

    def idle(self) -> bool:
        return not any(router._pending for router in self.routers)


def _parsed(data: bytes) -> Message:
    parser = Parser()
    parser.add_data(data)
    return parser.get_next_message()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    send = Router.send

    def noting(router: Router, calls: Any) -> Any:
        wire.note(router, calls)
        return send(router, calls)

    monkeypatch.setattr(Router, "send", noting)
    return wire


@pytest.fixture
def store(raw: RawService) -> Iterator[SecretServiceStore]:
    for name in NAMES:
        raw.create(bun_attributes(SERVICE, name), name.encode())
    store = SecretServiceStore()
    yield store
    store.close()


@pytest.fixture
def known(store: SecretServiceStore, wire: Wire, open_secrets: Callable[..., Caller]) -> Caller:
    """A facade that knows the items of all the names."""
    secrets = open_secrets(store, interactive=False, timeout=20)
    assert secrets.get_many(SERVICE, NAMES) == {name: name for name in NAMES}
    wire.clear()
    return secrets


def reader(name: str, timeout: float = 20):
    def chain(facade: Any):
        own = type(facade)(facade.operations.store, interactive=False, timeout=timeout)
        return (yield own.get(SERVICE, name))

    return chain


def hurried(name: str):
    def chain(facade: Any):
        own = type(facade)(facade.operations.store, interactive=False, timeout=DEADLINE)
        try:
            return (yield own.get(SERVICE, name))
        except DeadlineError as error:
            return error.code

    return chain


def test_one_known_entry_is_one_call(known: Caller, wire: Wire) -> None:
    assert known.get(SERVICE, "name7") == "name7"
    assert wire.calls == ["GetSecret"]


def test_many_known_entries_are_one_call(known: Caller, wire: Wire) -> None:
    assert known.get_many(SERVICE, NAMES) == {name: name for name in NAMES}
    assert wire.calls == ["GetSecrets"]


def test_fifty_tasks_make_one_call(store: SecretServiceStore, wire: Wire) -> None:
    async def main() -> None:
        secrets = AsyncSecrets(store, interactive=False, timeout=20)
        await secrets.get_many(SERVICE, NAMES)
        wire.clear()
        assert await asyncio.gather(*(secrets.get(SERVICE, name) for name in NAMES)) == NAMES
        assert wire.calls == ["GetSecrets"]
        await secrets.aclose()

    asyncio.run(main())


def test_fifty_threads_make_few_calls(store: SecretServiceStore, wire: Wire, keyring: GnomeKeyring) -> None:
    """While one thread's call is under way the others gather; a daemon that is stopped makes that certain."""
    secrets = Secrets(store, interactive=False, timeout=20)
    secrets.get_many(SERVICE, NAMES)
    wire.clear()
    keyring.freeze()
    links = store._links

    def all_asked() -> bool:
        link = links._blocking
        return link is not None and len(link.reads._waiting) == len(NAMES) - 1

    def thaw() -> None:
        try:
            eventually(all_asked, "all but the first wait")
        finally:
            keyring.thaw()

    thawer = threading.Thread(target=thaw, daemon=True)
    thawer.start()
    assert in_threads([lambda name=name: secrets.get(SERVICE, name) for name in NAMES]) == NAMES
    thawer.join(10)
    assert wire.calls == ["GetSecret", "GetSecrets"]


def test_readers_of_one_entry_share_a_call_that_has_not_gone_out(store: SecretServiceStore, wire: Wire) -> None:
    async def main() -> None:
        secrets = AsyncSecrets(store, interactive=False, timeout=20)
        await secrets.get_many(SERVICE, NAMES)
        wire.clear()
        assert await asyncio.gather(*_gets(secrets, 20)) == ["name7"] * 20
        assert wire.calls == ["GetSecret"]
        await secrets.aclose()

    asyncio.run(main())


def _gets(secrets: AsyncSecrets, count: int) -> list[Any]:
    return [secrets.get(SERVICE, "name7") for _ in range(count)]


def test_a_call_that_has_gone_out_is_not_shared(
    store: SecretServiceStore, wire: Wire, keyring: GnomeKeyring, raw: RawService
) -> None:
    """It may have been answered before the value was changed, and the change acknowledged, and this read asked."""

    async def main() -> None:
        secrets = AsyncSecrets(store, interactive=False, timeout=20)
        await secrets.get_many(SERVICE, NAMES)
        wire.clear()
        keyring.freeze()
        first = asyncio.ensure_future(secrets.get(SERVICE, "name7"))
        while not wire.calls:
            await asyncio.sleep(0)
        second = asyncio.ensure_future(secrets.get(SERVICE, "name7"))
        while len(wire.calls) < 2:
            await asyncio.sleep(0)
        assert wire.calls == ["GetSecret", "GetSecret"]
        keyring.thaw()
        assert await asyncio.gather(first, second) == ["name7", "name7"]
        await secrets.aclose()

    asyncio.run(main())


def test_a_read_after_a_write_gives_what_was_written(known: Caller) -> None:
    """Many chains that each write an entry and read it, while others read the same entries without pause."""
    over = threading.Event()
    chains_left = 8

    def writer(number: int):
        def chain(facade: Any):
            nonlocal chains_left
            try:
                for turn in range(20):
                    value = f"{number} {turn}"
                    yield facade.set(SERVICE, f"name{number}", value)
                    assert (yield facade.get(SERVICE, f"name{number}")) == value
            finally:
                chains_left -= 1
                if chains_left == 0:
                    over.set()

        return chain

    def other(facade: Any):
        while not over.is_set():
            for number in range(8):
                yield facade.get(SERVICE, f"name{number}")

    known.together([*(writer(number) for number in range(8)), other, other])


@pytest.mark.parametrize("order", [1, -1])
def test_readers_with_different_deadlines(known: Caller, keyring: GnomeKeyring, wire: Wire, order: int) -> None:
    """Each gives up at its own; what is left of the batch is answered when the daemon goes on."""
    gave_up = []

    def noting(name: str):
        inner = hurried(name)

        def chain(facade: Any):
            outcome = yield from inner(facade)
            gave_up.append(name)
            return outcome

        return chain

    def thaw() -> None:
        try:
            eventually(lambda: len(gave_up) == 10, "the hurried ones gave up")
        finally:
            keyring.thaw()

    keyring.freeze()
    thawer = threading.Thread(target=thaw, daemon=True)
    thawer.start()
    chains = [*(noting(name) for name in NAMES[:10]), *(reader(name) for name in NAMES[5:20])]
    with under(DEADLINE + GRACE + 5):
        outcomes = known.together(chains[::order])[::order]
    thawer.join(10)
    assert outcomes == ["ERR_SECRETS_TIMEOUT"] * 10 + NAMES[5:20]
    eventually(wire.idle, "nothing is awaited any more")


def test_canceling_some_of_those_who_share_a_call(store: SecretServiceStore, keyring: GnomeKeyring, wire: Wire) -> None:
    async def main(canceled_when: str) -> None:
        secrets = AsyncSecrets(store, interactive=False, timeout=20)
        await secrets.get_many(SERVICE, NAMES)
        wire.clear()
        keyring.freeze()
        tasks = [asyncio.ensure_future(secrets.get(SERVICE, name)) for name in [*NAMES[:5], *NAMES[:5]]]
        if canceled_when == "after":
            while not wire.calls:
                await asyncio.sleep(0)
        else:
            await asyncio.sleep(0)  # they have asked; the call goes out in the next turn
        for task in (tasks[0], tasks[6], tasks[3], tasks[8]):  # of name3 both readers
            task.cancel()
        keyring.thaw()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for number, outcome in enumerate(outcomes):
            if number in (0, 6, 3, 8):
                assert isinstance(outcome, asyncio.CancelledError)
            else:
                assert outcome == NAMES[number % 5]
        assert await secrets.get(SERVICE, "name3") == "name3"
        assert wire.idle()
        await secrets.aclose()

    for when in ("before", "after"):
        asyncio.run(main(when))


def test_the_first_of_a_batch_is_canceled(store: SecretServiceStore) -> None:
    """Whoever arranged for the call may go; the others are served all the same."""

    async def main() -> None:
        secrets = AsyncSecrets(store, interactive=False, timeout=5)
        await secrets.get_many(SERVICE, NAMES)
        for delay in range(4):
            tasks = [asyncio.ensure_future(secrets.get(SERVICE, name)) for name in NAMES[:3]]
            for _ in range(delay):
                await asyncio.sleep(0)
            tasks[0].cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert outcomes[1:] == NAMES[1:3]
        await secrets.aclose()

    asyncio.run(main())


# --- a thousand -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("warm", [True, False], ids=["known", "unknown"])
def test_a_thousand_reads_at_once(store: SecretServiceStore, open_secrets, wire: Wire, warm: bool) -> None:
    """The bus refuses a connection's 129th unanswered call; nobody is to notice."""
    secrets = open_secrets(store, interactive=False, timeout=60)
    if warm:
        secrets.get_many(SERVICE, NAMES)
    count = 1000 if secrets.loop is not None else 200  # threads are dear, and as many cannot be read for at once

    def several(number: int):
        def chain(facade: Any):
            found = []
            for turn in range(1000 // count):
                found.append((yield facade.get(SERVICE, NAMES[(number + turn) % len(NAMES)])))
            return found

        return chain

    outcomes = secrets.together([several(number) for number in range(count)])
    for number, found in enumerate(outcomes):
        assert found == [NAMES[(number + turn) % len(NAMES)] for turn in range(1000 // count)]
    assert wire.most_unanswered <= MOST_UNANSWERED
    assert wire.idle()


def test_more_entries_than_one_call_may_hold(store: SecretServiceStore, raw: RawService, open_secrets, wire) -> None:
    names = [f"more{number}" for number in range(300)]
    for name in names:
        raw.create(bun_attributes(SERVICE, name), name.encode())
    secrets = open_secrets(store, interactive=False, timeout=60)
    expected = {name: name for name in names}
    assert secrets.get_many(SERVICE, names) == expected
    wire.clear()
    assert secrets.get_many(SERVICE, names) == expected
    assert wire.calls == ["GetSecrets"] * 3
    wire.clear()
    assert secrets.together([reader(name) for name in names]) == names
    if secrets.loop is not None:
        assert wire.calls == ["GetSecrets"] * 3
    assert wire.idle()


def test_a_batch_that_mixes_what_is_there_with_what_is_gone_or_locked(
    known: Caller, raw: RawService, keyring: GnomeKeyring
) -> None:
    """What the daemon leaves out of its answer fails nobody else."""
    (gone,) = raw.search(bun_attributes(SERVICE, "name0"))
    raw.delete(gone)
    assert known.together([reader(name) for name in NAMES]) == [None, *NAMES[1:]]
    assert known.get_many(SERVICE, NAMES) == {name: name for name in NAMES[1:]}
