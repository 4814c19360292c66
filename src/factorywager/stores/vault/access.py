"""`Access`: the way into a vault: opened when it is first needed, opened again when it was rekeyed or the process
forked, and lent to one thread at a time."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from math import nan
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ...errors import CorruptError, StoreError
from ...flow import Deadline, Flow, Gate, Work
from ...model.locked import LockedBuffer
from ...protocols.vault import Header, Sealer, database_key
from .engine import Engine
from .entries import Entries
from .home import Home, Identity, InForce
from .keys import Keys
from .translate import STORE

if TYPE_CHECKING:
    from ..store import Terms

T = TypeVar("T")


class Moved(Exception):  # noqa: N818 - not a failure: the caller opens the vault again and goes on
    """The vault is not open here, or another generation is in force by now."""


class Opened(NamedTuple):
    """An open vault, and the header file it was opened by."""

    header: Header
    identity: Identity
    engine: Engine
    entries: Entries


class Access:
    """Lends an open vault.

    Attributes:
        home, keys: where the vault is, and how it is opened.
    """

    def __init__(self, home: Home, keys: Keys) -> None:
        self.home = home
        self.keys = keys
        self._begin()
        _everyone.add(self)

    def _begin(self) -> None:
        self._opened: Opened | None = None
        self._openings = 0
        self._lock = threading.Lock()
        self._opening = Gate("the vault, being opened by another thread,")

    @property
    def is_open(self) -> bool:
        """Whether this process holds the vault open."""
        return self._opened is not None

    # --- as flows -----------------------------------------------------------------------------

    def read(self, action: Callable[[Entries], T], terms: Terms, absent: T) -> Flow[T]:
        """What ``action`` gives; ``absent`` where no vault was ever made."""
        try:
            return (yield from self._within(self.lent, action, terms))
        except Moved:
            return absent

    def write(self, action: Callable[[Entries], T], terms: Terms) -> Flow[T]:
        """What ``action`` gives, in one transaction.

        Raises:
            Moved: no vault was ever made.
        """
        return (yield from self._within(self.writing, action, terms))

    def _within(
        self, way: Callable[[Deadline], AbstractContextManager[Opened]], action: Callable[[Entries], T], terms: Terms
    ) -> Flow[T]:
        def work() -> T:
            with way(terms.deadline) as opened:
                return action(opened.entries)

        while True:
            try:
                result: T = yield Work(work, terms.deadline)
                return result
            except Moved:
                if not (yield from self.open(terms)):
                    raise

    def open(self, terms: Terms) -> Flow[bool]:
        """Open the vault that is in force; ``False`` where no vault was ever made."""
        yield self._opening.enter(terms.deadline)
        try:
            while True:
                in_force: InForce | None = yield Work(self.home.read, terms.deadline)
                if in_force is None:
                    return False
                opened = self._opened
                if opened is not None and opened.identity == in_force.identity:
                    return True
                master: LockedBuffer = yield from self.keys.open(in_force.header, terms)
                if (yield from self.adopt(in_force, master, terms)):
                    return True
        finally:
            self._opening.leave()

    def adopt(self, in_force: InForce, master: LockedBuffer, terms: Terms) -> Flow[bool]:
        """Open the database with a master key, which is wiped; ``False`` when it was rekeyed meanwhile."""

        def work() -> bool:
            try:
                opened = connect(self.home, in_force, master, terms.deadline)
            except FileNotFoundError:
                if self.home.identity() != in_force.identity:
                    return False
                raise CorruptError(
                    f"{self.home.file(in_force.header.database)} is missing",
                    hint="restore it from a backup, or move vault.header away to begin anew",
                    store=STORE,
                ) from None
            finally:
                master.wipe()
            with self._held(terms.deadline):
                before, self._opened = self._opened, opened
                self._openings += 1
                if before is not None:
                    before.engine.close()
            return True

        done: bool = yield Work(work, terms.deadline)
        return done

    # --- on the thread that works -------------------------------------------------------------

    @contextmanager
    def lent(self, deadline: Deadline) -> Iterator[Opened]:
        """The open vault, to this thread alone.

        Raises:
            Moved: open it (again).
            DeadlineError: another thread did not give it back in time.
        """
        with self._held(deadline):
            opened = self._opened
            if opened is None or opened.identity != self.home.identity():
                raise Moved
            opened.engine.wait_until(deadline)
            yield opened

    @contextmanager
    def writing(self, deadline: Deadline) -> Iterator[Opened]:
        """As `lent`, inside a transaction that no rekey has overtaken: what is written is written to the vault in
        force, because a rekey needs the lock that this transaction holds."""
        with self.lent(deadline) as opened, opened.engine.writing():
            if opened.identity != self.home.identity():
                raise Moved
            yield opened

    def beat(self) -> float:
        """Differs after every change to the vault, by whoever; NaN while that cannot be told without waiting."""
        if not self._lock.acquire(blocking=False):
            return nan
        try:
            opened = self._opened
            if opened is None or opened.identity != self.home.identity():
                return nan
            opened.engine.wait_until(Deadline(0))  # not even for a writer in the middle of its commit
            # a connection counts from where it was opened: another one's numbers must not look like this one's
            return self._openings << 80 | opened.engine.changes()
        except StoreError:
            return nan
        finally:
            self._lock.release()

    def close(self) -> None:
        """Give back the connection and the keys; the next use opens the vault again."""
        with self._held(Deadline(None)):
            opened, self._opened = self._opened, None
            if opened is not None:
                opened.engine.close()

    @contextmanager
    def _held(self, deadline: Deadline) -> Iterator[None]:
        if deadline.passed:
            raise deadline.error("the vault was not reached")
        lock = self._lock
        remaining = deadline.remaining()
        if not lock.acquire(timeout=-1 if remaining is None else remaining):
            raise deadline.error("the vault was not free")
        try:
            yield
        finally:
            lock.release()

    def _after_fork(self) -> None:
        """In a forked child: the connection is the parent's, and the lock may be held by a thread that is not here."""
        if self._opened is not None:
            self._opened.engine.abandon()
        self._begin()


_everyone: weakref.WeakSet[Access] = weakref.WeakSet()


def _after_fork() -> None:
    for access in _everyone:
        access._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def connect(home: Home, in_force: InForce, master: LockedBuffer, deadline: Deadline) -> Opened:
    """Open the database of a header.

    Raises:
        FileNotFoundError: it is not there.
    """
    header, identity = in_force
    key = database_key(master)
    try:
        engine = Engine.open(home.file(header.database), key, header.vault, deadline)
    finally:
        key.wipe()
    return Opened(header, identity, engine, Entries(engine, Sealer(header.vault, master)))
