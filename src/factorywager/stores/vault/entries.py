"""`Entries`: the vault's rows, and what may be done with them inside a transaction."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeAlias

from ...errors import CorruptError, StoreError, TooLongError
from ...model import Info, Ref, Secret
from ...model.locked import LockedBuffer
from ...protocols.vault import Sealer
from ..store import Version
from .engine import Engine
from .translate import STORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

Infos: TypeAlias = list[Info]  # inside the class, `list` is a verb
Versions: TypeAlias = list[Version]
Places: TypeAlias = list[tuple[Ref, int, int, int]]

VERSIONS_KEPT = 10
LONGEST_VALUE = 64 << 20  # bytes; SQLite's own limit is near 1 GB, with several copies in memory on the way


class Entries:
    """What a vault holds.  Times in the rows are microseconds since 1970, UTC."""

    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer

    # --- reading ------------------------------------------------------------------------------

    def get(self, ref: Ref) -> Secret | None:
        rows = self._engine.execute(
            "select e.revision, v.sealed, e.expires from entries e left join versions v"
            " on v.service = e.service and v.name = e.name and v.revision = e.revision"
            " where e.service = ? and e.name = ?",
            ref,
        )
        return self._opened(ref, *rows[0]) if rows else None

    def get_many(self, service: str, names: Sequence[str] | None) -> dict[str, Secret]:
        rows = self._engine.execute(
            "select e.name, e.revision, v.sealed, e.expires from entries e left join versions v"
            " on v.service = e.service and v.name = e.name and v.revision = e.revision"
            " where e.service = ? order by e.name",
            (service,),
        )
        wanted = None if names is None else set(names)
        return {name: self._opened(Ref(service, name), *row) for name, *row in rows if wanted is None or name in wanted}

    def exists(self, ref: Ref) -> bool:
        return bool(self._engine.execute("select 1 from entries where service = ? and name = ?", ref))

    def list(self, service: str | None) -> Infos:
        rows = self._engine.execute(
            "select service, name, created, modified, expires from entries"
            " where ?1 is null or service = ?1 order by service, name",
            (service,),
        )
        return [Info(owner, name, STORE, *map(_time, times)) for owner, name, *times in rows]

    def count(self) -> int:
        return int(self._engine.value("select count(*) from entries"))

    def expiry(self, ref: Ref) -> datetime | None:
        return _time(self._engine.value("select expires from entries where service = ? and name = ?", ref))

    def revision(self) -> int:
        """Grows with every change to the vault."""
        return int(self._engine.value("select revision from vault"))

    def revisions(self, service: str | None) -> dict[Ref, int]:
        """Every entry, and the vault's revision when it was last written."""
        rows = self._engine.execute(
            "select service, name, revision from entries where ?1 is null or service = ?1", (service,)
        )
        return {Ref(owner, name): revision for owner, name, revision in rows}

    def versions(self, ref: Ref) -> Versions:
        rows = self._engine.execute(
            "select v.number, v.written, v.revision = e.revision from versions v join entries e using (service, name)"
            " where v.service = ? and v.name = ? order by v.number",
            ref,
        )
        return [Version(number, _moment(written), bool(current)) for number, written, current in rows]

    def get_version(self, ref: Ref, number: int) -> Secret | None:
        rows = self._engine.execute(
            "select revision, sealed from versions where service = ? and name = ? and number = ?", (*ref, number)
        )
        return self._opened(ref, *rows[0]) if rows else None

    # --- writing ------------------------------------------------------------------------------

    def set(self, ref: Ref, value: Secret, expires: datetime | None) -> None:
        revision = self._next_revision()
        sealed = self._sealed(ref, revision, value)
        now = time.time_ns() // 1000
        number = self._engine.value(
            "select coalesce(max(number), 0) + 1 from versions where service = ? and name = ?", ref
        )
        self._engine.execute(
            "insert into entries (service, name, created, modified, expires, revision) values (?1, ?2, ?3, ?3, ?4, ?5)"
            " on conflict do update set modified = ?3, expires = ?4, revision = ?5",
            (*ref, now, _microseconds(expires), revision),
        )
        self._engine.execute("insert into versions values (?, ?, ?, ?, ?, ?)", (*ref, number, revision, now, sealed))
        self._engine.execute(
            "delete from versions where service = ? and name = ? and number <= ?", (*ref, number - VERSIONS_KEPT)
        )

    def delete(self, ref: Ref) -> bool:
        """Remove an entry and all its versions."""
        if not self.exists(ref):
            return False
        self._next_revision()
        self._engine.execute("delete from entries where service = ? and name = ?", ref)
        self._engine.execute("delete from versions where service = ? and name = ?", ref)
        return True

    def copy_to(self, other: Entries) -> None:
        """Put every row into an empty vault, each value sealed anew under the other's key."""
        engine = other._engine
        engine.execute("update vault set revision = ?", (self.revision(),))
        for row in self._engine.execute("select service, name, created, modified, expires, revision from entries"):
            engine.execute("insert into entries values (?, ?, ?, ?, ?, ?)", row)
        for ref, number, revision, written in self._rows():
            value = self._opened(ref, revision, self._sealed_at(ref, number))
            sealed = other._sealed(ref, revision, value)
            value.wipe()
            engine.execute("insert into versions values (?, ?, ?, ?, ?, ?)", (*ref, number, revision, written, sealed))

    # --- checking -----------------------------------------------------------------------------

    def damage(self) -> Iterator[str]:
        """What cannot be read, one sentence each; every value is opened."""
        try:
            with self._engine.reading():
                yield from self._found()
        except StoreError as error:
            yield str(error)

    # --- within -------------------------------------------------------------------------------

    def _found(self) -> Iterator[str]:
        yield from self._engine.damage()
        for ref, number, revision, _ in self._rows():
            try:
                self._opened(ref, revision, self._sealed_at(ref, number)).wipe()
            except CorruptError as error:
                yield str(error)
        lost = self._engine.execute(
            "select service, name from entries e where not exists (select 1 from versions v"
            " where v.service = e.service and v.name = e.name and v.revision = e.revision)"
        )
        yield from (f"{Ref(*row)} has no value" for row in lost)

    def _rows(self) -> Places:
        """Every version's place and number, revision and time; the values are read one by one."""
        rows = self._engine.execute(
            "select service, name, number, revision, written from versions order by service, name, number"
        )
        return [(Ref(service, name), number, revision, written) for service, name, number, revision, written in rows]

    def _sealed_at(self, ref: Ref, number: int) -> Any:
        return self._engine.value(
            "select sealed from versions where service = ? and name = ? and number = ?", (*ref, number)
        )

    def _next_revision(self) -> int:
        return int(self._engine.value("update vault set revision = revision + 1 returning revision"))

    def _sealed(self, ref: Ref, revision: int, value: Secret) -> bytes:
        view = value.bytes
        try:
            if len(view) > LONGEST_VALUE:
                raise TooLongError(
                    f"the value is longer than {LONGEST_VALUE >> 20} MiB",
                    hint="keep the file encrypted elsewhere, and its key here",
                    store=STORE,
                    service=ref.service,
                    name=ref.name,
                )
            sealed = self._sealer.seal(ref, revision, view)
        finally:
            view.release()
        # An asyncio caller that gave up has the value wiped while this thread still works with it: what was sealed
        # may be zeros by now.  This raises then, and the transaction is undone.
        value.bytes.release()
        return sealed

    def _opened(self, ref: Ref, revision: int, sealed: bytes | None, expires: int | None = None) -> Secret:
        try:
            buffer: LockedBuffer = self._sealer.open(ref, revision, sealed or b"")
        except CorruptError as error:
            error.store = STORE
            raise
        return Secret.adopt(buffer, _time(expires))


def _microseconds(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    from datetime import UTC, datetime, timedelta

    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _time(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _moment(microseconds)


def _moment(microseconds: int) -> datetime:
    from datetime import UTC, datetime, timedelta

    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
