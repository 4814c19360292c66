"""What the tests of migrations share: a file of many values, the three verbs on any store, and who dies when."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from dotenv import dotenv_values

from factorywager.flow.blocking import run
from factorywager.services.migration import source
from factorywager.services.migration.journal import Journal, Stage
from factorywager.services.migration.migrations import Migrations
from factorywager.services.migration.plan import Treatment
from factorywager.services.migration.selection import Selection, select
from factorywager.services.migration.transaction import Progress, Tell
from factorywager.services.operations import Operations
from factorywager.stores.store import Store

NOW = 1_800_000_000


def quietly(progress: Progress) -> None:
    """Tells nobody."""


def text(entries: int, salt: str) -> str:
    """A .env file of so many values, in every way of writing them, with comments that must stay."""
    ways = ("K{0}={1}\n", "export K{0}='{1} q'  # kept\n", '\nK{0}="{1}\\nsecond line"\n', "# K{0}\nK{0} = {1}\n")
    return "".join(ways[n % 4].format(n, f"made-up-{salt}-{n}-" + "x" * (n % 7)) for n in range(entries))


class Workshop(NamedTuple):
    """Migrations of one file into one store.

    Attributes:
        make: opens the store, anew each time.
        kills: how many the long selection makes: what fits into its time.
        alive, revive: whether the store's daemon runs, and how it is started again.
    """

    make: Callable[[], Store]
    file: Path
    service: str = "com.example.migrated"
    kills: int = 300
    alive: Callable[[], bool] = lambda: True
    revive: Callable[[], object] = lambda: None

    # --- the verbs ----------------------------------------------------------------------------

    def migrate(self, treatment: Treatment = Treatment.BLANK, tell: Tell = quietly, *, force: bool = False) -> None:
        def work(migrations: Migrations, journals: list[Journal]) -> None:
            read = run(source.read(str(self.file), None, self._operations().terms().deadline))
            run(migrations.supersede(journals, {str(self.file)}))
            plan = run(migrations.plan(self.service, select([read], Selection(every=True)), treatment))
            run(migrations.carry_out(plan, force=force, tell=tell))

        self._do(work)

    def resume(self, tell: Tell = quietly) -> bool:
        """Whether there was anything to go on with."""

        def work(migrations: Migrations, journals: list[Journal]) -> bool:
            if all(journal.stage is Stage.DONE for journal in journals):
                return False
            run(migrations.resume(journals, tell))
            return True

        return self._do(work)

    def undo(self, tell: Tell = quietly, *, force: bool = False) -> bool:
        """Whether there was anything to take back."""

        def work(migrations: Migrations, journals: list[Journal]) -> bool:
            if journals:
                run(migrations.undo(journals, (), force=force, tell=tell))
            return bool(journals)

        return self._do(work)

    def forget(self) -> int:
        return self._do(lambda migrations, journals: run(migrations.forget(journals, force=False)))

    def _do(self, work: Callable[[Migrations, list[Journal]], Any], now: int = NOW) -> Any:
        operations = self._operations()
        migrations = Migrations(operations, lambda _: self._operations(), now)
        try:
            return work(migrations, run(migrations.begin()))
        finally:
            migrations.close()
            operations.store.close()

    def _operations(self) -> Operations:
        return Operations(self.make(), timeout=60)

    # --- what there is ------------------------------------------------------------------------

    def held(self) -> dict[str, str]:
        """The store's entries, by variable."""
        operations = self._operations()
        try:
            found = run(operations.get_many(self.service))
            return {name.upper(): secret.reveal() for name, secret in found.items()}
        finally:
            operations.store.close()

    def in_file(self) -> dict[str, str]:
        return {name: value or "" for name, value in dotenv_values(self.file).items()}

    def lost(self, values: dict[str, str]) -> list[str]:
        """Names of the values that are neither in the file nor in the store."""
        file, held = self.in_file(), self.held()
        return [name for name, value in values.items() if value not in (file.get(name), held.get(name))]

    def left_over(self) -> list[str]:
        return [name for name in os.listdir(self.file.parent) if name != self.file.name]


# --- who dies ------------------------------------------------------------------------------------


def die_at(number: int) -> Tell:
    """Kills this process once it is told the ``number``-th thing."""
    left = number

    def tell(progress: Progress) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return tell
