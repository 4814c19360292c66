"""Generated bad inputs: what a caller may pass, and what a daemon or a bus may answer.

Each ends in a right kind of answer or in an error of ours: no other exception, no hang, no memory without bound.
The readers of single messages have a hundred thousand of their own (tests/unit/test_received.py).
"""

from __future__ import annotations

import random
import resource
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from jeepney.low_level import HeaderFields, Message, Parser

from factorywager import MemoryStore, Secret, Secrets
from factorywager.errors import FactoryWagerError, StoreError
from factorywager.flow import Deadline
from factorywager.protocols.dbus import Prepared, Subscription
from factorywager.protocols.received import Received
from factorywager.testing import FakeSecretService
from factorywager.testing.secret_service import PERSONALITIES
from factorywager.testing.secret_service.tamper import DAMAGE, damage
from factorywager.transports.bus import NO_ANSWER, Bus, gone
from factorywager.transports.bus_blocking import BlockingBus

from .operations import NAME, NEW, OPERATIONS, SERVICE, fill

MOST_SECONDS = 20.0  # for one input, on a machine that does other things too
MOST_MEBIBYTES = 300  # by which all inputs together may make the process grow


def _grown(since: int) -> float:
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - since) / 1024


# --- what a caller passes -----------------------------------------------------------------------------

_RESERVED = ["xdg:schema", "com.oven-sh.bun.Secret", "gkr:compat:hashed:service", "service", "account", "Title", "Path"]
_ODD = ["", " ", "\0", "a\0b", "\ud800", "x\udfff", "\ufeff", "\u202e", "/", "//", "a/b", "..", "\n", "%s{0}", "'\"`$("]


def _anything(chance: random.Random) -> Any:
    """A value of any type, most often a text."""
    kind = chance.randrange(16)
    if kind < 4:
        return chance.choice(_ODD)
    if kind < 6:
        return chance.choice(_RESERVED)
    if kind < 10:
        return "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randrange(12)))
    if kind == 10:
        return "x" * chance.choice([1, 513, 2561, 32_768, 70_000])
    others = [None, 5, -1.5, True, b"bytes", ["list"], {"a": "mapping"}, object(), Secret("made-up"), ("a", "b")]
    return chance.choice(others)


def _call(secrets: Secrets, chance: random.Random) -> Any:
    """One call of one verb, in one of its forms."""
    one, two, three = _anything(chance), _anything(chance), _anything(chance)
    match chance.randrange(10):
        case 0:
            return secrets.get(one, two)
        case 1:
            return secrets.set(one, two, three)
        case 2:
            return secrets.delete(one, two)
        case 3:
            return secrets.exists(service=one, name=two)
        case 4:
            return secrets.get({"service": one, "name": two})
        case 5:
            return secrets.set({"service": one, "name": two, "value": three, "persist": _anything(chance)})
        case 6:
            return secrets.get_many(one, [two, three])
        case 7:
            return secrets.set_many(one, {two: three} if isinstance(two, str) else two)
        case 8:
            return secrets.list(one)
        case _:
            return secrets.get_or_create(one, two, lambda: three)


def _pass_anything(secrets: Secrets, inputs: int, seed: int) -> None:
    chance = random.Random(seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for turn in range(inputs):
        began = time.monotonic()
        try:
            _call(secrets, chance)
        except FactoryWagerError as error:
            str(error).encode()  # what is said of it can be written anywhere
        except Exception as error:
            raise AssertionError(f"seed {seed}, turn {turn}") from error
        assert time.monotonic() - began < MOST_SECONDS
    assert _grown(before) < MOST_MEBIBYTES


@pytest.fixture(autouse=True)
def no_advice() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_callers_pass_anything() -> None:
    _pass_anything(Secrets(MemoryStore()), 300, 1)


def test_callers_pass_anything_on_to_a_daemon(fake: FakeSecretService) -> None:
    with Secrets("secret-service", interactive=True, timeout=10) as secrets:
        _pass_anything(secrets, 100, 2)


@pytest.mark.long
def test_callers_pass_anything_ninety_thousand_times() -> None:
    _pass_anything(Secrets(MemoryStore()), 90_000, random.randrange(1 << 30))


# --- what a daemon answers ----------------------------------------------------------------------------


class HostileBus(Bus):
    """A double of a connection: the fake's bus without a socket, one reply of each operation spoiled.

    Where nothing more would come, the deadline is taken to have passed.
    """

    def __init__(self, fake: FakeSecretService, chance: random.Random) -> None:
        super().__init__()
        self._fake = fake
        self._chance = chance
        self._parser = Parser()
        self.spoil_in = -1  # replies of the daemon until the one to spoil
        self._client = fake.bus.attach(self._take, self.close)

    def call(self, calls: Sequence[Message | Prepared], deadline: Deadline) -> list[Received]:
        if self.closed:
            raise gone()
        data, exchange = self.router.send(calls)
        self._send(data)
        self.router.forget(exchange)
        if not exchange.settled:
            raise deadline.error(NO_ANSWER)
        return exchange.result()

    def hear(self, subscription: Subscription, deadline: Deadline) -> Received:
        if not subscription.ready:
            raise deadline.error(NO_ANSWER)
        return subscription.take()

    def post(self, call: Message) -> None:
        if not self.closed:
            data, exchange = self.router.send([call])
            self.router.forget(exchange)
            self._send(data)

    def close(self) -> None:
        self.closed = True
        self._fake.bus.detach(self._client)

    def _send(self, data: bytes) -> None:
        self._parser.add_data(data)
        messages = []
        while (message := self._parser.get_next_message()) is not None:
            messages.append(message)
        self._fake.bus.receive(self._client, messages)

    def _take(self, data: bytes) -> None:
        if self.closed:
            return
        if self.spoil_in == 0:
            data = _spoiled(data, self._chance)
        self.spoil_in -= 1
        try:
            self.router.receive(data)
        except StoreError as error:
            self.close()
            self.router.fail(error)


def _spoiled(data: bytes, chance: random.Random) -> bytes:
    """A reply with something wrong: as `damage` does it, or at random."""
    kind = chance.randrange(4)
    if kind == 0:
        message = Message.from_buffer(data)
        return damage(message, message.header.serial, chance.choice(DAMAGE))
    raw = bytearray(data)
    if kind == 1:
        for _ in range(chance.randint(1, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
    elif kind == 2:
        at = chance.randrange(0, len(raw) - 3, 4)
        lie = chance.choice([0, 1, 8, 0x7FFFFFFF, 0xFFFFFFFF, 0x4000001, chance.randrange(1 << 16)])
        raw[at : at + 4] = lie.to_bytes(4, "little")
    else:
        message = Message.from_buffer(data)
        signature, body = chance.choice(_OTHER_BODIES)
        message.header.fields[HeaderFields.signature] = signature
        return Message(message.header, body).serialise(message.header.serial)
    return bytes(raw)


_MANY = [f"/org/freedesktop/secrets/collection/login/{number}" for number in range(200)]
_OTHER_BODIES: list[tuple[str, tuple[Any, ...]]] = [
    ("aoao", ([], [])),
    ("aoao", (_MANY, [])),
    ("aoao", (["/"], ["/", "/not/an/item"])),
    ("ao", (_MANY,)),
    ("o", ("/",)),
    ("oo", ("/", "/")),
    ("oo", ("/", "/org/freedesktop/secrets/prompt/none")),
    ("aoo", ([], "/")),
    ("v", (("ao", _MANY),)),
    ("v", (("b", True),)),
    ("v", (("a{ss}", {"xdg:schema": "com.oven-sh.bun.Secret", "service": "\U0001f511", "account": ""}),)),
    ("v", (("v", ("v", ("s", "nested"))),)),
    ("a{sv}", ({"Attributes": ("s", "no mapping"), "Created": ("d", float("nan"))},)),
    ("a{sv}", ({"Attributes": ("a{ss}", {}), "Created": ("t", 2**64 - 1), "Modified": ("x", -(2**63))},)),
    ("(oayays)", (("/", b"", b"", ""),)),
    ("(oayays)", (("/", bytes(16), bytes(16), "text/plain"),)),
    ("a{o(oayays)}", ({},)),
    ("a{o(oayays)}", ({"/": ("/", bytes(16), bytes(15), "")},)),
    ("vo", (("ay", b""), "/")),
    ("vo", (("ay", b"\1"), "/")),
    ("vo", (("s", "no key"), "/")),
    ("u", (0,)),
]


def _answer_anything(inputs: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    buses: list[HostileBus] = []

    def connect(cls: type, deadline: Deadline) -> HostileBus:
        del buses[:-1]  # only the last ones are spoiled; keeping all would be the growth that is measured
        buses.append(HostileBus(fake, chance))
        return buses[-1]

    monkeypatch.setattr(BlockingBus, "connect", classmethod(connect))
    right = {name: type(operation.right) for name, operation in OPERATIONS.items()}
    with FakeSecretService() as fake:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", fake.address)
        for turn in range(inputs):
            if turn % 500 == 0:
                fake.reset(list(PERSONALITIES.values())[turn // 500 % 3])
                secrets = Secrets("secret-service", interactive=True, timeout=0.1)
            if turn % 10 == 0:
                fake.keyring.collections.clear()
                fake.reset()
                fill(fake)
            operation = chance.choice(list(OPERATIONS))
            for bus in buses[-2:]:
                bus.spoil_in = chance.randrange(6)
            began = time.monotonic()
            try:
                result = OPERATIONS[operation].call(secrets)
                assert result is None or isinstance(result, right[operation])
            except StoreError as error:
                said = str(error)
                if NEW in said:
                    raise AssertionError(f"seed {seed}, turn {turn}: a value is told") from None
            except Exception as error:
                raise AssertionError(f"seed {seed}, turn {turn}: {operation} of {SERVICE}/{NAME}") from error
            assert time.monotonic() - began < MOST_SECONDS
            del buses[:-2]
    assert _grown(before) < MOST_MEBIBYTES


def test_daemons_answer_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_anything(300, 1, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_daemons_answer_anything_often(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_anything(3_000, random.randrange(1 << 30), monkeypatch)


@pytest.mark.long
def test_daemons_answer_anything_over_a_socket(fake: FakeSecretService, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same damage between the fake's socket and the real connection."""
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)

    def spoil(reply: Message, serial: int, *_: object) -> tuple[bytes, None]:
        data = bytes(reply.serialise(serial))
        return (_spoiled(data, chance) if chance.randrange(4) == 0 else data), None

    monkeypatch.setattr("factorywager.testing.secret_service.bus.damaged", spoil)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Secrets("secret-service", interactive=True, timeout=0.1) as secrets:
        for turn in range(700):
            operation = chance.choice(list(OPERATIONS))
            if turn % 10 == 0:
                fake.reset()
                fill(fake)
            began = time.monotonic()
            try:
                OPERATIONS[operation].call(secrets)
            except StoreError as error:
                if NEW in str(error):
                    raise AssertionError(f"seed {seed}, turn {turn}: a value is told") from None
            except Exception as error:
                raise AssertionError(f"seed {seed}, turn {turn}: {operation} of {SERVICE}/{NAME}") from error
            assert time.monotonic() - began < MOST_SECONDS
    assert _grown(before) < MOST_MEBIBYTES
