"""`Floor`: what the daemon itself takes, with bytes written and bytes read and nothing parsed."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from jeepney.auth import AuthenticationError
from jeepney.io.blocking import open_dbus_connection
from jeepney.low_level import Message, MessageType
from jeepney.wrappers import DBusAddress, new_method_call

from ...model import Ref
from ...protocols import secret_service as api
from ...protocols.dbus import Prepared
from ...protocols.session import Handshake
from .library import ONE
from .measure import Case, CaseError

_PATIENCE = 30.0  # seconds
_CHUNK = 1 << 20
_PEER = DBusAddress(api.ROOT, api.BUS_NAME, "org.freedesktop.DBus.Peer")
_SERVICE = "org.freedesktop.Secret.Service"
_ITEM = "org.freedesktop.Secret.Item"

PING_KEY = "daemon.ping"


class Floor:
    """A connection of its own to the session bus, with an encrypted session.

    Raises:
        CaseError: there is no daemon, or it has not what is asked for.
    """

    def __init__(self) -> None:
        try:
            self._connection = open_dbus_connection()
        except (OSError, AuthenticationError) as error:
            raise CaseError(f"the bus does not let us in ({type(error).__name__})") from None
        self._socket: socket.socket = self._connection.sock
        self._socket.settimeout(_PATIENCE)
        self._ask(api.greeting())
        _, self._session = self._ask(api.open_session(Handshake().public_key)).body
        self._serial = 10_000  # beyond those that jeepney has used

    def close(self) -> None:
        self._connection.close()

    def ping(self) -> Case:
        """The shortest way to the daemon and back."""
        return self._case(PING_KEY, ONE, "the daemon's Ping", new_method_call(_PEER, "Ping"))

    def get_secret(self, service: str, name: str) -> Case:
        """The daemon's work for a read whose path is known: finding, encrypting and sending."""
        path = self._paths(service, [name])[0]
        call = new_method_call(DBusAddress(path, api.BUS_NAME, _ITEM), "GetSecret", "o", (self._session,))
        return self._case("daemon.get_secret", ONE, "the daemon's GetSecret", call)

    def get_secrets(self, service: str, wanted: Sequence[str]) -> Case:
        """The same for several at once."""
        body = (self._paths(service, wanted), self._session)
        call = new_method_call(DBusAddress(api.ROOT, api.BUS_NAME, _SERVICE), "GetSecrets", "aoo", body)
        count = len(wanted)
        return self._case(f"daemon.get_secrets_{count}", f"{count} secrets", "the daemon's GetSecrets", call, count)

    def _paths(self, service: str, wanted: Sequence[str]) -> list[str]:
        found = [self._ask(api.search(api.attributes(Ref(service, name)))).body[0] for name in wanted]
        if not all(found):
            raise CaseError("the daemon has no such unlocked item")
        return [paths[0] for paths in found]

    def _ask(self, call: Message) -> Message:
        try:
            return self._connection.send_and_get_reply(call, timeout=_PATIENCE)
        except OSError as error:  # a timeout among them
            raise CaseError(f"the daemon does not answer ({type(error).__name__})") from None

    def _case(self, key: str, group: str, who: str, call: Message, secrets: int = 1) -> Case:
        prepared = Prepared(call)
        reply = self._ask(call)
        if reply.header.message_type is MessageType.error:
            raise CaseError("the daemon answers with an error")
        # All replies to one call are equally long: the end of one is known without looking at it.
        length = len(reply.serialise(1))
        return Case(key, group, who, lambda count: [self._round_trip(prepared, length) for _ in range(count)], secrets)

    def _round_trip(self, prepared: Prepared, length: int) -> float:
        self._serial += 1
        data = prepared.serialise(self._serial)
        left = length
        began = time.perf_counter_ns()
        self._socket.sendall(data)
        while left > 0:
            received = len(self._socket.recv(_CHUNK))
            if not received:
                raise CaseError("the bus closed the connection")
            left -= received
        return time.perf_counter_ns() - began
