"""Lists the entries of the service, or of all services with `--all`: names and dates, and values only on request.

With --all-writers also what other keepers of secrets wrote, and whose each entry is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import CorruptError
from ...model import Foreign, Info, Secret
from ..arguments import Parser
from ..session import Session

if TYPE_CHECKING:
    from datetime import datetime

SUMMARY = "list entries, without their values"

_OWN = "bun"  # what this library writes is what Bun writes, and cannot be told from it


class _Row(NamedTuple):
    """One entry, ours or another's.  ``value``: its text; ``None`` for one that is not text, or went away meanwhile."""

    entry: Info | Foreign
    value: str | None

    @property
    def writer(self) -> str:
        return self.entry.writer if isinstance(self.entry, Foreign) else _OWN

    @property
    def expires(self) -> datetime | None:
        return None if isinstance(self.entry, Foreign) else self.entry.expires


def arguments(parser: Parser) -> None:
    parser.add_argument("--all", action="store_true", help="the entries of every service")
    parser.add_argument(
        "--all-writers", action="store_true", help="what other programs wrote too, with whose each entry is"
    )
    parser.add_argument("--show", action="store_true", help="show the values too")


def run(session: Session) -> int:
    every = session.options.all
    rows = _rows(session, None if every else session.service)
    if session.options.json:
        session.output.json([_document(session, row) for row in rows])
    elif rows:
        session.output.table(*_table(session, rows))
    if not rows:
        whose = "the store" if every else f"service {session.service}"
        session.output.note(f"there are no entries in {whose} ({session.store})")
    return 0


def _rows(session: Session, service: str | None) -> list[_Row]:
    show = session.options.show
    infos = session.run(session.operations.list(service))
    values = _values(session, infos) if show else {}
    rows = [_Row(info, values.get((info.service, info.name))) for info in infos]
    if session.options.all_writers:
        for entry in session.run(session.operations.list_foreign(service)):
            rows.append(_Row(entry, _foreign_value(session, entry) if show else None))
        rows.sort(key=lambda row: (row.entry.service, row.entry.name, row.writer))
    return rows


def _values(session: Session, infos: list[Info]) -> dict[tuple[str, str], str | None]:
    found: dict[tuple[str, str], str | None] = {}
    for service in {info.service for info in infos}:
        for name, secret in session.run(session.operations.get_many(service)).items():
            found[service, name] = _text(session, service, name, secret)
    return found


def _foreign_value(session: Session, entry: Foreign) -> str | None:
    try:
        secret = session.run(session.operations.get_foreign(entry))
    except CorruptError as error:
        session.output.warning(str(error))
        return None
    return None if secret is None else _text(session, entry.service, entry.name, secret)


def _text(session: Session, service: str, name: str, secret: Secret) -> str | None:
    try:
        return secret.reveal()
    except CorruptError as error:
        session.output.warning(f"{service}/{name}: {error}")
        return None
    finally:
        secret.wipe()


def _document(session: Session, row: _Row) -> dict[str, Any]:
    document: dict[str, Any] = {
        "service": row.entry.service,
        "name": row.entry.name,
        "store": row.entry.store,
        "created": _iso(row.entry.created),
        "modified": _iso(row.entry.modified),
        "expires": _iso(row.expires),
    }
    if session.options.all_writers:
        document["writer"] = row.writer
    if session.options.show:
        document["value"] = row.value
    return document


def _table(session: Session, rows: list[_Row]) -> tuple[list[str], list[list[str]]]:
    options = session.options
    columns = {"NAME": [row.entry.name for row in rows]}
    if options.all:
        columns = {"SERVICE": [row.entry.service for row in rows]} | columns
    if options.all_writers:
        columns["WRITER"] = [row.writer for row in rows]
    columns["MODIFIED"] = [_local(row.entry.modified) for row in rows]
    columns["EXPIRES"] = [_local(row.expires) for row in rows]
    if options.show:
        columns["VALUE"] = [row.value or "?" for row in rows]
    return list(columns), [list(cells) for cells in zip(*columns.values(), strict=True)]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _local(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"
