"""`Bus`: a connection to the session bus, where it is found, and how it fails."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jeepney.bus import get_connectable_addresses
from jeepney.low_level import Message

from ..errors import StoreError, UnavailableError
from ..flow import Deadline
from ..protocols.dbus import Prepared, Router, Subscription

if TYPE_CHECKING:
    import socket

CHUNK = 65536  # bytes asked of the socket at once
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

    def take_in(self, connection: socket.socket) -> StoreError | None:
        """Hand on what the bus sent; the error that ends the connection, if it does."""
        try:
            data = connection.recv(CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            return gone()
        try:
            self.router.receive(data)
        except StoreError as error:
            return error
        return None

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
