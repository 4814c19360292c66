"""`VaultAdmin`: what a user does to the vault itself: make it, look at it, unlock and lock it, give it a new key."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from ...errors import ArgumentValueError, ConflictError, NotFoundError
from ...flow import Flow, Work
from ...protocols.vault import FORMAT, Header, Mode
from . import generations, kernel_keyring
from .access import Access, Moved
from .keys import Ask
from .translate import STORE

if TYPE_CHECKING:
    from ..store import Terms


class Status(NamedTuple):
    """What can be said of a vault without asking anybody for anything.

    Attributes:
        path: its directory.
        locked: whether opening it would need something that is not at hand: a passphrase.
        seconds_left: how long the kernel keeps its key, where it does.
        entries: how many, where this process has it open or can open it without asking.
        size: of its database, bytes.
        vault_id: stays the same when it is rekeyed.
    """

    path: str
    exists: bool
    mode: Mode | None = None
    locked: bool = False
    seconds_left: float | None = None
    entries: int | None = None
    size: int = 0
    format: int = FORMAT
    vault_id: str | None = None


class VaultAdmin:
    """The flows behind ``factorywager vault``."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def init(self, mode: Mode, terms: Terms, ask: Ask | None = None) -> Flow[Status]:
        """Make a vault.

        Raises:
            ConflictError: there is one.
        """
        if (yield Work(self._access.home.read, terms.deadline)) is not None or not (
            yield from generations.create(self._access, mode, terms, ask)
        ):
            raise ConflictError(
                f"there is a vault in {self._access.home.path} already",
                hint="`factorywager vault rekey` changes its key and its mode",
                store=STORE,
            )
        return (yield from self.status(terms))

    def status(self, terms: Terms) -> Flow[Status]:
        """What there is; a passphrase is not asked for, and no OS store is spoken to."""
        home = self._access.home
        in_force = yield Work(home.read, terms.deadline)
        if in_force is None:
            return Status(home.path, exists=False)
        header: Header = in_force.header
        seconds, size = yield Work(lambda: (_seconds_left(header), _size(home.file(header.database))), terms.deadline)
        locked = header.mode is Mode.PASSPHRASE and seconds is None
        entries = None
        if header.mode is Mode.KEY_FILE or seconds is not None or self._access.is_open:
            entries = yield from self._access.read(lambda entries: entries.count(), terms, None)
        return Status(home.path, True, header.mode, locked, seconds, entries, size, FORMAT, header.vault)

    def unlock(self, seconds: float, terms: Terms) -> Flow[Status]:
        """Open the vault, and let the kernel keep its key for some seconds.

        Raises:
            ConflictError: the vault is not locked by a passphrase.
            UnavailableError: there is no kernel keyring to use.
        """
        if not seconds >= 1:
            raise ArgumentValueError("Expected 'seconds' to be at least 1")
        header = yield from self._passphrase_header(terms)
        master = yield from self._access.keys.open(header, terms)
        try:
            yield Work(lambda: kernel_keyring.keep(header, master, seconds), terms.deadline)
        finally:
            master.wipe()
        return (yield from self.status(terms))

    def lock(self, terms: Terms) -> Flow[bool]:
        """Make the kernel forget the key, and close the vault in this process; whether there was a key to forget."""
        header = yield from self._passphrase_header(terms)
        self._access.close()
        forgotten: bool = yield Work(lambda: kernel_keyring.forget(header), terms.deadline)
        return forgotten

    def rekey(self, mode: Mode | None, terms: Terms, ask: Ask | None = None) -> Flow[Status]:
        """Give the vault a new master key, in ``mode`` or as before.  See `generations.rekey`."""
        try:
            yield from generations.rekey(self._access, mode, terms, ask)
        except Moved:
            raise self._none() from None
        return (yield from self.status(terms))

    def _passphrase_header(self, terms: Terms) -> Flow[Header]:
        in_force = yield Work(self._access.home.read, terms.deadline)
        if in_force is None:
            raise self._none()
        header: Header = in_force.header
        if header.mode is not Mode.PASSPHRASE:
            raise ConflictError(
                f"the vault is not locked by a passphrase (its key mode is {header.mode})",
                hint="`factorywager vault rekey --mode passphrase` changes that",
                store=STORE,
            )
        return header

    def _none(self) -> NotFoundError:
        return NotFoundError(
            f"there is no vault in {self._access.home.path}", hint="run `factorywager vault init`", store=STORE
        )


def _seconds_left(header: Header) -> float | None:
    if header.mode is not Mode.PASSPHRASE:
        return None
    kept = kernel_keyring.find(header)
    if kept is None:
        return None
    kept.master.wipe()
    return kept.seconds


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - pathlib costs 5 ms
    except OSError:
        return 0
