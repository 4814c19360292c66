"""The blocking driver.  Imports no asyncio, now or later: that alone costs a command more than reading a secret."""

from __future__ import annotations

from typing import TypeVar

from .request import Flow

T = TypeVar("T")


def run(flow: Flow[T]) -> T:
    """Run a flow to its end on this thread and give what it returns, or raise what it raises."""
    try:
        request = next(flow)
        while True:
            try:
                result = request.perform()
            except BaseException as error:  # noqa: BLE001 - the flow decides what to do with it
                request = flow.throw(error)
            else:
                request = flow.send(result)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        flow.close()
