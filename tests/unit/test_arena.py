"""The memory that values rest in: what leaves it, what stays in it, and who can see it."""

from __future__ import annotations

import gc
import os
import random
import sys
import threading
from collections.abc import Iterator

import pytest

from factorywager.errors import SecretReleasedError
from factorywager.model import Secret, arena, locked
from factorywager.model.arena import Arena
from factorywager.model.locked import LockedBuffer
from harness.caller import in_threads
from harness.child import run_python
from harness.memory import occurrences

needs_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc and memfd_secret(2) are Linux's")


@pytest.fixture(params=["hidden", "locked"])
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Arenas of either kind of pages."""
    if request.param == "locked":
        monkeypatch.setattr(arena, "_secret_mapping", lambda size: None)
    elif not Arena(4096).hidden:
        pytest.skip("needs memfd_secret(2): boot with secretmem.enable=1 where the kernel is older than 6.5")
    return Arena


def _put(where: Arena, value: bytes) -> slice | None:
    return where.put(memoryview(value))


# --- the arena ------------------------------------------------------------------------------------------


def test_what_is_put_is_read(make) -> None:
    where = make(4096)
    texts = ["", "one", "é密🔒", "x" * 1000, "\x01\n"]
    places = [_put(where, text.encode()) for text in texts]
    assert [where.text(place) for place in places] == texts


def test_it_fills_to_the_last_byte_and_no_further(make) -> None:
    where = make(4096)
    assert _put(where, b"x" * 4000) is not None
    assert _put(where, b"y" * 97) is None
    assert _put(where, b"y" * 96) is not None
    assert _put(where, b"y") is None
    where.clear()
    assert _put(where, b"z" * 4097) is None
    whole = _put(where, b"z" * 4096)
    assert whole is not None
    assert where.text(whole) == "z" * 4096


def test_what_is_wiped_or_cleared_is_zero(make) -> None:
    where = make(4096)
    one, two = _put(where, b"needle"), _put(where, b"other")
    where.wipe(one)
    assert bytes(where._view[one]) == bytes(6)
    assert where.text(two) == "other"
    where.clear()
    assert not any(where._view)


@needs_linux
def test_nobody_finds_a_value_in_hidden_pages_and_one_in_locked_ones(make) -> None:
    where = make(1 << 20)
    needle = random.randbytes(24)
    before = len(occurrences(os.getpid(), needle))  # the variable itself, wherever Python keeps it
    place = _put(where, needle)
    assert len(occurrences(os.getpid(), needle)) == before + (0 if where.hidden else 1)
    assert bytes(where._view[place]) == needle


def test_a_forked_child_sees_nothing_and_takes_nothing_away(make) -> None:
    where = make(1 << 20)
    place = _put(where, b"needle")
    child = os.fork()
    if child == 0:
        where.disown()
        seen = bytes(where._view)
        where._view[:6] = b"child!"  # its own memory now, so its parent's stays as it is
        where.clear()
        del where
        gc.collect()
        os._exit(0 if not any(seen) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert where.text(place) == "needle"


@pytest.mark.parametrize("kind", ["hidden", "locked"])
def test_it_is_zeroed_at_exit_and_when_it_is_collected(kind: str) -> None:
    """At exit seen by a function that was registered before any arena, and so runs after all of theirs."""
    out = run_python(
        f"""
        import atexit, gc
        views = []
        atexit.register(lambda: print("at exit", any(views[1])))
        from factorywager.model import arena
        if {kind!r} == "locked": arena._secret_mapping = lambda size: None
        collected, kept = arena.Arena(4096), arena.Arena(4096)
        views += [memoryview(each._secret if each.hidden else each._locked._pages.map) for each in (collected, kept)]
        for each in (collected, kept): each.put(memoryview(b"needle"))
        print([any(view) for view in views])
        del collected, each
        gc.collect()
        print([any(view) for view in views])
        """,
        {"PATH": os.environ["PATH"]},
    )
    assert out.splitlines() == ["[True, True]", "[False, True]", "at exit False"]


# --- locked buffers whose pages are used again ----------------------------------------------------------


@pytest.fixture
def no_spares() -> Iterator[None]:
    """Pages that other tests gave back are out of the way."""
    before = locked._spare[:]
    locked._spare.clear()
    yield
    locked._spare.extend(before)


def _written(text: bytes) -> LockedBuffer:
    buffer = LockedBuffer(len(text))
    buffer.view[:] = text
    return buffer


def test_a_page_is_used_again_and_is_zero(no_spares: None) -> None:
    first = _written(b"needle" * 100)
    pages = first._pages
    first.wipe()
    assert locked._spare == ([pages] if sys.platform == "linux" else [])
    second = LockedBuffer(4096)
    assert (second._pages is pages) is (sys.platform == "linux")
    assert not any(second.view)


def test_shrinking_leaves_nothing_behind_what_is_kept(no_spares: None) -> None:
    buffer = _written(b"value" + b"padding" * 10)
    pages = buffer._pages
    buffer.shrink(5)
    assert bytes(buffer.view) == b"value"
    assert not any(pages.map[5:])
    buffer.wipe()
    assert not any(pages.map[:])


@pytest.mark.parametrize("size", [1, 4095, 4096, 4097, 10_000])
def test_a_slice_that_a_caller_kept_never_shows_a_later_secret(no_spares: None, size: int) -> None:
    secret = Secret("a" * size)
    with secret.lease() as view:
        kept = view[:1]
        copy = memoryview(view)
    for _ in range(200):
        later = Secret("b" * size)
        assert bytes(kept) == b"\0"
        assert not any(copy)
        later.wipe()
        assert not any(copy)
    kept.release()
    copy.release()


def test_a_page_whose_slice_was_kept_is_not_used_again_after_it_goes(no_spares: None) -> None:
    secret = Secret("needle")
    pages = secret._buffer._pages
    view = secret.bytes
    secret.wipe()
    assert pages not in locked._spare
    with pytest.raises(SecretReleasedError):
        secret.reveal()
    assert bytes(view) == bytes(6)
    view.release()


def test_wiping_twice_gives_a_page_back_once(no_spares: None) -> None:
    buffer = _written(b"needle")
    pages = buffer._pages
    buffer.wipe()
    buffer.wipe()
    del buffer
    gc.collect()  # which may also give back pages that earlier tests left in cycles
    assert sum(spare is pages for spare in locked._spare) == 1


def test_no_more_than_so_many_pages_are_kept(no_spares: None) -> None:
    buffers = [_written(b"needle") for _ in range(200)]
    for buffer in buffers:
        buffer.wipe()
    assert len(locked._spare) <= locked._MOST_SPARE
    assert len({id(pages) for pages in locked._spare}) == len(locked._spare)


def test_a_child_uses_none_of_its_parents_pages(no_spares: None) -> None:
    """Locks are not inherited: mlock(2)."""
    held = _written(b"needle")
    _written(b"other").wipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            own = _written(b"child's")
            right = locked._spare == [] and bytes(own.view) == b"child's" and own.locked == held.locked
            with pytest.raises(SecretReleasedError):
                _ = held.view
            held.wipe()
            status = 0 if right and held._pages not in locked._spare else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert bytes(held.view) == b"needle"
    held.wipe()


def _threads(turns: int) -> None:
    def use(number: int) -> None:
        mark = bytes([number + 1])
        chance = random.Random(number)
        for _ in range(turns):
            size = chance.choice([1, 16, 100, 4096, 5000])
            buffer = LockedBuffer(size)
            assert not any(buffer.view), "not zero when it was given out"
            buffer.view[:] = mark * size
            assert bytes(buffer.view) == mark * size, "two threads have one page"
            if chance.random() < 0.3:
                kept = buffer.view.toreadonly()[:1]
                buffer.wipe()
                assert bytes(kept) == b"\0"
                kept.release()
            elif chance.random() < 0.5:
                buffer.wipe()
            # else it is collected

    in_threads([lambda number=number: use(number) for number in range(6)])


@pytest.fixture
def impatient() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_never_share_a_page(no_spares: None, impatient: None) -> None:
    _threads(500)


@pytest.mark.long
def test_threads_never_share_a_page_for_long(no_spares: None, impatient: None) -> None:
    _threads(20_000)


def test_a_wipe_by_two_threads_at_once_gives_a_page_back_once(no_spares: None, impatient: None) -> None:
    for _ in range(300):
        buffer = _written(b"needle")
        start = threading.Barrier(3)

        def wipe(buffer: LockedBuffer = buffer, start: threading.Barrier = start) -> None:
            start.wait()
            buffer.wipe()

        in_threads([wipe] * 3)
        assert len({id(pages) for pages in locked._spare}) == len(locked._spare)
