"""`VaultStore`: the embedded vault as a store.

What a user does to the vault itself is in ``admin.py``, as flows on `VaultAdmin(store.access)`::

    init(mode, terms, ask=None) -> Status          make it: Mode.KEY_FILE, Mode.PASSPHRASE or Mode.SEALED
    status(terms) -> Status                        what there is; asks nothing
    unlock(seconds, terms) -> Status               passphrase mode: the kernel keeps the key so long
    lock(terms) -> bool                            whether there was a kept key to forget
    rekey(mode, terms, ask=None) -> Status         a new master key; mode None: as before

``ask`` is a function without arguments that gives the *new* passphrase as a `Secret`; the present one comes from
`VaultStore`'s ``passphrase``, or from ``FACTORYWAGER_VAULT_PASSPHRASE_FILE``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from ...errors import NotFoundError
from ...flow import Deadline, Flow
from ...model import Info, Ref, Secret
from ...protocols.vault import Mode
from ..snapshots import Snapshot, SnapshotWatch
from ..store import Finding, Options, Pulse, Store, Terms, Version, Watch
from .access import Access, Moved
from .entries import Entries
from .generations import create
from .home import Home
from .keys import Ask, Keys
from .translate import STORE

if TYPE_CHECKING:
    pass

T = TypeVar("T")


class VaultStore:
    """Keeps entries in one encrypted file that many processes may use at once.

    A vault that does not exist reads as empty; the first write makes it, with its key in a key file.

    Args:
        home: the vault's directory; ``None`` for ``FACTORYWAGER_HOME``, else the platform's.
        keeper: the OS store for the sealed mode's one entry; ``None`` for the platform's own.
        passphrase: asks the user for the passphrase; called only where ``terms.interactive`` allows it.

    Attributes:
        on_created: called with the vault's directory when a write has just made it.
    """

    name = STORE
    keeps_expiry = True

    def __init__(
        self, home: str | os.PathLike[str] | None = None, *, keeper: Store | None = None, passphrase: Ask | None = None
    ) -> None:
        place = Home(home)
        self.access = Access(place, Keys(place, keeper, passphrase))
        self.on_created: Callable[[str], None] | None = None

    def __repr__(self) -> str:
        return "<VaultStore>"

    @property
    def home(self) -> str:
        """The vault's directory, whether or not there is a vault in it."""
        return self.access.home.path

    # --- entries ------------------------------------------------------------------------------

    def get(self, ref: Ref, terms: Terms) -> Flow[Secret | None]:
        return self.access.read(lambda entries: entries.get(ref), terms, None)

    def set(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[None]:
        return self._write(lambda entries: entries.set(ref, value, options.expires), terms)

    def delete(self, ref: Ref, terms: Terms) -> Flow[bool]:
        try:
            return (yield from self.access.write(lambda entries: entries.delete(ref), terms))
        except Moved:
            return False

    def create(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[bool]:
        def action(entries: Entries) -> bool:
            if entries.exists(ref):
                return False
            entries.set(ref, value, options.expires)
            return True

        return self._write(action, terms)

    def exists(self, ref: Ref, terms: Terms) -> Flow[bool]:
        return self.access.read(lambda entries: entries.exists(ref), terms, False)

    def get_many(self, service: str, names: Sequence[str] | None, terms: Terms) -> Flow[dict[str, Secret]]:
        return self.access.read(lambda entries: entries.get_many(service, names), terms, {})

    def set_many(self, service: str, values: Mapping[str, Secret], terms: Terms, options: Options) -> Flow[None]:
        def action(entries: Entries) -> None:
            for name, value in values.items():
                entries.set(Ref(service, name), value, options.expires)

        return self._write(action, terms)

    def create_many(
        self, service: str, values: Mapping[str, Secret], terms: Terms, options: Options
    ) -> Flow[Sequence[str]]:
        def action(entries: Entries) -> Sequence[str]:
            there = []
            for name, value in values.items():
                ref = Ref(service, name)
                if entries.exists(ref):
                    there.append(name)
                else:
                    entries.set(ref, value, options.expires)
            return there

        return self._write(action, terms)

    # --- versions -----------------------------------------------------------------------------

    def versions(self, ref: Ref, terms: Terms) -> Flow[list[Version]]:
        return self.access.read(lambda entries: entries.versions(ref), terms, [])

    def get_version(self, ref: Ref, number: int, terms: Terms) -> Flow[Secret | None]:
        return self.access.read(lambda entries: entries.get_version(ref, number), terms, None)

    def restore(self, ref: Ref, number: int, terms: Terms) -> Flow[None]:
        """Make an earlier value the current one again, as a new version; the entry's expiry date stays.

        Raises:
            NotFoundError: there is no such version (any more).
        """

        def action(entries: Entries) -> None:
            value = entries.get_version(ref, number)
            if value is None:
                raise _no_version(ref, number)
            try:
                entries.set(ref, value, entries.expiry(ref))
            finally:
                value.wipe()

        try:
            yield from self.access.write(action, terms)
        except Moved:
            raise _no_version(ref, number) from None

    # --- the whole ----------------------------------------------------------------------------

    def watch(self, service: str | None, terms: Terms) -> Flow[Watch]:
        empty: tuple[int, Snapshot] = (-1, {})
        seen = empty

        def look() -> Flow[Snapshot]:
            nonlocal seen

            def action(entries: Entries) -> tuple[int, Snapshot]:
                # one small row, read several times a second; the entries only when it has changed
                revision = entries.revision()
                return seen if revision == seen[0] else (revision, entries.revisions(service))

            own = Terms(Deadline(terms.deadline.seconds), terms.interactive)
            seen = yield from self.access.read(action, own, empty)
            return seen[1]

        watch = SnapshotWatch(self.name, look)
        yield from watch.start()
        return watch

    def pulse(self, terms: Terms) -> Flow[Pulse | None]:
        yield from self.access.open(terms)
        return VaultPulse(self.access)

    def examine(self, terms: Terms) -> Flow[list[Finding]]:
        from .examination import examine

        return examine(self.access, terms)

    def close(self) -> None:
        self.access.close()

    def list(self, service: str | None, terms: Terms) -> Flow[list[Info]]:
        return self.access.read(lambda entries: entries.list(service), terms, [])

    def _write(self, action: Callable[[Entries], T], terms: Terms) -> Flow[T]:
        while True:
            try:
                return (yield from self.access.write(action, terms))
            except Moved:
                if (yield from create(self.access, Mode.KEY_FILE, terms)) and self.on_created is not None:
                    self.on_created(self.home)


class VaultPulse:
    """The database's change counter, read for every beat: a few microseconds, and never behind."""

    def __init__(self, access: Access) -> None:
        self._access = access

    @property
    def beat(self) -> float:
        return self._access.beat()

    def close(self) -> None:
        pass


def _no_version(ref: Ref, number: int) -> NotFoundError:
    return NotFoundError(
        f"there is no version {number}",
        hint="the vault keeps the last ten versions of an entry",
        store=STORE,
        service=ref.service,
        name=ref.name,
    )
