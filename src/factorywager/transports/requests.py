"""What a flow asks of the session bus: `Connect`, `Call`, `Hear`, and the `World` it runs in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jeepney.low_level import Message

from ..flow import Deadline, Request
from ..protocols.dbus import Prepared, Subscription
from ..protocols.received import Received
from .bus import Bus

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop


class Connect(Request[Bus]):
    """Connect to the session bus and authenticate.

    Raises:
        UnavailableError: there is no session bus, or it does not let us in.
        DeadlineError: it did not answer in time.
    """

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def perform(self) -> Bus:
        from .bus_blocking import BlockingBus

        return BlockingBus.connect(self._deadline)

    async def perform_async(self) -> Bus:
        from .bus_asyncio import AsyncBus

        return await AsyncBus.connect(self._deadline)


class Call(Request[list[Received]]):
    """Send calls together and wait for all their replies, errors among them."""

    __slots__ = ("_bus", "_calls", "_deadline")

    def __init__(self, bus: Bus, calls: Sequence[Message | Prepared], deadline: Deadline) -> None:
        self._bus = bus
        self._calls = calls
        self._deadline = deadline

    def perform(self) -> list[Received]:
        replies: list[Received] = self._bus.call(self._calls, self._deadline)
        return replies

    async def perform_async(self) -> list[Received]:
        replies: list[Received] = await self._bus.call(self._calls, self._deadline)
        return replies


class Hear(Request[Received]):
    """Wait for the next signal of a subscription."""

    __slots__ = ("_bus", "_deadline", "_subscription")

    def __init__(self, bus: Bus, subscription: Subscription, deadline: Deadline) -> None:
        self._bus = bus
        self._subscription = subscription
        self._deadline = deadline

    def perform(self) -> Received:
        signal: Received = self._bus.hear(self._subscription, self._deadline)
        return signal

    async def perform_async(self) -> Received:
        signal: Received = await self._bus.hear(self._subscription, self._deadline)
        return signal


class World(Request["AbstractEventLoop | None"]):
    """Where the flow runs: ``None`` on a thread, the running loop in asyncio.  A connection belongs to one of them."""

    __slots__ = ()

    def perform(self) -> None:
        return None

    async def perform_async(self) -> AbstractEventLoop:
        import asyncio

        return asyncio.get_running_loop()
