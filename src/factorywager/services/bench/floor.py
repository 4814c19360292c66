"""`Floor`: what the daemon itself takes, with bytes written and bytes read and nothing parsed."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from jeepney.io.blocking import open_dbus_connection
from jeepney.low_level import Message
from jeepney.wrappers import DBusAddress, new_method_call

from ...model import Ref
from ...protocols import secret_service as api
from ...protocols.dbus import Prepared
from ...protocols.session import Handshake
from .library import FIFTY, ONE
from .measure import Case

_PATIENCE = 30.0  # seconds
_CHUNK = 1 << 20
_PEER = DBusAddress(api.ROOT, api.BUS_NAME, "org.freedesktop.DBus.Peer")
_ITEM = "org.freedesktop.Secret.Item"

PING_KEY = "daemon.ping"
GET_SECRETS_KEY = "daemon.get_secrets_50"


class Floor:
    """A connection of its own to the session bus, with an encrypted session."""

    def __init__(self) -> None:
        self._connection = open_dbus_connection()
        self._socket: socket.socket = self._connection.sock
        self._socket.settimeout(_PATIENCE)
        self._serial = 1000  # beyond those that jeepney has used

    def close(self) -> None:
        self._connection.close()

    def ping(self) -> Case:
        """The shortest way to the daemon and back."""
        return self._case(PING_KEY, ONE, "the daemon's Ping", new_method_call(_PEER, "Ping"))

    def reads(self, service: str, wanted: Sequence[str]) -> list[Case]:
        """The daemon's work for reads whose paths are known, of one secret and of all: encrypting and sending."""
        _, session = self._ask(api.open_session(Handshake().public_key)).body
        paths: list[str] = []
        for name in wanted:
            unlocked, _ = self._ask(api.search(api.attributes(Ref(service, name)))).body
            paths += unlocked
        one = new_method_call(DBusAddress(paths[0], api.BUS_NAME, _ITEM), "GetSecret", "o", (session,))
        return [
            self._case("daemon.get_secret", ONE, "the daemon's GetSecret", one),
            self._case(GET_SECRETS_KEY, FIFTY, "the daemon's GetSecrets", api.get_secrets(paths, session), len(paths)),
        ]

    def _ask(self, call: Message) -> Message:
        return self._connection.send_and_get_reply(call, timeout=_PATIENCE)

    def _case(self, key: str, group: str, who: str, call: Message, secrets: int = 1) -> Case:
        prepared = Prepared(call)
        # All replies to one call are equally long: the end of one is known without looking at it.
        length = len(self._ask(call).serialise(1))
        return Case(key, group, who, lambda count: [self._round_trip(prepared, length) for _ in range(count)], secrets)

    def _round_trip(self, prepared: Prepared, length: int) -> float:
        self._serial += 1
        data = prepared.serialise(self._serial)
        left = length
        began = time.perf_counter_ns()
        self._socket.sendall(data)
        while left > 0:
            left -= len(self._socket.recv(_CHUNK)) or left
        return time.perf_counter_ns() - began
