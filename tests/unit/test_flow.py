"""The two drivers, the deadline, the gate and the workers: one body, two worlds, and no wait without an end."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from factorywager.errors import DeadlineError
from factorywager.flow import Abandonable, Deadline, Flow, Gate, Pause, Work, asynchronous, blocking
from harness.caller import in_threads
from harness.process import eventually

DRIVERS: list[Callable[[Flow[Any]], Any]] = [blocking.run, lambda flow: asyncio.run(asynchronous.run(flow))]


@pytest.fixture(params=DRIVERS, ids=["blocking", "asyncio"])
def run(request: pytest.FixtureRequest) -> Callable[[Flow[Any]], Any]:
    return request.param


def _work(function: Callable[[], Any], seconds: float | None = 10) -> Work[Any]:
    return Work(function, Deadline(seconds))


def test_a_flow_is_sent_results_and_returns_its_value(run) -> None:
    def flow() -> Flow[int]:
        first = yield _work(lambda: 20)
        yield Pause(0)
        second = yield _work(lambda: 22)
        return first + second

    assert run(flow()) == 42


def test_a_call_that_nothing_bounds_is_left_behind_at_the_deadline(run) -> None:
    release, ended = threading.Event(), threading.Event()

    def forever() -> None:
        release.wait(20)
        ended.set()

    def flow() -> Flow[str]:
        try:
            yield Abandonable(forever, Deadline(0.1))
        except DeadlineError:
            return (yield Abandonable(lambda: "another", Deadline(10)))
        return "it ended"

    assert run(flow()) == "another"
    assert not ended.is_set()
    release.set()
    assert ended.wait(20)


def test_what_such_a_call_raises_reaches_the_flow(run) -> None:
    def flow() -> Flow[str]:
        with pytest.raises(ZeroDivisionError):
            yield Abandonable(lambda: 1 / 0, Deadline(None))
        return "raised"

    assert run(flow()) == "raised"


def test_a_flow_may_catch_what_a_request_raises(run) -> None:
    def flow() -> Flow[str]:
        try:
            yield _work(lambda: 1 / 0)
        except ZeroDivisionError:
            return "caught"
        return "not raised"

    assert run(flow()) == "caught"


def test_what_a_flow_does_not_catch_reaches_the_caller_and_it_is_closed(run) -> None:
    closed = []

    def flow() -> Flow[None]:
        try:
            yield _work(lambda: {}["absent"])
        finally:
            closed.append(True)

    with pytest.raises(KeyError):
        run(flow())
    assert closed == [True]


def test_the_blocking_driver_stays_on_its_thread() -> None:
    def flow() -> Flow[threading.Thread]:
        return (yield _work(threading.current_thread))

    assert blocking.run(flow()) is threading.current_thread()


def test_the_asyncio_driver_does_not_block_the_loop() -> None:
    release = threading.Event()

    async def main() -> bool:
        def flow() -> Flow[bool]:
            return (yield _work(lambda: release.wait(10)))

        task = asyncio.ensure_future(asynchronous.run(flow()))
        await asyncio.sleep(0)
        release.set()  # only reached if the loop is free while the call blocks
        return await task

    assert asyncio.run(main()) is True


def test_a_stuck_call_frees_the_asyncio_caller_at_the_deadline() -> None:
    release = threading.Event()

    def flow() -> Flow[None]:
        yield _work(lambda: release.wait(30), seconds=0.05)

    began = time.monotonic()
    with pytest.raises(DeadlineError):
        asyncio.run(asynchronous.run(flow()))
    assert time.monotonic() - began < 1.05
    release.set()


def test_cancelling_the_task_closes_the_flow_where_it_stands() -> None:
    release = threading.Event()
    seen: list[str] = []

    def flow() -> Flow[None]:
        try:
            yield _work(lambda: release.wait(30))
        except asyncio.CancelledError:
            seen.append("canceled")
            raise
        finally:
            seen.append("closed")

    async def main() -> None:
        task = asyncio.ensure_future(asynchronous.run(flow()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    release.set()
    assert seen == ["canceled", "closed"]


def test_more_calls_than_workers_all_finish() -> None:
    async def main() -> list[int]:
        def flow(number: int) -> Flow[int]:
            return (yield _work(lambda: number))

        return await asyncio.gather(*(asynchronous.run(flow(number)) for number in range(100)))

    assert asyncio.run(main()) == list(range(100))


def test_workers_serve_a_forked_child() -> None:
    """Threads do not survive a fork; the child must get its own."""

    async def answer() -> int:
        def flow() -> Flow[int]:
            return (yield _work(lambda: 7, seconds=5))

        return await asynchronous.run(flow())

    assert asyncio.run(answer()) == 7
    child = os.fork()
    if child == 0:
        try:
            os._exit(asyncio.run(answer()))
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_stuck_worker_does_not_hold_up_the_interpreter_s_exit() -> None:
    code = """
import asyncio, threading
from factorywager.errors import DeadlineError
from factorywager.flow import Deadline, Work
async def main():
    try: await Work(threading.Event().wait, Deadline(0.05)).perform_async()
    except DeadlineError: print("deadline")
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=10, check=False)
    assert (done.stdout, done.returncode) == ("deadline\n", 0), done.stderr


# --- deadline -----------------------------------------------------------------------------------------


def test_a_deadline_counts_down_and_stops_at_zero() -> None:
    deadline = Deadline(0.02)
    assert 0 < deadline.remaining() <= 0.0201  # a sum and a difference of floats
    assert not deadline.passed
    eventually(lambda: deadline.passed, "the deadline passed")
    assert deadline.remaining() == 0


def test_no_deadline_never_passes() -> None:
    assert Deadline(None).remaining() is None
    assert not Deadline(None).passed


def test_its_error_says_what_was_waited_for_and_how_long() -> None:
    error = Deadline(1.5).error("the prompt was not answered")
    assert str(error) == "the prompt was not answered within 1.5 s"
    assert error.hint


# --- gate ---------------------------------------------------------------------------------------------


def _inside(gate: Gate, deadline: Deadline, body: Callable[[], Flow[None]]) -> Flow[None]:
    yield gate.enter(deadline)
    try:
        yield from body()
    finally:
        gate.leave()


class _Room:
    """Notes how many were inside at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.inside = 0
        self.most = 0
        self.visits = 0

    def visit(self) -> Flow[None]:
        with self._lock:
            self.inside += 1
            self.visits += 1
            self.most = max(self.most, self.inside)
        yield Pause(0.001)
        with self._lock:
            self.inside -= 1


def test_threads_and_two_loops_enter_one_at_a_time() -> None:
    gate, room = Gate("the room"), _Room()

    def thread() -> None:
        for _ in range(10):
            blocking.run(_inside(gate, Deadline(20), room.visit))

    async def tasks() -> None:
        await asyncio.gather(*(asynchronous.run(_inside(gate, Deadline(20), room.visit)) for _ in range(20)))

    in_threads([thread, thread, lambda: asyncio.run(tasks()), lambda: asyncio.run(tasks())])
    assert (room.visits, room.most) == (60, 1)


def test_a_full_gate_gives_up_at_the_deadline(run) -> None:
    gate = Gate("the room")
    blocking.run(_enter(gate))
    began = time.monotonic()
    with pytest.raises(DeadlineError, match=r"the room was not free within 0\.05 s"):
        run(_inside(gate, Deadline(0.05), lambda: iter(())))
    assert time.monotonic() - began < 1.05
    gate.leave()
    run(_inside(gate, Deadline(5), _Room().visit))


def _enter(gate: Gate) -> Flow[None]:
    yield gate.enter(Deadline(1))


def test_a_canceled_waiter_does_not_keep_the_gate() -> None:
    gate, room = Gate("the room"), _Room()

    async def main() -> None:
        await asynchronous.run(_enter(gate))
        waiters = [asyncio.ensure_future(asynchronous.run(_inside(gate, Deadline(5), room.visit))) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        gate.leave()
        await asyncio.gather(*waiters[1:])
        with pytest.raises(asyncio.CancelledError):
            await waiters[0]

    asyncio.run(main())
    assert (room.visits, room.most) == (2, 1)
