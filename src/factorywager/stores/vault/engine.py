"""`Engine`: the encrypted database file, its one connection, and its transactions.

SQLite with SQLite3 Multiple Ciphers; why these settings: docs/adr/0002-vault-engine.md.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from ...errors import CorruptError, UnavailableError
from ...flow import Deadline
from ...model.locked import LockedBuffer
from .home import check_private, create_private
from .translate import STORE, translate

if TYPE_CHECKING:
    import apsw

Row: TypeAlias = tuple[Any, ...]

_APPLICATION = 0x66775661  # "fwVa"
_SCHEMA_VERSION = 1

_LONGEST_PAUSE = 0.005  # seconds between two tries for a lock

_SCHEMA = """
create table vault (identity text not null, revision integer not null) strict;
create table entries (
    service text not null, name text not null,
    created integer not null, modified integer not null, expires integer,
    revision integer not null,
    primary key (service, name)
) without rowid, strict;
create table versions (
    service text not null, name text not null, number integer not null,
    revision integer not null, written integer not null, sealed blob not null,
    primary key (service, name, number)
) without rowid, strict;
"""


class Engine:
    """One connection.  Not for two threads at once, never for a forked child.

    Raises (every method): whatever `translate` makes of the engine's errors.
    """

    def __init__(self, path: str, key: LockedBuffer, deadline: Deadline) -> None:
        self.path = path
        self._connection = _connect(path)
        self._patience = _Patience(deadline)
        self._connection.set_busy_handler(self._patience)
        with self._translated():
            # `can_cache`: the statement holds the key, and apsw keeps statements for their next use.
            # A raw key skips the engine's own key derivation, which ours has done.
            self._connection.execute("pragma cipher='chacha20'")
            self._connection.execute(f"pragma key='raw:{key.view.hex()}'", can_cache=False)
            self._connection.execute(
                "pragma journal_mode=truncate; pragma synchronous=full; pragma secure_delete=on;"
                "pragma temp_store=memory; pragma trusted_schema=off; pragma cell_size_check=on"
            ).fetchall()  # apsw runs several statements only as far as their rows are fetched

    @classmethod
    def create(cls, path: str, key: LockedBuffer, identity: str, deadline: Deadline) -> Engine:
        """Make the file, which must not exist, and its tables."""
        _apsw()  # before there is anything to clean up
        try:
            create_private(path, b"")  # SQLite itself would make it 0644; its journal takes over the mode
        except FileExistsError as error:
            raise translate(error, path) from None
        engine = cls(path, key, deadline)
        with engine._translated():
            engine._connection.execute("pragma auto_vacuum=full")  # before the first table, or not at all
        with engine.writing():
            engine.execute(_SCHEMA)
            engine.execute("insert into vault values (?, 0)", (identity,))
            engine.execute(f"pragma application_id={_APPLICATION}; pragma user_version={_SCHEMA_VERSION}")
        return engine

    @classmethod
    def open(cls, path: str, key: LockedBuffer, identity: str, deadline: Deadline) -> Engine:
        """Open the file of the vault ``identity``.

        Raises:
            FileNotFoundError: there is none.
            CorruptError: it is damaged, or another vault's.
        """
        try:
            check_private(path)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise translate(error, path) from None
        engine = cls(path, key, deadline)
        try:
            # An empty file passes for a new database under any key: only our own marks tell it from a vault.
            if engine.value("pragma application_id") != _APPLICATION or engine.value("pragma user_version") != 1:
                raise CorruptError(f"{path} is not a vault's database", hint="restore it from a backup", store=STORE)
            if engine.value("select identity from vault") != identity:
                raise CorruptError(f"{path} is another vault's", hint="restore it from a backup", store=STORE)
        except BaseException:
            engine.close()
            raise
        return engine

    def wait_until(self, deadline: Deadline) -> None:
        """From now on, wait for other processes' locks until ``deadline``."""
        self._patience.deadline = deadline

    def execute(self, sql: str, values: Row = ()) -> list[Row]:
        with self._translated():
            return self._connection.execute(sql, values).fetchall()

    def value(self, sql: str, values: Row = ()) -> Any:
        """The first column of the first row, or ``None``."""
        rows = self.execute(sql, values)
        return rows[0][0] if rows else None

    def changes(self) -> int:
        """A number that is another one after every commit, another connection's or our own.

        ``data_version`` counts what others commit (it reads SQLite's change counter), ``total_changes`` our own rows.
        """
        return int(self.value("pragma data_version")) << 40 | self._connection.total_changes()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, from the start the only writer: committed at the end of the block, or undone."""
        self.execute("begin immediate")
        try:
            yield
            self.execute("commit")
        except BaseException:
            self._undo()
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Several reads of one and the same state."""
        self.execute("begin")
        try:
            yield
        finally:
            self._undo()

    def damage(self) -> Iterable[str]:
        """What is wrong with the file, read whole: every page is authenticated as it is read.

        ``auto_vacuum`` leaves no free pages, so every page belongs to a table and is visited.
        """
        return [str(row[0]) for row in self.execute("pragma integrity_check") if row[0] != "ok"]

    def close(self) -> None:
        self._connection.close(True)  # True: a forced close raises nothing

    def abandon(self) -> None:
        """Leave the connection as it is, for ever: it is the parent process's.

        To close it, or to have it collected, would undo on disk what the parent is writing.
        """
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))

    def _undo(self) -> None:
        if self._connection.in_transaction:
            with suppress(Exception):  # what made the transaction fail is the error worth telling
                self._connection.execute("rollback")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _apsw().Error as error:
            raise translate(error, self.path, self._connection.system_errno) from None


class _Patience:
    """Decides whether to try for a lock again.

    SQLite's own busy timeout pauses for up to 100 ms, and so starves one process where others write without end.
    """

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline

    def __call__(self, tries: int) -> bool:
        if self.deadline.passed:
            return False
        import random  # 3 ms at start-up, for the rare case

        # not all at the same moment, and soon: a commit takes less than a millisecond
        time.sleep(min(_LONGEST_PAUSE, 0.0002 * (tries + 1)) * (0.5 + random.random()))  # noqa: S311
        return True


def _connect(path: str) -> apsw.Connection:
    apsw = _apsw()
    try:
        # NOFOLLOW: a symbolic link put in the file's place must not lead elsewhere
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_NOFOLLOW
        return apsw.Connection(path, flags=flags)  # type: ignore[no-any-return]
    except apsw.Error as error:
        raise translate(error, path) from None


def _apsw() -> Any:
    try:
        import apsw
    except ImportError:
        apsw = None  # type: ignore[assignment]
    # Plain `apsw` installs over the same module name; with it, encryption would silently be off.
    if not hasattr(apsw, "mc_version"):
        raise UnavailableError(
            "the vault's engine is not installed" if apsw is None else "apsw is installed without encryption",
            hint="run: pip uninstall -y apsw; pip install --force-reinstall apsw-sqlite3mc",
            store=STORE,
        )
    return apsw
