"""The cache over the memory store: what it gives, until when, and that no entry ever gets another one's value."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest

from factorywager import AsyncSecrets, MemoryStore, Secrets
from factorywager.errors import ArgumentTypeError, ArgumentValueError, CorruptError
from factorywager.flow import Deadline, Flow, Work, blocking
from factorywager.model import Ref, Secret
from factorywager.services import cache as module
from factorywager.services.cache import Cache
from factorywager.stores.store import Options, Terms
from harness.caller import Caller, in_threads

SERVICE = "com.example.cache"


class Watched(MemoryStore):
    """Counts what reaches it, and may hold its readers up."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.pulses = 0
        self.before: Callable[[], object] | None = None
        self.after: Callable[[], object] | None = None

    def get(self, ref: Ref, terms: Terms) -> Flow[Secret | None]:
        self.reads += 1
        if self.before is not None:
            yield Work(self.before, terms.deadline)
        value = yield from super().get(ref, terms)
        if self.after is not None:
            yield Work(self.after, terms.deadline)
        return value

    def get_many(self, service, names, terms):
        self.reads += 1
        return (yield from super().get_many(service, names, terms))

    def pulse(self, terms):
        self.pulses += 1
        yield Work(lambda: None, terms.deadline)
        return (yield from super().pulse(terms))

    def put(self, name: str, value: str | bytes) -> None:
        """As another program would."""
        blocking.run(super().set(Ref(SERVICE, name), Secret(value), Terms(Deadline(5), False), Options()))

    def remove(self, name: str) -> None:
        blocking.run(super().delete(Ref(SERVICE, name), Terms(Deadline(5), False)))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


@pytest.fixture
def store() -> Watched:
    store = Watched()
    store.put("token", "one")
    return store


@pytest.fixture
def secrets(store: Watched, open_secrets: Callable[..., Caller]) -> Caller:
    return open_secrets(store, cache=60)


def _cache(secrets: Caller) -> Cache:
    cache = secrets.wrapped.operations.cache
    assert cache is not None
    return cache


def test_a_value_is_read_once(secrets: Caller, store: Watched) -> None:
    for _ in range(3):
        assert secrets.get(SERVICE, "token") == "one"
        assert secrets.get(service=SERVICE, name="token") == "one"
    assert store.reads == 1


def test_every_form_gives_the_value(secrets: Caller, store: Watched, open_secrets) -> None:
    bound = open_secrets(store, service=SERVICE, cache=60)
    for _ in range(2):
        assert secrets.get({"service": SERVICE, "name": "token"}) == "one"
        assert secrets.get(SERVICE, name="token") == "one"
        assert secrets.get({"service": SERVICE}, "token") == "one"
        assert bound.get("token") == "one"
        assert bound.get(name="token") == "one"
        assert bound.get({"name": "token"}) == "one"
        assert bound.get_many(names=["token"]) == {"token": "one"}
        assert bound.get_many(names=("token",)) == {"token": "one"}
        assert bound.get_many(names=iter(["token"])) == {"token": "one"}
        assert bound.get("com.example.other", "token") is None


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.get(),
        lambda s: s.get(SERVICE),
        lambda s: s.get([], []),
        lambda s: s.get(SERVICE, ["token"]),
        lambda s: s.get(None, "token"),
        lambda s: s.get("", ""),
        lambda s: s.get_many(SERVICE, [["token"]]),
        lambda s: s.get_many(SERVICE, [{}]),
        lambda s: s.get_many([], ["token"]),
        lambda s: s.get_many(5, []),
        lambda s: s.get_many(None, []),
        lambda s: s.get_many(SERVICE, ["token", 5]),
    ],
)
def test_a_wrong_call_fails_as_it_does_without_a_cache(secrets: Caller, store: Watched, open_secrets, call) -> None:
    secrets.get(SERVICE, "token")
    with pytest.raises(ArgumentTypeError) as without:
        call(open_secrets(store).wrapped)  # at the call: nothing is awaited
    with pytest.raises(ArgumentTypeError) as caught:
        call(secrets.wrapped)
    assert (type(caught.value), str(caught.value)) == (type(without.value), str(without.value))


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_an_age_must_be_one(seconds: float) -> None:
    with pytest.raises(ArgumentValueError):
        Secrets("memory", cache=seconds)


def test_the_first_bulk_read_fills_it_whole(secrets: Caller, store: Watched) -> None:
    names = [f"name{number}" for number in range(50)]
    for name in names:
        store.put(name, f"value of {name}")
    expected = {name: f"value of {name}" for name in names}
    assert secrets.get_many(SERVICE, names) == expected
    reads = store.reads
    assert secrets.get_many(SERVICE, names) == expected
    assert [secrets.get(SERVICE, name) for name in names] == list(expected.values())
    assert store.reads == reads
    store.put("another", "x")
    assert secrets.get_many(SERVICE, names) == expected
    assert store.reads == reads + 1


def test_first_readers_at_once_follow_the_store_once(secrets: Caller, store: Watched) -> None:
    def reader(facade):
        return (yield facade.get(SERVICE, "token"))

    assert secrets.together([reader] * 20) == ["one"] * 20
    assert store.pulses == 1


def test_absence_is_not_kept(secrets: Caller, store: Watched) -> None:
    assert secrets.get(SERVICE, "later") is None
    store.put("later", "here")
    assert secrets.get(SERVICE, "later") == "here"


def test_what_others_change_is_seen_at_once(secrets: Caller, store: Watched) -> None:
    for turn in range(10):
        store.put("token", f"turn {turn}")
        for _ in range(2):
            assert secrets.get(SERVICE, "token") == f"turn {turn}"
            assert secrets.get_many(SERVICE, ["token"]) == {"token": f"turn {turn}"}
    store.remove("token")
    assert secrets.get(SERVICE, "token") is None
    assert secrets.get_many(SERVICE, ["token"]) == {}


def test_own_changes_are_seen_at_once(secrets: Caller) -> None:
    assert secrets.get(SERVICE, "token") == "one"
    for change, expected in (
        (lambda: secrets.set(SERVICE, "token", "two"), "two"),
        (lambda: secrets.set_many(SERVICE, {"token": "three"}), "three"),
        (lambda: secrets.set(SERVICE, "token", ""), None),
        (lambda: secrets.get_or_create(SERVICE, "token", lambda: "four"), "four"),
        (lambda: secrets.delete(SERVICE, "token"), None),
    ):
        change()
        assert secrets.get(SERVICE, "token") == expected
        assert secrets.get(SERVICE, "token") == expected


def test_a_store_that_is_closed_takes_its_values_along(secrets: Caller, store: Watched) -> None:
    assert secrets.get(SERVICE, "token") == "one"
    store.close()
    assert secrets.get(SERVICE, "token") is None


def test_age_ends_a_value(secrets: Caller, store: Watched, clock: Clock) -> None:
    secrets.get(SERVICE, "token")
    clock.now += 59.9
    secrets.get(SERVICE, "token")
    assert store.reads == 1
    clock.now += 0.1
    assert secrets.get(SERVICE, "token") == "one"
    assert store.reads == 2
    clock.now += 30
    secrets.get(SERVICE, "token")
    assert store.reads == 2


def test_age_ends_each_value_for_itself(secrets: Caller, store: Watched, clock: Clock) -> None:
    store.put("other", "two")
    secrets.get(SERVICE, "token")
    clock.now += 40
    secrets.get(SERVICE, "other")
    clock.now += 30
    assert secrets.get(SERVICE, "other") == "two"
    assert store.reads == 2
    assert secrets.get(SERVICE, "token") == "one"
    assert secrets.get(SERVICE, "other") == "two"
    assert store.reads == 3


def test_clear_and_close_end_every_value(secrets: Caller, store: Watched) -> None:
    secrets.get(SERVICE, "token")
    secrets.wrapped.clear()
    assert secrets.get(SERVICE, "token") == "one"
    assert store.reads == 2
    _cache(secrets).close()
    assert secrets.get(SERVICE, "token") == "one"
    assert (store.reads, store.pulses) == (3, 2)


def test_clear_without_a_cache_is_nothing() -> None:
    Secrets("memory").clear()


def test_what_is_being_read_when_it_is_cleared_is_not_kept(secrets: Caller, store: Watched) -> None:
    store.after = secrets.wrapped.clear
    assert secrets.get(SERVICE, "token") == "one"
    store.after = None
    assert _cache(secrets).look((SERVICE, "token")) is None


def test_what_changes_while_it_is_being_read_is_not_kept(secrets: Caller, store: Watched) -> None:
    store.after = lambda: store.put("token", "two")
    assert secrets.get(SERVICE, "token") == "one"
    store.after = None
    assert secrets.get(SERVICE, "token") == "two"


def test_a_value_too_large_for_it_is_read_each_time_and_disturbs_nothing(secrets: Caller, store: Watched) -> None:
    store.put("large", "x" * (module._ARENA_BYTES + 1))
    secrets.get(SERVICE, "token")
    for _ in range(2):
        assert len(secrets.get(SERVICE, "large")) == module._ARENA_BYTES + 1
    assert store.reads == 3
    secrets.get(SERVICE, "token")
    assert store.reads == 3


def test_a_value_as_large_as_the_cache(secrets: Caller, store: Watched) -> None:
    store.put("large", "x" * module._ARENA_BYTES)
    for _ in range(2):
        assert secrets.get(SERVICE, "large") == "x" * module._ARENA_BYTES
    assert store.reads == 1


def test_a_full_cache_begins_anew(secrets: Caller, store: Watched) -> None:
    half = module._ARENA_BYTES // 2 + 1
    for name, letter in (("first", "a"), ("second", "b"), ("first", "a")):
        store.put(name, letter * half)
    for _ in range(3):
        assert secrets.get(SERVICE, "first") == "a" * half
        assert secrets.get(SERVICE, "second") == "b" * half
    assert secrets.get(SERVICE, "second") == "b" * half


def test_what_is_not_text_fails_each_time(secrets: Caller, store: Watched) -> None:
    store.put("binary", b"\xff\xfe")
    for _ in range(3):
        with pytest.raises(CorruptError):
            secrets.get(SERVICE, "binary")
        with secrets.lease(SERVICE, "binary") as view:
            assert bytes(view) == b"\xff\xfe"


def test_a_lease_reads_the_store_and_keeps_what_it_found(secrets: Caller, store: Watched) -> None:
    secrets.get(SERVICE, "token")
    with secrets.lease(SERVICE, "token") as view:
        assert bytes(view) == b"one"
    assert store.reads == 2
    assert secrets.get(SERVICE, "token") == "one"
    assert store.reads == 2


def test_observers_hear_of_what_reaches_the_store(store: Watched, open_secrets) -> None:
    events = []
    secrets = open_secrets(store, cache=60, observers=[events.append])
    for _ in range(5):
        secrets.get(SERVICE, "token")
    assert [(event.operation, event.outcome) for event in events] == [("get", "ok")]


def test_the_awaitable_of_a_kept_value_is_one_like_any_other(store: Watched) -> None:
    async def main() -> list[str | None]:
        secrets = AsyncSecrets(store, cache=60)
        await secrets.get(SERVICE, "token")
        task = asyncio.create_task(secrets.get(SERVICE, "token"))
        return [await task, await asyncio.wait_for(secrets.get(SERVICE, "token"), 1)]

    assert asyncio.run(main()) == ["one", "one"]


def test_a_dead_pulse_is_replaced_and_hides_nothing(secrets: Caller, store: Watched) -> None:
    class Dead:
        beat = float("nan")
        closed = False

        def close(self) -> None:
            self.closed = True

    secrets.get(SERVICE, "token")
    cache = _cache(secrets)
    dead = cache._pulse = Dead()
    store.put("token", "two")
    assert secrets.get(SERVICE, "token") == "two"
    assert dead.closed
    assert secrets.get(SERVICE, "token") == "two"
    assert store.reads == 2


def test_a_store_that_tells_of_no_changes_is_read_each_time(open_secrets) -> None:
    class Mute(Watched):
        def pulse(self, terms):
            yield Work(lambda: None, terms.deadline)

    store = Mute()
    store.put("token", "one")
    secrets = open_secrets(store, cache=60)
    for turn in range(3):
        store.put("token", f"turn {turn}")
        assert secrets.get(SERVICE, "token") == f"turn {turn}"


# --- age, without anybody looking ---------------------------------------------------------------------


def _kept(cache: Cache) -> bytes:
    assert cache._arena is not None
    return bytes(cache._arena._view)


def test_what_is_too_old_is_wiped_where_nobody_looks_any_more(store: Watched) -> None:
    from harness.process import eventually

    secrets = Secrets(store, cache=0.05)
    for turn in range(3):
        store.put("token", f"needle {turn}")
        secrets.get(SERVICE, "token")
        cache = secrets.operations.cache
        assert cache is not None
        eventually(lambda: not any(_kept(cache)), "the arena is wiped", within=10)  # noqa: B023


def test_every_way_of_losing_a_value_wipes_it(store: Watched, clock: Clock) -> None:
    secrets = Secrets(store, cache=60)
    cache = secrets.operations.cache
    assert cache is not None

    def fill() -> None:
        secrets.get(SERVICE, "token")
        assert b"one" in _kept(cache)

    fill()
    secrets.clear()
    assert not any(_kept(cache))
    fill()
    secrets.set(SERVICE, "other", "x")
    assert not any(_kept(cache))
    fill()
    store.put("other", "y")
    assert cache.look((SERVICE, "token")) is None
    assert not any(_kept(cache))
    fill()
    clock.now += 60
    assert cache.look((SERVICE, "token")) is None
    assert not any(_kept(cache))
    fill()
    with secrets.lease(SERVICE, "token"):  # read again: one copy, not two
        assert _kept(cache).count(b"one") == 1
    cache.close()
    assert not any(_kept(cache))


# --- threads and forks --------------------------------------------------------------------------------


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def _hammer(turns: int) -> None:
    """Readers, writers and wipers of entries whose values lie in the same places, at lengths that never agree."""
    store = Watched()
    secrets = Secrets(store, cache=60)
    names = [f"name{number}" for number in range(6)]
    letters = dict(zip(names, "aé密🔒zñ", strict=True))  # of one to four bytes: a place seldom ends between two letters
    for name in names:
        store.put(name, letters[name] * 5)
    over = threading.Event()
    cache = secrets.operations.cache
    assert cache is not None
    hits = 0

    def read() -> None:
        nonlocal hits
        try:
            for turn in range(turns):
                name = names[turn % len(names)]
                value = cache.look((SERVICE, name))
                hits += value is not None
                if value is None:
                    value = secrets.get(SERVICE, name)
                assert value, name
                assert set(value) == {letters[name]}, (name, value)
        finally:
            over.set()

    def disturb(change: Callable[[int], object]) -> Callable[[], None]:
        def run() -> None:
            turn = 0
            while not over.is_set():
                change(turn)
                turn += 1

        return run

    def write(turn: int) -> None:
        name = names[turn * 5 % len(names)]
        store.put(name, letters[name] * (turn % 11 + 1))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        in_threads([read, read, disturb(write), disturb(lambda _: secrets.clear()), disturb(lambda _: cache._sweep())])
    assert hits


def test_no_thread_is_given_another_entrys_value(impatient: None) -> None:
    _hammer(3_000)


@pytest.mark.long
def test_no_thread_is_given_another_entrys_value_for_long(impatient: None) -> None:
    for _ in range(10):
        _hammer(20_000)


def test_a_place_that_is_used_again_while_it_is_read_gives_nothing(store: Watched, monkeypatch) -> None:
    """The race of the hammer, made certain: the value is replaced between its finding and its reading."""
    from factorywager.model.arena import Arena

    secrets = Secrets(store, cache=60)
    secrets.get(SERVICE, "token")
    cache = secrets.operations.cache
    assert cache is not None
    read = Arena.text
    for other in ("two", "é密🔒"):
        store.put("other", other)
        secrets.get(SERVICE, "token")

        def text(arena: Arena, place: slice, other: str = other) -> str:
            monkeypatch.setattr(Arena, "text", read)
            secrets.clear()
            assert secrets.get(SERVICE, "other") == other
            return read(arena, place)

        monkeypatch.setattr(Arena, "text", text)
        assert cache.look((SERVICE, "token")) is None
        assert secrets.get(SERVICE, "token") == "one"


def test_a_forked_child_has_nothing_and_the_parent_keeps_everything(store: Watched) -> None:
    secrets = Secrets(store, cache=60)
    secrets.get(SERVICE, "token")
    cache = secrets.operations.cache
    assert cache is not None
    arena = cache._arena
    assert arena is not None
    child = os.fork()
    if child == 0:
        status = 1
        try:
            empty = cache.look((SERVICE, "token")) is None and b"one" not in bytes(arena._view)
            store._entries.clear()  # its own locked memory is wiped in a child as well
            store.put("token", "child's")
            again = [secrets.get(SERVICE, "token") for _ in range(3)]
            status = 0 if empty and again == ["child's"] * 3 else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert cache.look((SERVICE, "token")) == "one"
    assert b"one" in bytes(arena._view)


def test_forks_while_threads_use_it(store: Watched, impatient: None) -> None:
    """A lock that another thread holds at the moment of the fork must not be the child's."""
    secrets = Secrets(store, cache=60)
    over = threading.Event()
    cache = secrets.operations.cache
    assert cache is not None

    def use() -> None:
        while not over.is_set():
            secrets.get(SERVICE, "token")
            secrets.clear()

    user = threading.Thread(target=use, daemon=True)
    user.start()
    try:
        for _ in range(30):
            child = os.fork()
            if child == 0:
                cache.clear()
                os._exit(0 if cache.look((SERVICE, "token")) is None else 1)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        over.set()
        user.join(10)


class Beating:
    """A pulse that is beaten by hand, and counts how often it is felt."""

    def __init__(self) -> None:
        self.now = 1.0
        self.felt = 0

    @property
    def beat(self) -> float:
        self.felt += 1
        return self.now

    def close(self) -> None: ...


class Following(MemoryStore):
    def __init__(self, pulse: Beating) -> None:
        super().__init__()
        self.by_hand = pulse

    def pulse(self, terms):
        yield Work(lambda: None, terms.deadline)
        return self.by_hand


def test_reads_that_disagree_are_not_kept() -> None:
    """The store's signal is late: of two reads at the same time nobody knows which saw the newer value."""
    pulse = Beating()
    store, cache, ref = Following(pulse), Cache(60), Ref(SERVICE, "token")
    terms = Terms(Deadline(5), False)
    moments = [blocking.run(cache.begin(store, terms)) for _ in range(3)]
    cache.keep(ref, Secret("newer"), moments[0])
    assert cache.look(ref) == "newer"
    cache.keep(ref, Secret("older"), moments[1])
    assert cache.look(ref) is None
    cache.keep(ref, Secret("older"), moments[2])
    assert cache.look(ref) is None
    cache.keep(ref, Secret("newer"), blocking.run(cache.begin(store, terms)))
    assert cache.look(ref) == "newer"
    cache.close()


def test_a_read_that_a_change_overtook_keeps_earlier_ones_out() -> None:
    """Its caller has the newer value; one that began before it ended may still bring the older."""
    pulse = Beating()
    store, cache, ref = Following(pulse), Cache(60), Ref(SERVICE, "token")
    terms = Terms(Deadline(5), False)
    overtaken = blocking.run(cache.begin(store, terms))
    pulse.now += 1
    beside = blocking.run(cache.begin(store, terms))
    cache.keep(ref, Secret("newer"), overtaken)
    cache.keep(ref, Secret("older"), beside)
    assert cache.look(ref) is None
    cache.keep(ref, Secret("newer"), blocking.run(cache.begin(store, terms)))
    assert cache.look(ref) == "newer"
    cache.close()


def test_many_kept_values_are_given_for_one_look_at_the_pulse() -> None:
    pulse = Beating()
    store, cache = Following(pulse), Cache(60)
    moment = blocking.run(cache.begin(store, Terms(Deadline(5), False)))
    names = [f"name{number}" for number in range(50)]
    for name in names:
        cache.keep(Ref(SERVICE, name), Secret(name), moment)
    pulse.felt = 0
    assert cache.look_all(SERVICE, names) == {name: name for name in names}
    assert pulse.felt == 1
    assert cache.look_all(SERVICE, [*names, "absent"]) is None
    pulse.now += 1
    assert cache.look_all(SERVICE, names) is None
    cache.close()
