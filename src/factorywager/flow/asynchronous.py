"""The asyncio driver: the same loop as ``blocking.run``, with an ``await`` in it."""

from __future__ import annotations

from typing import TypeVar

from .request import Flow

T = TypeVar("T")


async def run(flow: Flow[T]) -> T:
    """Run a flow to its end on the running loop.  Cancelling the task closes the flow where it stands."""
    try:
        request = next(flow)
        while True:
            try:
                result = await request.perform_async()
            except BaseException as error:  # noqa: BLE001 - the flow decides what to do with it
                request = flow.throw(error)
            else:
                request = flow.send(result)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        flow.close()
