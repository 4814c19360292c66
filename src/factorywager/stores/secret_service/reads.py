"""`Reads`: reading items whose paths are known, together with whoever else reads at the same moment.

What is asked for in one moment goes out as one `GetSecrets`: fifty tasks that each read an entry make one round
trip.  A moment is a turn of the event loop; among threads it is the time that the call before takes.  Two readers of
one item share its reply, unless the call has gone out already: what was asked before is not an answer to what is
asked now.
"""

from __future__ import annotations

import threading
from copy import copy
from typing import TYPE_CHECKING

from jeepney.low_level import Message

from ...errors import DeadlineError, LockedError, StoreError
from ...flow import Deadline, Request
from ...flow.bell import Bell
from ...protocols import secret_service as api
from ...protocols.dbus import Prepared
from ...protocols.received import Received
from ...transports.bus import NO_ANSWER, Bus
from .translate import StaleSessionError, VanishedError, checked

if TYPE_CHECKING:
    import asyncio

# Secrets in one reply: of a mebibyte each, as large as a message may be.  Larger batches are several calls.
MOST_IN_A_CALL = 128

# Tasks that go on in one turn of the loop, each decrypting its value: some milliseconds for all of them.
_MOST_IN_A_TURN = 200


class Ticket:
    """One item that is to be read, for everyone who asked for it before the call went out.

    Attributes:
        settled: whether the outcome is known.
        outcome: the ciphertext, ``None`` where the daemon has none to give (locked, or gone), or why it failed.
        bells: to be rung once it is settled, one for each asyncio task that waits.
    """

    __slots__ = ("bells", "outcome", "path", "settled")

    def __init__(self, path: str) -> None:
        self.path = path
        self.settled = False
        self.outcome: api.Ciphertext | Exception | None = None
        self.bells: list[Bell] = []

    def settle(self, outcome: api.Ciphertext | Exception | None) -> None:
        self.settled = True
        self.outcome = outcome

    def result(self) -> api.Ciphertext | None:
        if isinstance(self.outcome, Exception):
            raise copy(self.outcome)  # others get it too, and each is told of its own entry
        return self.outcome


class Reads:
    """The reads of one link that wait to go out."""

    def __init__(self, bus: Bus, session: str) -> None:
        self._bus = bus
        self._session = session
        self._waiting: dict[str, Ticket] = {}
        self._turn = threading.Condition()
        self._calling = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._until = Deadline(0)  # when the last of those who wait on the loop gives up

    def read(self, path: str, deadline: Deadline) -> Request[api.Ciphertext | None]:
        """A request for one item's ciphertext; ``None`` where the daemon has none to give.

        Raises:
            StaleSessionError, StoreError: the call failed, for everyone in it.
        """
        return _Read(self, path, deadline)

    def read_on_thread(self, path: str, deadline: Deadline) -> api.Ciphertext | None:
        """Whichever thread finds no call under way makes one, for all who wait by then."""
        with self._turn:
            ticket = self._join(path)
            while self._calling and not ticket.settled:
                if not self._turn.wait(deadline.remaining()):
                    raise deadline.error(NO_ANSWER)
            if ticket.settled:
                return ticket.result()
            # Again: whoever had taken it along may have run out of time before there was an answer.
            ticket = self._waiting.setdefault(path, ticket)
            batch, self._waiting = self._waiting, {}
            self._calling = True
        try:
            self._settle(batch, self._bus.call(self._calls(batch), deadline))
        except DeadlineError:
            raise  # this thread's time is up, not theirs: the next one calls again
        except StoreError as error:
            for each in batch.values():
                each.settle(error)
        finally:
            with self._turn:
                self._calling = False
                self._turn.notify_all()
        return ticket.result()

    async def read_on_loop(self, path: str, deadline: Deadline) -> api.Ciphertext | None:
        """The first reader of a turn of the loop arranges the call for all who ask in the same turn."""
        import asyncio

        loop = asyncio.get_running_loop()
        if not self._waiting:
            self._until = deadline
            loop.call_soon(self._go, loop)
        self._until = self._until.latest(deadline)
        ticket = self._join(path)
        bell = Bell(loop)
        ticket.bells.append(bell)
        await bell.heard(deadline, NO_ANSWER)
        return ticket.result()

    def _go(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting, {}
        task = loop.create_task(self._serve(batch, self._until))
        self._tasks.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, batch: dict[str, Ticket], deadline: Deadline) -> None:
        import asyncio

        try:
            self._settle(batch, await self._bus.call(self._calls(batch), deadline))
        except StoreError as error:
            for ticket in batch.values():
                ticket.settle(error)
        bells = [bell for ticket in batch.values() for bell in ticket.bells]
        for start in range(0, len(bells), _MOST_IN_A_TURN):
            if start:
                await asyncio.sleep(0)  # others on the loop have a turn as well
            for bell in bells[start : start + _MOST_IN_A_TURN]:
                bell.ring()

    def _join(self, path: str) -> Ticket:
        return self._waiting.setdefault(path, Ticket(path))

    def _calls(self, batch: dict[str, Ticket]) -> list[Message | Prepared]:
        paths = list(batch)
        if len(paths) == 1:
            return [api.get_secret(paths[0], self._session)]
        return [
            api.get_secrets(paths[start : start + MOST_IN_A_CALL], self._session)
            for start in range(0, len(paths), MOST_IN_A_CALL)
        ]

    def _settle(self, batch: dict[str, Ticket], replies: list[Received]) -> None:
        found: dict[str, api.Ciphertext] = {}
        failure: Exception | None = None
        for reply in replies:
            try:
                answer = checked(reply)
                found |= api.secrets(answer) if len(batch) > 1 else dict.fromkeys(batch, api.secret(answer))
            except (LockedError, VanishedError):
                continue
            except (StaleSessionError, StoreError) as error:
                failure = error
        for path, ticket in batch.items():
            ticket.settle(found.get(path, failure))


class _Read(Request["api.Ciphertext | None"]):
    __slots__ = ("_deadline", "_path", "_reads")

    def __init__(self, reads: Reads, path: str, deadline: Deadline) -> None:
        self._reads = reads
        self._path = path
        self._deadline = deadline

    def perform(self) -> api.Ciphertext | None:
        return self._reads.read_on_thread(self._path, self._deadline)

    async def perform_async(self) -> api.Ciphertext | None:
        return await self._reads.read_on_loop(self._path, self._deadline)
