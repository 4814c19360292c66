"""`BlockingBus`: the session bus for threads.  Whichever thread waits first reads for all of them."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Sequence

from jeepney.auth import BEGIN, AuthenticationError, Authenticator
from jeepney.low_level import Message

from ..errors import StoreError, UnavailableError
from ..flow import Deadline
from ..protocols.dbus import Exchange, Prepared, Subscription
from ..protocols.received import Received
from .bus import CHUNK, NO_ANSWER, Bus, gone, refused, session_bus_addresses, unreachable

_SECONDS_TO_POST = 1.0


class BlockingBus(Bus):
    """One connection, shared by any number of threads."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._socket = sock
        self._writing = threading.Lock()
        self._state = threading.Condition()
        self._reading = False  # whether some thread reads for everyone

    @classmethod
    def connect(cls, deadline: Deadline) -> BlockingBus:
        """Connect and authenticate; see `Connect`."""
        failure: OSError = FileNotFoundError("no address")
        for address in session_bus_addresses():
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.settimeout(deadline.remaining())
                sock.connect(address)
                _authenticate(sock, deadline)
                sock.setblocking(False)
                return cls(sock)
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

    def call(self, calls: Sequence[Message | Prepared], deadline: Deadline) -> list[Received]:
        exchange = self._send(calls, deadline)
        try:
            self._read_until(lambda: exchange.settled, deadline)
        finally:
            self.router.forget(exchange)
        return exchange.result()

    def _send(self, calls: Sequence[Message | Prepared], deadline: Deadline) -> Exchange:
        """Write ``calls`` as soon as the bus takes so many more of ours."""
        while True:
            if not self._writing.acquire(timeout=-1 if (left := deadline.remaining()) is None else left):
                raise deadline.error(NO_ANSWER)
            try:
                if self.closed:
                    raise gone()
                if self.router.has_room(len(calls)):
                    data, exchange = self.router.send(calls)
                    self._write(data, deadline)
                    return exchange
            finally:
                self._writing.release()
            self._read_until(lambda: self.closed or self.router.has_room(len(calls)), deadline)

    def hear(self, subscription: Subscription, deadline: Deadline) -> Received:
        self._read_until(lambda: subscription.ready, deadline)
        return subscription.take()

    def post(self, call: Message) -> None:
        if not self._writing.acquire(timeout=_SECONDS_TO_POST):
            return
        try:
            if not self.closed:
                data, exchange = self.router.send([call])
                self.router.forget(exchange)
                with contextlib.suppress(StoreError):
                    self._write(data, Deadline(_SECONDS_TO_POST))
        finally:
            self._writing.release()

    def close(self) -> None:
        self._end(UnavailableError("the connection to the session bus was closed"))

    def _write(self, data: bytes, deadline: Deadline) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                if not self._wait(select.POLLOUT, deadline):
                    error = deadline.error("the session bus took no data")
                    self._end(gone())  # half a message is out: nothing that follows would be understood
                    raise error from None
            except OSError:
                self._end(gone())
                raise gone() from None

    def _read_until(self, done: Callable[[], bool], deadline: Deadline) -> None:
        """Read, or let another thread read, until ``done``; raise when the deadline passes first."""
        while True:
            with self._state:
                while self._reading and not done():
                    if not self._state.wait(deadline.remaining()):
                        raise deadline.error(NO_ANSWER)
                if done():
                    return
                if self.closed:
                    raise gone()
                self._reading = True
            try:
                self._read(deadline)
            finally:
                with self._state:
                    self._reading = False
                    self._state.notify_all()

    def _read(self, deadline: Deadline) -> None:
        if not self._wait(select.POLLIN, deadline):
            raise deadline.error(NO_ANSWER)
        if error := self.take_in(self._socket):
            self._end(error)

    def _wait(self, event: int, deadline: Deadline) -> bool:
        poll = select.poll()
        try:
            poll.register(self._socket, event)
        except (OSError, ValueError):  # closed by another thread
            return True
        remaining = deadline.remaining()
        return bool(poll.poll(None if remaining is None else remaining * 1000))

    def _end(self, error: StoreError) -> None:
        if not self.closed:
            self.closed = True
            if not self.inherited:  # shutdown(2) would end the parent's connection too
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)  # wakes a thread that polls; close alone would not
            self._socket.close()
        self.router.fail(error)

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):
            self._socket.close()


def _authenticate(sock: socket.socket, deadline: Deadline) -> None:
    authenticator = Authenticator()
    try:
        for line in authenticator:
            sock.settimeout(deadline.remaining())
            sock.sendall(line)
            received = sock.recv(CHUNK)
            if not received:
                raise refused()
            authenticator.feed(received)
        sock.sendall(BEGIN)
    except AuthenticationError:
        raise refused() from None
