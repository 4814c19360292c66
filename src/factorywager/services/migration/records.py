"""`Records`: what a store's migrations leave behind so that they can be resumed and undone.

A vault of its own for each store, below the main vault's directory, with its key sealed in that store: whoever can
read the migrated entries can undo, and nobody else.  It holds, per migration, the journal, every file as it was, and
the former value of every entry that was overwritten.  Nothing of that is among the user's entries.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from ...errors import AuthenticationError, CorruptError, NotFoundError, StoreError
from ...flow import Flow, Work
from ...model import Ref, Secret
from ...protocols.vault import Mode
from ...stores.store import Options, Store, Terms
from ...stores.vault.generations import create, rekey
from ...stores.vault.home import Home
from ...stores.vault.store import VaultStore
from . import lock
from .fingerprint import KEY_BYTES, Fingerprints
from .journal import Journal, Stage, decode

KEPT: Final = 30 * 86_400  # seconds for which a migration can be undone

_SERVICE = "migrations"
_KEY = Ref(_SERVICE, "fingerprint-key")
_JOURNAL = "journal/"


class Records:
    """The records of the migrations into one store.

    Args:
        store: where the entries go; it keeps the key.
    """

    def __init__(self, store: Store) -> None:
        self._home = Home().path
        self.directory = f"{self._home}{os.sep}migrations{os.sep}{store.name}"
        self._vault = VaultStore(self.directory, keeper=store)

    def prepare(self, terms: Terms) -> Flow[None]:
        """Make the vault, if there is none."""
        home = self._vault.access.home
        if (yield Work(home.read, terms.deadline)) is None:
            yield from create(self._vault.access, Mode.SEALED, terms)

    def locked(self, terms: Terms) -> Flow[int]:
        """The lock on these records; see `lock.acquire`."""

        def work() -> None:
            # one after the other: makedirs(3) gives the directories above the last the usual mode
            for path in (self._home, f"{self._home}{os.sep}migrations", self.directory):
                Home(path).prepare()

        yield Work(work, terms.deadline)
        return (yield from lock.acquire(f"{self.directory}{os.sep}lock", terms.deadline))

    def fingerprints(self, terms: Terms, *, make: bool) -> Flow[Fingerprints]:
        """Those of this store; where there is no key yet, and none may be made, some of this run only."""
        with self._explained():
            key = yield from self._vault.get(_KEY, terms)
        if key is None:
            key = Secret(os.urandom(KEY_BYTES))
            if make:
                yield from self._vault.set(_KEY, key, terms, Options())
        with key.lease() as view:
            return Fingerprints(bytes(view))

    # --- journals -----------------------------------------------------------------------------

    def journals(self, terms: Terms) -> Flow[list[Journal]]:
        """All of them, the earliest first."""
        with self._explained():
            infos = yield from self._vault.list(_SERVICE, terms)
            names = [info.name for info in infos if info.name.startswith(_JOURNAL)]
            held = yield from self._vault.get_many(_SERVICE, names, terms)
        found = []
        for secret in held.values():
            with secret.lease() as view:
                found.append(decode(bytes(view)))
        return sorted(found)

    def begin(
        self, journal: Journal, files: Mapping[int, bytes], former: Mapping[str, Secret], terms: Terms
    ) -> Flow[None]:
        """Put everything down, as one change: from here on the migration can be resumed and undone."""
        values = {_file(journal, number): Secret(raw) for number, raw in files.items()}
        values |= {_former(journal, name): Secret(value.bytes) for name, value in former.items()}
        values[_JOURNAL + journal.identity] = Secret(journal.encoded())
        yield from self._vault.set_many(_SERVICE, values, terms, Options())

    def reach(self, journal: Journal, stage: Stage, terms: Terms) -> Flow[Journal]:
        """Note how far a migration is."""
        journal = journal._replace(stage=stage)
        ref = Ref(_SERVICE, _JOURNAL + journal.identity)
        yield from self._vault.set(ref, Secret(journal.encoded()), terms, Options())
        return journal

    def original(self, journal: Journal, number: int, terms: Terms) -> Flow[bytes]:
        """A file as it was.

        Raises:
            NotFoundError: it was not kept.
        """
        kept = yield from self._vault.get(Ref(_SERVICE, _file(journal, number)), terms)
        if kept is None:
            raise NotFoundError(f"no copy of {journal.files[number].given} was kept")
        with kept.lease() as view:
            return bytes(view)

    def former(self, journal: Journal, name: str, terms: Terms) -> Flow[Secret | None]:
        """The value that an entry had before it was overwritten."""
        return (yield from self._vault.get(Ref(_SERVICE, _former(journal, name)), terms))

    def drop(self, journal: Journal, terms: Terms) -> Flow[None]:
        """Forget one migration, its journal last: what is killed here is dropped again."""
        infos = yield from self._vault.list(_SERVICE, terms)
        for info in infos:
            if info.name.startswith(f"{journal.identity}/"):
                yield from self._vault.delete(Ref(_SERVICE, info.name), terms)
        yield from self._vault.delete(Ref(_SERVICE, _JOURNAL + journal.identity), terms)

    def sweep(self, now: int, terms: Terms) -> Flow[None]:
        """Forget what is finished and old."""
        for journal in (yield from self.journals(terms)):
            if journal.stage is Stage.DONE and journal.undo_until <= now:
                yield from self.drop(journal, terms)

    def rekey(self, terms: Terms) -> Flow[None]:
        """Seal what is left under a new key: what was dropped cannot be opened by anybody, wherever it may lie."""
        yield from rekey(self._vault.access, None, terms)

    def close(self) -> None:
        self._vault.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """The records' vault is not one that the user made, so its errors have to say what it is."""
        try:
            yield
        except (NotFoundError, AuthenticationError, CorruptError) as error:
            raise _lost(error, self.directory) from None


def _lost(error: StoreError, directory: str) -> StoreError:
    return type(error)(
        f"the records of earlier migrations cannot be opened: {error.message}",
        hint=f"restore what is missing, or move {directory} away: then they cannot be undone any more",
        store=error.store,
    )


def _file(journal: Journal, number: int) -> str:
    return f"{journal.identity}/file/{number}"


def _former(journal: Journal, name: str) -> str:
    return f"{journal.identity}/former/{name}"
