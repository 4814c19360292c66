"""`Migrations`: everything that can be done about migrations into one store, by one process at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence

from ...errors import ArgumentValueError, ConflictError, NotFoundError
from ...flow import Flow
from ..operations import Operations
from . import plan as plans
from . import transaction
from .fingerprint import Fingerprints
from .journal import Journal, Stage
from .plan import Plan, Treatment
from .records import Records
from .selection import Chosen
from .transaction import Ground, Tell
from .undo import Undone, undo


class Migrations:
    """The migrations into the store that serves.

    Args:
        operations: the store.
        another: opens the store of this name once more, for reading back; see `Ground.fresh`.
        now: seconds since 1970.
    """

    def __init__(self, operations: Operations, another: Callable[[str], Operations], now: int) -> None:
        self._operations = operations
        self._another = another
        self._now = now
        self._fresh: Operations | None = None
        self._records: Records | None = None
        self._lock = -1

    # --- looking ------------------------------------------------------------------------------

    def plan(self, service: str, chosen: Sequence[Chosen], treatment: Treatment) -> Flow[Plan]:
        """See `plan.make`; with a lock held it is the plan that `carry_out` may follow."""
        records = yield from self._reach()
        if records is None:
            if treatment is not Treatment.KEEP:
                raise ArgumentValueError(
                    f"what is in the {self._operations.store.name} store ends with this process: "
                    "the files must keep their values",
                    hint="leave --blank and --replace out, or choose another --store",
                )
            prints = Fingerprints()
        else:
            prints = yield from records.fingerprints(self._operations.terms(), make=False)
        return (yield from plans.make(self._operations, service, chosen, treatment, prints))

    # --- changing -----------------------------------------------------------------------------

    def begin(self) -> Flow[list[Journal]]:
        """Become the one who migrates into this store, until `close`; gives the journals there are.

        What can no longer be undone is swept.

        Raises:
            DeadlineError: another process migrates, and did not end.
        """
        records = yield from self._reach()
        if records is None:
            return []
        terms = self._operations.terms()
        self._lock = yield from records.locked(terms)
        yield from records.prepare(terms)
        yield from records.fingerprints(terms, make=True)
        yield from records.sweep(self._now, terms)
        return (yield from records.journals(terms))

    def supersede(self, journals: Sequence[Journal], paths: Collection[str]) -> Flow[list[Journal]]:
        """The unfinished migrations that stay so, now that these files are to be migrated anew.

        One that was interrupted and leaves the files as they are is overtaken by the new one.

        Raises:
            ConflictError: one that changes them was interrupted.
        """
        unfinished = [journal for journal in journals if journal.stage is not Stage.DONE]
        for journal in unfinished[:]:
            if journal.paths.isdisjoint(paths):
                continue
            if journal.stage is Stage.UNDOING or journal.treatment is not Treatment.KEEP:
                raise ConflictError(
                    "a migration of these files was interrupted: nothing was migrated",
                    hint="`factorywager migrate --resume` goes on with it, --undo takes it back",
                )
            yield from self._own().reach(journal, Stage.DONE, self._operations.terms())
            unfinished.remove(journal)
        return unfinished

    def carry_out(self, plan: Plan, *, force: bool, tell: Tell) -> Flow[Journal | None]:
        """See `transaction.carry_out`."""
        return (yield from transaction.carry_out(self._ground(), plan, force=force, tell=tell))

    def resume(self, journals: Sequence[Journal], tell: Tell) -> Flow[tuple[Journal, list[Undone]]]:
        """Go on with the latest migration, or undoing of one, that was interrupted; the files that were put back.

        Raises:
            NotFoundError: none was.
        """
        unfinished = [journal for journal in journals if journal.stage is not Stage.DONE]
        if not unfinished:
            raise NotFoundError("no migration was interrupted")
        journal, records = unfinished[-1], self._own()
        prints = yield from records.fingerprints(self._operations.terms(), make=True)
        if journal.stage is Stage.UNDOING:
            return journal, (yield from undo(self._ground(), records, journal, prints, force=False, tell=tell))
        return (yield from transaction.resume(self._ground(), records, journal, prints, tell)), []

    def undo(
        self, journals: Sequence[Journal], paths: Collection[str], *, force: bool, tell: Tell
    ) -> Flow[tuple[Journal, list[Undone]]]:
        """Take back the latest migration, or the latest that one of these files took part in.

        Raises:
            NotFoundError: there is none.
        """
        fitting = [journal for journal in journals if not paths or not journal.paths.isdisjoint(paths)]
        if not fitting:
            raise NotFoundError(
                "there is no migration to undo",
                hint="it can be undone for 30 days, from the store it went to (--store)",
            )
        journal, records = fitting[-1], self._own()
        prints = yield from records.fingerprints(self._operations.terms(), make=True)
        return journal, (yield from undo(self._ground(), records, journal, prints, force=force, tell=tell))

    def forget(self, journals: Sequence[Journal], *, force: bool) -> Flow[int]:
        """Drop every record, and the key they were sealed under; how many migrations cannot be undone any more.

        Raises:
            ConflictError: one was interrupted, and ``force`` is false.
        """
        if not force and any(journal.stage is not Stage.DONE for journal in journals):
            raise ConflictError(
                "a migration was interrupted: nothing was forgotten",
                hint="--resume goes on with it, --undo takes it back, --forget --force leaves it as it is",
            )
        for journal in journals:
            yield from self._own().drop(journal, self._operations.terms())
        if self._records is not None:
            yield from self._records.rekey(self._operations.terms())
        return len(journals)

    def close(self) -> None:
        """Let others migrate."""
        if self._fresh is not None and self._fresh is not self._operations:
            self._fresh.store.close()
        if self._records is not None:
            self._records.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    # --- within -------------------------------------------------------------------------------

    def _reach(self) -> Flow[Records | None]:
        """The records of the store that serves; ``None`` for one that keeps nothing."""
        store = yield from self._operations.serving(self._operations.terms())
        if store.name == "memory":
            self._fresh = self._operations
        elif self._records is None:
            self._records = Records(store)
            self._fresh = self._another(store.name)
        return self._records

    def _own(self) -> Records:
        if self._records is None:
            raise NotFoundError("this store keeps no records of migrations")
        return self._records

    def _ground(self) -> Ground:
        assert self._fresh is not None  # `begin` came first
        return Ground(self._operations, self._fresh, self._records, self._now)
