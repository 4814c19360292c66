"""`MessageBus`: a message bus with one service on it.  No I/O: messages in, bytes out.

A bus of our own and not dbus-daemon, because that one never passes on what is not D-Bus, and because it needs no
program besides Python.  Source: D-Bus Specification, "Message Bus Specification" and "Match Rules".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Final

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    MessageType,
    new_error,
    new_method_return,
    new_signal,
)

from .daemon import Daemon
from .faults import Fault, Faults
from .tamper import damaged

SERVICE: Final = "org.freedesktop.secrets"
_BUS: Final = "org.freedesktop.DBus"
_E: Final = f"{_BUS}.Error."


class Client:
    """One connection to the bus.

    Attributes:
        name: its unique name.
        send: takes bytes for it.
        close: ends it.
    """

    def __init__(self, name: str, send: Callable[[bytes], None], close: Callable[[], None]) -> None:
        self.name = name
        self.send = send
        self.close = close
        self.mute = False  # half a message was sent: nothing can follow
        self.rules: list[dict[str, str]] = []


class MessageBus:
    """The clients, and the daemon while it lives.

    Args:
        make_daemon: starts a daemon under a unique name.
        process: gives the process number that the daemon is said to have.

    Attributes:
        daemon: ``None`` while there is none.
        activates: whether a call to an absent daemon starts one.
        calls: the methods that were called on the service, in order.
    """

    def __init__(self, make_daemon: Callable[[str], Daemon], process: Callable[[], int], faults: Faults) -> None:
        self.daemon: Daemon | None = None
        self.activates = True
        self.calls: list[str] = []
        self._make_daemon = make_daemon
        self._process = process
        self._faults = faults
        self._clients: list[Client] = []
        self._names = count(1)
        self._serials = count(1)

    def attach(self, send: Callable[[bytes], None], close: Callable[[], None]) -> Client:
        client = Client(f":1.{next(self._names)}", send, close)
        self._clients.append(client)
        return client

    def detach(self, client: Client) -> None:
        if client in self._clients:
            self._clients.remove(client)

    def receive(self, client: Client, messages: Sequence[Message]) -> None:
        """Take in messages that came together."""
        calls = [message for message in messages if message.header.message_type is MessageType.method_call]
        if len(calls) > 1 and self._faults.strikes(Fault.REPLIES_OUT_OF_ORDER):
            held: list[tuple[Message, str]] = []
            for call in calls:
                self._route(client, call, lambda reply, member: held.append((reply, member)))
            for reply, member in reversed(held):
                self._reply(client, reply, member)
        else:
            for call in calls:
                self._route(client, call, lambda reply, member: self._reply(client, reply, member))

    # --- the daemon's life --------------------------------------------------------------------

    def start(self) -> None:
        """A daemon, in its first moment; nothing happens where there is one."""
        if self.daemon is None:
            self.daemon = self._make_daemon(f":1.{next(self._names)}")
            self._owner_changed("", self.daemon.name)

    def kill(self) -> None:
        """The daemon ends without a word."""
        if self.daemon is not None:
            name, self.daemon = self.daemon.name, None
            self._owner_changed(name, "")

    # --- within -------------------------------------------------------------------------------

    def _route(self, client: Client, call: Message, answer: Callable[[Message, str], None]) -> None:
        fields = call.header.fields
        member = fields[HeaderFields.member]
        wants_reply = not call.header.flags & MessageFlag.no_reply_expected
        if fields.get(HeaderFields.destination) == _BUS:
            reply = self._own(client, call, member)
            if wants_reply:
                answer(reply, "")
            return
        self.calls.append(member)
        for reply in self._served(client, call, member):
            if reply.header.message_type is MessageType.signal:
                self._broadcast(reply)
            elif wants_reply:
                answer(reply, member)

    def _served(self, client: Client, call: Message, member: str) -> list[Message]:
        """What the service sends because of a call."""
        if self._faults.strikes(Fault.RESTARTS, member):
            self.kill()
            self.start()
        if self._faults.strikes(Fault.NEVER_ANSWERS, member):
            return []
        if self._faults.strikes(Fault.DISCONNECTS, member):
            self.detach(client)
            client.close()
            return []
        if self.daemon is None and self.activates:
            self.start()
        if self.daemon is None:
            return [new_error(call, f"{_E}ServiceUnknown", "s", (f"The name {SERVICE} was not provided",))]
        if self._faults.strikes(Fault.DIES_BEFORE_ACTING, member):
            return self._dies(call)
        name = self.daemon.name
        replies = self.daemon.handle(client.name, call)
        if self._faults.strikes(Fault.DIES_BEFORE_REPLYING, member):
            return self._dies(call)
        for reply in replies:
            reply.header.fields[HeaderFields.sender] = name
        return replies

    def _dies(self, call: Message) -> list[Message]:
        """In dbus-daemon's order: the name first, then the calls that were not answered."""
        self.kill()
        return [
            new_error(call, f"{_E}NoReply", "s", ("Message recipient disconnected from message bus without replying",))
        ]

    def _reply(self, client: Client, reply: Message, member: str) -> None:
        reply.header.fields.setdefault(HeaderFields.sender, _BUS)
        reply.header.fields[HeaderFields.destination] = client.name
        if not member:
            self._send(client, reply.serialise(next(self._serials)))
            return
        data, damage = damaged(reply, next(self._serials), self._faults, member)
        self._send(client, data)
        if damage is Fault.TRUNCATED_AND_CLOSED:
            self.detach(client)
            client.close()
        elif damage is Fault.TRUNCATED:
            client.mute = True

    def _send(self, client: Client, data: bytes) -> None:
        if not client.mute and client in self._clients:
            client.send(data)

    def _broadcast(self, signal: Message) -> None:
        for client in list(self._clients):
            if any(self._matches(rule, signal) for rule in client.rules):
                self._send(client, signal.serialise(next(self._serials)))

    def _matches(self, rule: dict[str, str], signal: Message) -> bool:
        fields = signal.header.fields
        sender = fields[HeaderFields.sender]
        own = {"type": "signal", "arg0": str(signal.body[0]) if signal.body else ""}
        own |= {field.name: str(fields[field]) for field in fields if isinstance(field, HeaderFields)}
        for key, wanted in rule.items():
            if key == "sender":
                if wanted not in (sender, self._alias(sender)):
                    return False
            elif key == "path_namespace":
                if not own["path"].startswith(wanted):
                    return False
            elif own.get(key) != wanted:
                return False
        return True

    def _alias(self, name: str) -> str:
        return SERVICE if self.daemon is not None and name == self.daemon.name else name

    def _owner_changed(self, old: str, new: str) -> None:
        emitter = DBusAddress("/org/freedesktop/DBus", interface=_BUS)
        signal = new_signal(emitter, "NameOwnerChanged", "sss", (SERVICE, old, new))
        signal.header.fields[HeaderFields.sender] = _BUS
        self._broadcast(signal)

    def _own(self, client: Client, call: Message, member: str) -> Message:
        """The bus's own answer."""
        asked = str(call.body[0]) if call.body else ""
        match member:
            case "AddMatch":
                client.rules.append(_rule(asked))
            case "RemoveMatch" if _rule(asked) in client.rules:
                client.rules.remove(_rule(asked))
            case "StartServiceByName" if asked == SERVICE:
                self.start()
        answers = self._answers(client, asked)
        if member in answers:
            return new_method_return(call, *answers[member])
        if member in ("GetNameOwner", "GetConnectionUnixProcessID"):
            return new_error(call, f"{_E}NameHasNoOwner", "s", (f"Could not get owner of name '{asked}'",))
        return new_error(call, f"{_E}UnknownMethod", "s", (f"The bus has no method {member}",))

    def _answers(self, client: Client, asked: str) -> dict[str, tuple[str | None, tuple[Any, ...]]]:
        """By method; what is asked of an absent daemon has none."""
        owner = None if self.daemon is None else self.daemon.name
        answers: dict[str, tuple[str | None, tuple[Any, ...]]] = {
            "Hello": ("s", (client.name,)),
            "AddMatch": (None, ()),
            "RemoveMatch": (None, ()),
            "StartServiceByName": ("u", (1,)),
            "NameHasOwner": ("b", (asked == _BUS or (asked == SERVICE and owner is not None),)),
            "ListNames": ("as", ([_BUS, SERVICE],)),
            "ListActivatableNames": ("as", ([_BUS, SERVICE],)),
            "GetId": ("s", ("0" * 32,)),
            "GetConnectionUnixUser": ("u", (os.getuid(),)),
            "Ping": (None, ()),
        }
        if owner is not None and asked in (SERVICE, owner):
            answers |= {"GetNameOwner": ("s", (owner,)), "GetConnectionUnixProcessID": ("u", (self._process(),))}
        return answers


def _rule(text: str) -> dict[str, str]:
    """A match rule as a mapping; of its quoting only the plain form, which is what clients write."""
    pairs = (part.partition("=") for part in text.split(",") if part)
    rule: dict[str, Any] = {key.strip(): value.strip().strip("'") for key, _, value in pairs}
    return {key: value for key, value in rule.items() if key != "eavesdrop"}
