"""`Link`: a connection with an encrypted session on it; `Links`: one of them for each thread world and each loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jeepney.low_level import Message

from ...errors import PlatformError, UnavailableError
from ...flow import Deadline, Flow, Gate
from ...model import Ref
from ...protocols import dbus
from ...protocols import secret_service as api
from ...protocols.dbus import Prepared
from ...protocols.received import Received
from ...protocols.session import DoubtfulKeyError, Handshake, SessionKey
from ...transports.bus import Bus
from ...transports.requests import Call, Connect, World
from .daemon import Daemon
from .paths import KnownPaths
from .reads import Reads
from .translate import NO_DAEMON_HINT, STORE, StaleSessionError, VanishedError, checked

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

# Calls sent in one piece; must not be more than what may be unanswered at a time.
_CALLS_AT_ONCE = dbus.MOST_UNANSWERED // 2

# Handshakes that are done over; by chance not even three in a row are needed in sixteen million sessions.
_MOST_HANDSHAKES = 4


class Link:
    """What is needed to talk to the daemon.

    Attributes:
        session: object path of the session; it dies with the daemon or the connection.
        owner: the daemon's unique bus name; signals from anyone else are not believed.
        daemon: which program it is; without a name where that cannot be known (another PID namespace).
        paths: which item is which entry, as far as is known.
        reads: reads of items that go out together.
    """

    def __init__(self, bus: Bus, session: str, key: SessionKey, owner: str | None, daemon: Daemon) -> None:
        self.bus = bus
        self.session = session
        self.key = key
        self.owner = owner
        self.paths = KnownPaths(bus.router, owner)
        self.reads = Reads(bus, session)
        self.daemon = daemon
        self._departures = bus.router.subscribe(api.is_owner_change)

    @property
    def usable(self) -> bool:
        """False once the connection ended or the daemon was replaced, as far as has been heard."""
        return not (self.bus.closed or self.bus.inherited or self._departures.ready)

    def ask(self, call: Message | Prepared, deadline: Deadline) -> Flow[Received]:
        """One call and its result; errors as `checked` raises them."""
        (reply,) = yield Call(self.bus, [call], deadline)
        return checked(reply)

    def ask_all(self, calls: Sequence[Message | Prepared], deadline: Deadline) -> Flow[list[Received]]:
        """Many calls, sent together, and their replies unchecked: one that fails need not fail the others."""
        replies: list[Received] = []
        for start in range(0, len(calls), _CALLS_AT_ONCE):
            replies += yield Call(self.bus, calls[start : start + _CALLS_AT_ONCE], deadline)
        return replies

    def remember(self, ref: Ref, path: str, epoch: int) -> None:
        """Know this entry's item from now on, where the daemon's signals can be relied on to end that."""
        if self.daemon.is_gnome:
            self.paths.remember(ref, path, epoch)

    def default_collection(self, deadline: Deadline) -> Flow[str | None]:
        """Path of the collection that new entries go to, ``None`` where the daemon has none.

        Asked anew each time: no signal tells when the user makes another one the default.  KeePassXC's default is
        the database in front, and there is none where that one is not shown to other programs.
        """
        path = api.one_path((yield from self.ask(api.read_alias("default"), deadline)))
        if path != api.NO_PATH:
            return path
        if self.daemon.is_keepassxc:
            return next(iter((yield from self.collections(deadline))), None)
        return None

    def collections(self, deadline: Deadline) -> Flow[list[str]]:
        """Paths of all collections."""
        paths: list[str] = api.property_value((yield from self.ask(api.collections(), deadline)), "ao")
        return paths


class Links:
    """The links of one store."""

    def __init__(self) -> None:
        self._gate = Gate("the connection to the secret service")
        self._blocking: Link | None = None
        self._by_loop: dict[AbstractEventLoop, Link] = {}

    def obtain(self, deadline: Deadline) -> Flow[Link]:
        """The link of the world this flow runs in, connected if need be."""
        world: AbstractEventLoop | None = yield World()
        link = self._find(world)
        if link is None:
            yield self._gate.enter(deadline)
            try:
                link = self._find(world)
                if link is None:
                    link = yield from _connected(deadline)
                    self._keep(world, link)
            finally:
                self._gate.leave()
        return link

    def drop(self, link: Link) -> None:
        """Use this link no more.  Its connection stays open while others still wait on it."""
        if self._blocking is link:
            self._blocking = None
        for loop in [loop for loop, kept in self._by_loop.items() if kept is link]:
            del self._by_loop[loop]

    def close(self) -> None:
        links = [*self._by_loop.values(), *([self._blocking] if self._blocking is not None else [])]
        for link in links:
            self.drop(link)
            link.bus.close()

    def _find(self, world: AbstractEventLoop | None) -> Link | None:
        link = self._blocking if world is None else self._by_loop.get(world)
        return link if link is not None and link.usable else None

    def _keep(self, world: AbstractEventLoop | None, link: Link) -> None:
        if world is None:
            self._blocking = link
        else:
            # A loop that was closed cannot tell; its connection ends when the next loop's begins.
            for loop, old in list(self._by_loop.items()):
                if loop.is_closed():
                    del self._by_loop[loop]
                    old.bus.close()
            self._by_loop[world] = link


def _connected(deadline: Deadline) -> Flow[Link]:
    """Connect and open a session; again, once, where the daemon was just being replaced."""
    try:
        return (yield from _connect(deadline))
    except (StaleSessionError, VanishedError):
        pass
    try:
        return (yield from _connect(deadline))
    except (StaleSessionError, VanishedError) as error:
        raise UnavailableError(
            "the secret service went away while it was being connected to",
            hint=NO_DAEMON_HINT,
            store=STORE,
            native=str(error),
        ) from None


def _agreed(bus: Bus, handshake: Handshake, reply: Received, deadline: Deadline) -> Flow[tuple[str, SessionKey]]:
    """Session and key; by another handshake where a daemon may have derived another key than we did."""
    for _ in range(_MOST_HANDSHAKES):
        session, public_key = api.opened(reply)
        try:
            return session, handshake.agree(public_key)
        except DoubtfulKeyError:
            handshake = Handshake()
            (reply,) = yield Call(bus, [api.open_session(handshake.public_key)], deadline)
            checked(reply)
    session, public_key = api.opened(reply)
    return session, handshake.agree(public_key)


def _connect(deadline: Deadline) -> Flow[Link]:
    """The bus handshake with a greeting, then one round trip for everything else."""
    bus: Bus = yield Connect(deadline)
    handshake = Handshake()
    matches = [dbus.add_match(rule) for rule in (api.OWNER_CHANGED, api.SIGNALS)]
    try:
        for reply in (yield Call(bus, [dbus.hello(), *matches, api.greeting()], deadline)):
            checked(reply)
        opened, process = yield Call(bus, [api.open_session(handshake.public_key), api.owner_process()], deadline)
        checked(opened)
        session, key = yield from _agreed(bus, handshake, opened, deadline)
        pid = 0 if dbus.error_name(process) is not None else dbus.body(process, "u")[0]
        return Link(bus, session, key, dbus.sender(opened), Daemon.of(pid))
    except ValueError as error:
        bus.close()
        raise PlatformError(str(error), hint="`factorywager doctor` looks closer", store=STORE) from None
    except BaseException:
        bus.close()
        raise
