"""Making a vault, and rekeying one: a new generation is built beside what is in force, and takes its place at once.

In both, one call on one thread builds the database, commits, and cleans up after a failure: a caller that gives up
(a cancelled task, Ctrl-C) can neither commit later than it was told nor remove what was committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import StoreError
from ...flow import Deadline, Flow, Work
from ...model.locked import LockedBuffer
from ...protocols.vault import Header, Mode, Sealer, database_key, new_identity, random_key, wrap
from .access import Access, Moved
from .engine import Engine
from .entries import Entries
from .home import Home
from .keys import Ask

if TYPE_CHECKING:
    from ..store import Terms


def create(access: Access, mode: Mode, terms: Terms, ask: Ask | None = None) -> Flow[bool]:
    """Make a vault where there is none, and open it; ``False`` when another process was faster.

    Args:
        ask: gives the passphrase of passphrase mode.
    """
    home = access.home
    yield Work(home.prepare, terms.deadline)
    header, master = yield from _forge(access, new_identity(), mode, terms, ask)

    def work() -> bool:
        try:
            _make_database(home, header, master, terms.deadline).close()
            first = home.commit_first(header)
        except BaseException:
            _withdraw(home, header)
            raise
        if not first:
            home.remove(header.generation)
        return first

    try:
        first: bool = yield Work(work, terms.deadline)
    except StoreError:
        yield from access.keys.forget(header, terms)
        raise
    if not first:
        yield from access.keys.forget(header, terms)
        return False
    yield from _adopt(access, master, terms)
    return True


def rekey(access: Access, mode: Mode | None, terms: Terms, ask: Ask | None = None) -> Flow[None]:
    """Give the vault a new master key, and every page and value a new encryption; nothing opens with the old key.

    Args:
        mode: where the new key lives; ``None`` for where the old one does.
        ask: gives the new passphrase of passphrase mode.

    Raises:
        Moved: no vault was ever made.
    """
    while True:
        before = yield from _in_force(access, terms)
        header, master = yield from _forge(access, before.vault, mode or before.mode, terms, ask)
        try:
            stale = yield Work(lambda: _replace(access, before, header, master, terms.deadline), terms.deadline)  # noqa: B023
        except Moved:  # somebody else rekeyed it first
            yield from access.keys.forget(header, terms)
            continue
        except StoreError:
            yield from access.keys.forget(header, terms)
            raise
        for old in stale:
            yield from access.keys.forget(old, terms)
        yield from _adopt(access, master, terms)
        return


def _in_force(access: Access, terms: Terms) -> Flow[Header]:
    """The header of the vault in force, which is open here and so can be read."""
    if not (yield from access.open(terms)):
        raise Moved

    def work() -> Header:
        with access.lent(terms.deadline) as opened:
            return opened.header

    header: Header = yield Work(work, terms.deadline)
    return header


def _forge(access: Access, vault: str, mode: Mode, terms: Terms, ask: Ask | None) -> Flow[tuple[Header, LockedBuffer]]:
    """A new generation's header and master key; its proposal and its key are on disk."""
    blank, key = yield from access.keys.invent(vault, mode, terms, ask)
    try:
        master = random_key()
        header = wrap(blank, key, master)
        # The proposal first: it tells of the key, should this process be killed before it comes into force.
        yield Work(lambda: access.home.propose(header), terms.deadline)
        try:
            yield from access.keys.keep(header, key, terms)
        except BaseException:
            _withdraw(access.home, header)
            raise
        return header, master
    finally:
        key.wipe()


def _make_database(home: Home, header: Header, master: LockedBuffer, deadline: Deadline) -> Engine:
    key = database_key(master)
    try:
        return Engine.create(home.file(header.database), key, header.vault, deadline)
    finally:
        key.wipe()


def _replace(access: Access, before: Header, header: Header, master: LockedBuffer, deadline: Deadline) -> list[Header]:
    """Copy everything into the new generation and put it in force, while nobody can write to the old one.

    Gives the headers of the generations that are no more.
    """
    home = access.home
    try:
        with access.writing(deadline) as opened:
            if opened.header != before:
                raise Moved
            # Before the commit: whoever else is rekeying now needs the lock we hold, and will find itself overtaken.
            stale = _sweep(home, before, header)
            engine = _make_database(home, header, master, deadline)
            try:
                with engine.writing():
                    opened.entries.copy_to(Entries(engine, Sealer(header.vault, master)))
            finally:
                engine.close()
            home.commit_over(header)
    except BaseException:
        _withdraw(home, header)
        raise
    access.close()
    home.remove(before.generation)
    return [before, *stale]


def _sweep(home: Home, *kept: Header) -> list[Header]:
    """Remove what killed processes left of generations that never came into force, or no longer are."""
    names = home.others(*(header.generation for header in kept))
    stale = [header for header in map(home.proposed, names) if header is not None]
    for name in names:
        home.discard(name)
    return stale


def _withdraw(home: Home, header: Header) -> None:
    """Remove a generation, unless it is in force: an interrupt may come right behind the commit."""
    try:
        in_force = home.read()
    except StoreError:
        return  # the next rekey sweeps
    if in_force is None or in_force.header.generation != header.generation:
        home.remove(header.generation)


def _adopt(access: Access, master: LockedBuffer, terms: Terms) -> Flow[None]:
    """Open the vault just committed with the key at hand, which spares the user a second passphrase."""
    in_force = yield Work(access.home.read, terms.deadline)
    if in_force is not None:
        yield from access.adopt(in_force, master, terms)
