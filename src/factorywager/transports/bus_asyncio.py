"""`AsyncBus`: the session bus for one asyncio loop, reading and writing its socket without a thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import weakref
from collections import deque
from collections.abc import Callable, Sequence

from jeepney.auth import BEGIN, AuthenticationError, Authenticator
from jeepney.low_level import Message

from ..errors import StoreError, UnavailableError
from ..flow import Deadline
from ..flow.bell import Bell
from ..protocols.dbus import Prepared, Subscription
from ..protocols.received import Received
from .bus import CHUNK, NO_ANSWER, Bus, gone, refused, session_bus_addresses, unreachable


class AsyncBus(Bus):
    """One connection, shared by all tasks of the loop it was made on."""

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._socket = sock
        self._descriptor = sock.fileno()  # when we are collected, the socket may no longer know
        self._loop = loop
        self._unsent = bytearray()
        self._queue: deque[tuple[Bell, int]] = deque()
        self._expected = 0  # calls of those who have been let in and have not sent them yet
        # The loop must not keep alive a connection that nobody else knows of any more.
        self._reader = _weakly(self, AsyncBus._read)
        self._writer = _weakly(self, AsyncBus._flush)
        loop.add_reader(self._descriptor, self._reader)

    @classmethod
    async def connect(cls, deadline: Deadline) -> AsyncBus:
        """Connect and authenticate; see `Connect`."""
        loop = asyncio.get_running_loop()
        failure: OSError = FileNotFoundError("no address")
        for address in session_bus_addresses():
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.setblocking(False)
            try:
                async with asyncio.timeout(deadline.remaining()):
                    await _connected(loop, sock, address)
                    await _authenticate(loop, sock)
                return cls(sock, loop)
            except TimeoutError:
                sock.close()
                raise deadline.error("the session bus did not answer") from None
            except OSError as error:
                sock.close()
                failure = error
            except BaseException:
                sock.close()
                raise
        raise unreachable(failure) from None

    async def call(self, calls: Sequence[Message | Prepared], deadline: Deadline) -> list[Received]:
        if self._queue or not self._has_room(len(calls)):
            await self._turn(len(calls), deadline)
        if self.closed:
            raise gone()
        data, exchange = self.router.send(calls)
        self._write(data)
        self._let_in()
        try:
            if not exchange.settled:
                arrived = Bell(self._loop)
                exchange.on_settled = arrived.ring
                await arrived.heard(deadline, NO_ANSWER)
        finally:
            self.router.forget(exchange)
            self._let_in()
        return exchange.result()

    async def _turn(self, calls: int, deadline: Deadline) -> None:
        """Wait behind those who came before, until the bus takes so many more calls of ours."""
        bell = Bell(self._loop)
        self._queue.append((bell, calls))
        try:
            await bell.heard(deadline, NO_ANSWER)
        except BaseException:
            if (bell, calls) in self._queue:
                self._queue.remove((bell, calls))
            else:  # it was our turn, which we no longer take
                self._expected -= calls
            self._let_in()
            raise
        self._expected -= calls

    def _let_in(self) -> None:
        """Ring for those at the head of the queue for whose calls there is room, or for all when it is over."""
        while self._queue and (self.closed or self._has_room(self._queue[0][1])):
            bell, calls = self._queue.popleft()
            self._expected += calls
            bell.ring()

    def _has_room(self, calls: int) -> bool:
        return self.router.has_room(self._expected + calls)

    async def hear(self, subscription: Subscription, deadline: Deadline) -> Received:
        while not subscription.ready:
            if self.closed:
                raise gone()
            arrived = Bell(self._loop)
            subscription.on_message = arrived.ring
            await arrived.heard(deadline, NO_ANSWER)
        return subscription.take()

    def post(self, call: Message) -> None:
        if not self.closed and not self._loop.is_closed():
            data, exchange = self.router.send([call])
            self.router.forget(exchange)
            self._write(data)

    def close(self) -> None:
        self._end(UnavailableError("the connection to the session bus was closed"))

    def _write(self, data: bytes) -> None:
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._end(gone())
            return
        if sent < len(data):
            self._unsent += data[sent:]
            self._loop.add_writer(self._descriptor, self._writer)

    def _flush(self) -> None:
        try:
            del self._unsent[: self._socket.send(self._unsent)]
        except BlockingIOError:
            return
        except OSError:
            self._end(gone())
            return
        if not self._unsent:
            self._loop.remove_writer(self._descriptor)

    def _read(self) -> None:
        if error := self.take_in(self._socket):
            self._end(error)

    def _end(self, error: StoreError) -> None:
        if not self.closed:
            self.closed = True
            # a forked child shares the parent's epoll instance: removing the reader there would deafen the parent
            if not self._loop.is_closed() and not self.inherited:
                self._loop.remove_reader(self._descriptor)
                self._loop.remove_writer(self._descriptor)
            self._socket.close()
        self.router.fail(error)
        self._let_in()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):
            self.close()


def _weakly(bus: AsyncBus, method: Callable[[AsyncBus], None]) -> Callable[[], None]:
    reference = weakref.ref(bus)

    def call() -> None:
        alive = reference()
        if alive is not None:
            method(alive)

    return call


async def _connected(loop: asyncio.AbstractEventLoop, sock: socket.socket, address: str) -> None:
    # connect(2) on a Unix socket fails with EAGAIN while the listener's backlog is full, and nothing tells when
    # it no longer is; the caller's timeout ends this.
    while True:
        try:
            await loop.sock_connect(sock, address)
        except BlockingIOError:
            await asyncio.sleep(0.01)
        else:
            return


async def _authenticate(loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
    authenticator = Authenticator()
    try:
        for line in authenticator:
            await loop.sock_sendall(sock, line)
            received = await loop.sock_recv(sock, CHUNK)
            if not received:
                raise refused()
            authenticator.feed(received)
        await loop.sock_sendall(sock, BEGIN)
    except AuthenticationError:
        raise refused() from None
