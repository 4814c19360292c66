"""The client's half of a D-Bus conversation: which reply answers which call, and who hears which signal.

Marshalling is jeepney's.  Nothing here touches a socket: `Router.send` gives bytes to write, `Router.receive` takes
bytes that were read, and whoever does the reading and writing is told through `Exchange.on_settled`.
Source: D-Bus Specification 0.43, "Message Format" and "Message Bus Messages".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from copy import copy
from itertools import count
from typing import Any, Final

from jeepney.low_level import HeaderFields, Message, MessageType
from jeepney.wrappers import DBusAddress, new_method_call

from ..errors import PlatformError, StoreError
from .received import Frames, Received

BUS: Final = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
PROPERTIES: Final = "org.freedesktop.DBus.Properties"

# A bus refuses more calls than it lets one connection have unanswered: 128 by default (dbus-daemon(1),
# max_replies_per_connection).  Calls beyond half of that wait on our side.
MOST_UNANSWERED: Final = 64

# Signals that nobody has taken yet, of one subscription: their number, and their bytes.  A daemon whose signals come
# faster than anybody could mean them would fill the memory with them.
MOST_UNTAKEN: Final = 50_000
LARGEST_UNTAKEN: Final = 16 * 1024 * 1024


class Prepared:
    """A call that is made again and again: marshalled once, with only the serial put in anew (bytes 8 to 11).

    Args:
        body: instead of the call's own, where marshalling that would take too long; little-endian.
    """

    __slots__ = ("_head", "_tail")

    def __init__(self, call: Message, body: bytes | None = None) -> None:
        data = _marshalled(call, 0)  # jeepney writes little-endian
        if body is not None:
            header = len(data) - int.from_bytes(data[4:8], "little")
            data = data[:4] + len(body).to_bytes(4, "little") + data[8:header] + body
        self._head, self._tail = data[:8], data[12:]

    def serialise(self, serial: int) -> bytes:
        return self._head + serial.to_bytes(4, "little") + self._tail


def marshalled_paths(paths: Sequence[str], last: str) -> bytes:
    """A body ``aoo``, little-endian: jeepney takes longer over fifty paths than the daemon does."""
    pieces: list[bytes] = []
    for path in paths:
        text = path.encode()
        pieces.append(len(text).to_bytes(4, "little") + text + bytes(4 - len(text) % 4))  # a NUL, and up to the next 4
    # the array's length ends where its last path does, without what only aligns the next value
    length = sum(map(len, pieces)) - (3 - len(paths[-1].encode()) % 4 if paths else 0)
    text = last.encode()
    return b"".join([length.to_bytes(4, "little"), *pieces, len(text).to_bytes(4, "little"), text, b"\0"])


def _marshalled(call: Message | Prepared, serial: int) -> bytes:
    try:
        return bytes(call.serialise(serial))
    except ValueError:  # jeepney's check of object paths; whatever else is in a call is our own
        raise misnamed() from None


def misnamed() -> PlatformError:
    """The error for an object that cannot be called by the name its daemon gave it."""
    return PlatformError("the daemon named an object by what is no object path")


def hello() -> Message:
    """The first call on every connection."""
    return new_method_call(BUS, "Hello")


def add_match(rule: str) -> Message:
    return new_method_call(BUS, "AddMatch", "s", (rule,))


def remove_match(rule: str) -> Message:
    return new_method_call(BUS, "RemoveMatch", "s", (rule,))


def error_name(message: Received) -> str | None:
    """The D-Bus error that a reply carries, or ``None`` where it is a result."""
    if message.kind is not MessageType.error:
        return None
    return str(message.field(HeaderFields.error_name) or "org.freedesktop.DBus.Error.Failed")


def error_text(message: Received) -> str:
    """What an error reply says for people; empty where it says nothing."""
    return str(message.body[0]) if message.body and isinstance(message.body[0], str) else ""


def sender(message: Received) -> str | None:
    return message.field(HeaderFields.sender)  # type: ignore[no-any-return]


def path(message: Received) -> str | None:
    return message.field(HeaderFields.path)  # type: ignore[no-any-return]


def interface(message: Received) -> str | None:
    return message.field(HeaderFields.interface)  # type: ignore[no-any-return]


def member(message: Received) -> str | None:
    return message.field(HeaderFields.member)  # type: ignore[no-any-return]


def signature(message: Received) -> str:
    """The types of the body; empty where it has none."""
    return message.field(HeaderFields.signature) or ""


def body(message: Received, types: str) -> tuple[Any, ...]:
    """A reply's values, once it is certain that they have the types the caller relies on.

    Raises:
        PlatformError: the signature is another one; the peer does not speak the interface it claims to.
    """
    expect(message, types)
    return message.body


def expect(message: Received, types: str) -> None:
    """Raise `PlatformError` where a reply's values are of other types than these."""
    if signature(message) != types:
        raise PlatformError(f"the daemon answered with the types {signature(message)!r} where {types!r} was due")


class Exchange:
    """Some calls sent together, and their replies as they come in.

    Attributes:
        replies: one for each call, in the order of the calls; ``None`` until it has arrived.
        error: why no more replies will come, where that is so.
        on_settled: called once, when the last reply or the error is there.
    """

    __slots__ = ("_missing", "error", "on_settled", "replies", "serials")

    def __init__(self, serials: range) -> None:
        self.serials = serials
        self.replies: list[Received | None] = [None] * len(serials)
        self._missing = len(serials)
        self.error: StoreError | None = None
        self.on_settled: Callable[[], None] | None = None

    @property
    def settled(self) -> bool:
        return self._missing == 0 or self.error is not None

    def result(self) -> list[Received]:
        """The replies of a settled exchange, or its error."""
        if self.error is not None:
            raise copy(self.error)  # others get it too, and each is told of its own entry
        return [reply for reply in self.replies if reply is not None]

    def _arrive(self, message: Received, serial: int) -> None:
        self.replies[serial - self.serials.start] = message
        self._missing -= 1
        self._tell()

    def _fail(self, error: StoreError) -> None:
        self.error = error
        self._tell()

    def _tell(self) -> None:
        if self.settled and self.on_settled is not None:
            self.on_settled()
            self.on_settled = None


class Subscription:
    """Signals of one kind, kept in the order in which they arrived until somebody takes them."""

    __slots__ = ("_size", "error", "messages", "on_message", "wanted")

    def __init__(self, wanted: Callable[[Received], bool]) -> None:
        self.wanted = wanted
        self.messages: deque[Received] = deque()
        self._size = 0  # bytes of all of them
        self.error: StoreError | None = None
        self.on_message: Callable[[], None] | None = None

    @property
    def ready(self) -> bool:
        return bool(self.messages) or self.error is not None

    def take(self) -> Received:
        """The oldest signal not yet taken, or the error that ended the connection."""
        if self.messages:
            message = self.messages.popleft()
            self._size -= len(message.raw)
            return message
        assert self.error is not None
        raise copy(self.error)

    def _add(self, message: Received) -> None:
        self._size += len(message.raw)
        if len(self.messages) >= MOST_UNTAKEN or self._size > LARGEST_UNTAKEN:
            raise PlatformError("the session bus sends more signals than can be kept")
        self.messages.append(message)
        self._tell()

    def _tell(self) -> None:
        if self.on_message is not None:
            self.on_message()


class Router:
    """Sorts what arrives on one connection to whoever waits for it."""

    def __init__(self) -> None:
        self._frames = Frames()
        self._serials = count(1)
        self._pending: dict[int, Exchange] = {}
        self._subscriptions: list[Subscription] = []

    def send(self, calls: Sequence[Message | Prepared]) -> tuple[bytes, Exchange]:
        """Bytes to write for ``calls``, in one piece, and the exchange that their replies will settle.

        Raises:
            PlatformError: an object that the daemon named is named by no object path.
        """
        serials = [next(self._serials) for _ in calls]
        exchange = Exchange(range(serials[0], serials[-1] + 1))
        data = b"".join(_marshalled(call, serial) for call, serial in zip(calls, serials, strict=True))
        for serial in serials:
            self._pending[serial] = exchange
        return data, exchange

    @property
    def torn(self) -> bool:
        """Whether only a part of the latest message has come."""
        return self._frames.torn

    def has_room(self, calls: int) -> bool:
        """Whether so many more calls may go out now."""
        return len(self._pending) + calls <= MOST_UNANSWERED

    def forget(self, exchange: Exchange) -> None:
        """Nobody waits any more; replies that still come are dropped."""
        for serial in exchange.serials:
            self._pending.pop(serial, None)

    def subscribe(self, wanted: Callable[[Received], bool]) -> Subscription:
        subscription = Subscription(wanted)
        self._subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def receive(self, data: bytes) -> None:
        """Take in what was read; settles exchanges and fills subscriptions.

        Raises:
            PlatformError: this is not D-Bus, a message is larger than any that is due here, or nobody takes the
                signals.  The connection cannot be used further.
        """
        for message in self._frames.add(data):
            self._dispatch(message)

    def fail(self, error: StoreError) -> None:
        """The connection is over: everyone who waits gets ``error``."""
        pending, self._pending = self._pending, {}
        for exchange in dict.fromkeys(pending.values()):
            exchange._fail(error)
        for subscription in self._subscriptions:
            subscription.error = error
            subscription._tell()

    def _dispatch(self, message: Received) -> None:
        kind = message.kind
        if kind is MessageType.signal:
            for subscription in list(self._subscriptions):
                if subscription.wanted(message):
                    subscription._add(message)
        elif kind in (MessageType.method_return, MessageType.error):
            serial = message.field(HeaderFields.reply_serial)
            exchange = self._pending.pop(serial, None) if isinstance(serial, int) else None
            if exchange is not None:
                exchange._arrive(message, serial)
