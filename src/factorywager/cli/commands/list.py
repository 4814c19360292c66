"""Lists the entries of the service, or of all services with `--all`: names and dates, and values only on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import CorruptError
from ...model import Info, Secret
from ..arguments import Parser
from ..session import Session

if TYPE_CHECKING:
    from datetime import datetime

SUMMARY = "list entries, without their values"


def arguments(parser: Parser) -> None:
    parser.add_argument("--all", action="store_true", help="the entries of every service")
    parser.add_argument("--show", action="store_true", help="show the values too")


def run(session: Session) -> int:
    every, show = session.options.all, session.options.show
    infos = session.run(session.operations.list(None if every else session.service))
    values = _values(session, infos) if show else {}
    if session.options.json:
        session.output.json([_document(info, show, values) for info in infos])
    elif infos:
        session.output.table(*_table(infos, every, show, values))
    if not infos:
        whose = "the store" if every else f"service {session.service}"
        session.output.note(f"there are no entries in {whose} ({session.store})")
    return 0


def _values(session: Session, infos: list[Info]) -> dict[tuple[str, str], str | None]:
    """The text of every value; ``None`` for one that is not text, or went away meanwhile."""
    found: dict[tuple[str, str], str | None] = {}
    for service in {info.service for info in infos}:
        for name, secret in session.run(session.operations.get_many(service)).items():
            found[service, name] = _text(session, service, name, secret)
    return found


def _text(session: Session, service: str, name: str, secret: Secret) -> str | None:
    try:
        return secret.reveal()
    except CorruptError as error:
        session.output.warning(f"{service}/{name}: {error}")
        return None
    finally:
        secret.wipe()


def _document(info: Info, show: bool, values: dict[tuple[str, str], str | None]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "service": info.service,
        "name": info.name,
        "store": info.store,
        "created": _iso(info.created),
        "modified": _iso(info.modified),
        "expires": _iso(info.expires),
    }
    if show:
        document["value"] = values.get((info.service, info.name))
    return document


def _table(
    infos: list[Info], every: bool, show: bool, values: dict[tuple[str, str], str | None]
) -> tuple[list[str], list[list[str]]]:
    heads = ["NAME", "MODIFIED", "EXPIRES"]
    rows = [[info.name, _local(info.modified), _local(info.expires)] for info in infos]
    if every:
        heads.insert(0, "SERVICE")
        for row, info in zip(rows, infos, strict=True):
            row.insert(0, info.service)
    if show:
        heads.append("VALUE")
        for row, info in zip(rows, infos, strict=True):
            row.append(values.get((info.service, info.name)) or "?")
    return heads, rows


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _local(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"
