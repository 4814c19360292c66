"""`Server`: the fake's bus on a Unix socket, served by one thread.

Source: D-Bus Specification, "Authentication Protocol".
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
from typing import Final

from jeepney.low_level import Parser

from .bus import Client, MessageBus

_CHUNK: Final = 1 << 16
_GUID: Final = "0123456789abcdef0123456789abcdef"


class Server:
    """Serves until it is closed.

    Args:
        path: where the socket is made.
        lock: held while the bus works, so that a test may look at it and change it meanwhile.
    """

    def __init__(self, bus: MessageBus, path: str, lock: threading.RLock) -> None:
        self._bus = bus
        self._lock = lock
        self._selector = selectors.DefaultSelector()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(path)
        self._socket.listen(128)
        self._socket.setblocking(False)
        self._connections: set[_Connection] = set()
        self._wake, self._woken = os.pipe()
        self._selector.register(self._socket, selectors.EVENT_READ, None)
        self._selector.register(self._wake, selectors.EVENT_READ, None)
        self._over = False
        self._thread = threading.Thread(target=self._serve, name="fake-secret-service", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and every connection."""
        self._over = True
        os.write(self._woken, b"x")
        self._thread.join()
        for connection in list(self._connections):
            connection.close()
        self._selector.close()
        self._socket.close()
        os.close(self._wake)
        os.close(self._woken)

    def nudge(self) -> None:
        """Send what another thread has given connections to send."""
        os.write(self._woken, b"x")

    def _serve(self) -> None:
        while not self._over:
            for connection in self._connections:
                self._selector.modify(connection.socket, connection.events, connection)
            for key, events in self._selector.select():
                if isinstance(key.data, _Connection):
                    with self._lock:
                        key.data.go_on(events)
                elif key.fileobj is self._socket:
                    self._accept()
                else:
                    os.read(self._wake, _CHUNK)
            for connection in [each for each in self._connections if each.closed]:
                self._connections.remove(connection)
                self._selector.unregister(connection.socket)
                connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            accepted, _ = self._socket.accept()
            connection = _Connection(self._bus, accepted)
            self._connections.add(connection)
            self._selector.register(accepted, selectors.EVENT_READ, connection)


class _Connection:
    """One client's socket, from its first byte to its last."""

    def __init__(self, bus: MessageBus, sock: socket.socket) -> None:
        self.socket = sock
        self.closed = False
        self._ending = False  # closed as soon as everything is sent
        self._bus = bus
        self._parser = Parser()
        self._lines: bytes | None = b""  # of the authentication, until BEGIN
        self._unsent = bytearray()
        self._client: Client | None = None
        sock.setblocking(False)

    @property
    def events(self) -> int:
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)

    def go_on(self, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                self._read()
            self._flush()
        except OSError:
            self._end()

    def close(self) -> None:
        self._end()
        self.socket.close()

    def _end(self) -> None:
        self.closed = True
        if self._client is not None:
            self._bus.detach(self._client)

    def _read(self) -> None:
        data = self.socket.recv(_CHUNK)
        if not data:
            self._end()
            return
        if self._lines is not None:
            data = self._authenticate(self._lines + data)
        if self._client is not None and data:
            self._parser.add_data(data)
            messages = []
            while (message := self._parser.get_next_message()) is not None:
                messages.append(message)
            self._bus.receive(self._client, messages)

    def _authenticate(self, data: bytes) -> bytes:
        """Answer whole lines; what comes behind BEGIN is messages."""
        while b"\r\n" in data:
            line, _, data = data.partition(b"\r\n")
            match line.lstrip(b"\0").split():
                case [b"AUTH", b"EXTERNAL"]:  # who it is comes in a line of its own (GDBus, sd-bus)
                    self._send(b"DATA\r\n")
                case [b"AUTH", b"EXTERNAL", _]:
                    self._send(f"OK {_GUID}\r\n".encode())
                case [b"AUTH", *_]:
                    self._send(b"REJECTED EXTERNAL\r\n")
                case [b"DATA", *_]:
                    self._send(f"OK {_GUID}\r\n".encode())
                case [b"BEGIN"]:
                    self._lines = None
                    self._client = self._bus.attach(self._send, self._close_when_sent)
                    return data
                case _:  # no file descriptors are passed here
                    self._send(b"ERROR\r\n")
        self._lines = data
        return b""

    def _send(self, data: bytes) -> None:
        self._unsent += data

    def _close_when_sent(self) -> None:
        self._ending = True

    def _flush(self) -> None:
        while self._unsent:
            try:
                del self._unsent[: self.socket.send(self._unsent)]
            except BlockingIOError:
                return
        if self._ending:
            self._end()
