"""How many calls one connection has unanswered, whatever many tasks ask for, and how they learn of its end."""

from __future__ import annotations

import asyncio
import socket

import pytest
from jeepney.low_level import HeaderFields, Message, MessageType, Parser
from jeepney.wrappers import new_method_return

from factorywager.errors import UnavailableError
from factorywager.flow import Deadline
from factorywager.protocols import dbus
from factorywager.transports.bus_asyncio import AsyncBus


class Peer:
    """The other end, which answers everything that has arrived at once, and counts it."""

    def __init__(self) -> None:
        ours, self._theirs = socket.socketpair()
        ours.setblocking(False)
        self._theirs.setblocking(False)
        self.most = 0
        self._parser = Parser()
        self.bus = AsyncBus(ours, asyncio.get_running_loop())

    async def answer(self) -> None:
        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(self._theirs, 1 << 20):
            self._parser.add_data(data)
            calls = []
            while (call := self._parser.get_next_message()) is not None:
                calls.append(call)
            self.most = max(self.most, len(calls))
            replies = b"".join(_reply(call).serialise(number) for number, call in enumerate(calls, 1))
            await loop.sock_sendall(self._theirs, replies)

    async def wait_for_a_call(self) -> None:
        await asyncio.get_running_loop().sock_recv(self._theirs, 1)

    def close(self) -> None:
        self._theirs.close()


def _reply(call: Message) -> Message:
    call.header.fields.setdefault(HeaderFields.sender, ":1.1")
    return new_method_return(call)


def test_never_more_unanswered_calls_than_a_bus_allows() -> None:
    async def main() -> None:
        peer = Peer()
        answering = asyncio.ensure_future(peer.answer())
        calls = [peer.bus.call([dbus.hello()], Deadline(20)) for _ in range(2000)]
        replies = await asyncio.gather(*calls)
        assert all(reply.kind is MessageType.method_return for (reply,) in replies)
        assert 1 < peer.most <= dbus.MOST_UNANSWERED
        peer.bus.close()
        await answering
        peer.close()

    asyncio.run(main())


def test_when_the_connection_ends_all_who_wait_their_turn_hear_of_it() -> None:
    async def main() -> None:
        peer = Peer()
        calls = [asyncio.ensure_future(peer.bus.call([dbus.hello()], Deadline(20))) for _ in range(300)]
        await peer.wait_for_a_call()
        peer.close()
        for ended in await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 10):
            with pytest.raises(UnavailableError):
                raise ended
        peer.bus.close()

    asyncio.run(main())
