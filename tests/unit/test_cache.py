"""The cache over the memory store: what it gives, until when, and that no entry ever gets another one's value."""

from __future__ import annotations

import asyncio

import pytest

from factorywager import AsyncSecrets, Secrets
from factorywager.errors import ArgumentTypeError, ArgumentValueError, CorruptError
from factorywager.flow import Work
from factorywager.services import cache as module
from factorywager.services.cache import Cache
from harness.caller import Caller
from harness.watched import SERVICE, Clock, Watched


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
