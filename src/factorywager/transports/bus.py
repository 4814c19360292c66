"""The session bus, as requests that a flow can yield: `Connect`, `Call`, `Hear`."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jeepney.bus import get_connectable_addresses
from jeepney.low_level import Message

from ..errors import UnavailableError
from ..flow import Deadline, Request
from ..protocols.dbus import Prepared, Router, Subscription
from ..protocols.received import Received

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

NO_BUS_HINT = "start one with `dbus-run-session -- $SHELL`, or keep secrets in the vault: --store vault"


class Bus(ABC):
    """One connection to the session bus; `BlockingBus` and `AsyncBus` do the waiting."""

    def __init__(self) -> None:
        self.router = Router()
        self.closed = False
        self._pid = os.getpid()

    @property
    def inherited(self) -> bool:
        """Whether this is a forked child's copy: the connection is still the parent's, and must be left alone."""
        return os.getpid() != self._pid

    @abstractmethod
    def call(self, calls: Sequence[Message | Prepared], deadline: Deadline) -> Any:
        """Send ``calls`` in one piece and give their replies, or an awaitable of them."""

    @abstractmethod
    def hear(self, subscription: Subscription, deadline: Deadline) -> Any:
        """The next signal of a subscription, or an awaitable of it."""

    @abstractmethod
    def post(self, call: Message) -> None:
        """Send a call whose reply nobody waits for, if the connection still takes it."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection; whoever waits gets `UnavailableError`."""


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


def session_bus_addresses() -> list[str]:
    """Paths of sockets to try, in order; an abstract one begins with NUL.

    ``DBUS_SESSION_BUS_ADDRESS``, else systemd's ``$XDG_RUNTIME_DIR/bus`` (sd_bus_open_user(3)).

    Raises:
        UnavailableError: neither names a socket.
    """
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    if address:
        try:
            return list(get_connectable_addresses(address))
        except (RuntimeError, ValueError):
            raise UnavailableError(
                "the session bus address is of no kind that can be connected to",
                hint="DBUS_SESSION_BUS_ADDRESS must begin with unix:path= or unix:abstract=",
            ) from None
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.path.exists(os.path.join(runtime, "bus")):  # noqa: PTH110, PTH118 - pathlib costs 10 ms
        return [os.path.join(runtime, "bus")]  # noqa: PTH118
    raise UnavailableError("there is no session bus here", hint=NO_BUS_HINT)


def unreachable(error: OSError) -> UnavailableError:
    """The error for a bus that is named and cannot be reached."""
    reason = (error.strerror or type(error).__name__).lower()
    return UnavailableError(f"the session bus cannot be reached: {reason}", hint=NO_BUS_HINT)


def refused() -> UnavailableError:
    """The error for a bus that does not accept who we are (sudo keeps the address and changes the user)."""
    return UnavailableError(
        "the session bus does not accept this user", hint="run as the user who owns the desktop session, without sudo"
    )


def gone() -> UnavailableError:
    """The error for a connection that ended while somebody waited."""
    return UnavailableError(
        "the session bus closed the connection", hint="try again; `factorywager doctor` looks closer"
    )


NO_ANSWER = "the daemon did not answer"
