"""The cache among threads, forks and late signals: no entry gets another one's value, and no reader an older one."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest

from factorywager import MemoryStore, Secrets
from factorywager.flow import Deadline, Work, blocking
from factorywager.model import Ref, Secret
from factorywager.services.cache import Cache
from factorywager.stores.store import Terms
from harness.caller import in_threads
from harness.watched import SERVICE, Watched


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
