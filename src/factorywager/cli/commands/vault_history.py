"""Lists the versions of an entry that the vault keeps, without their values; `vault restore` brings one back."""

from __future__ import annotations

from ...errors import NotFoundError
from ..arguments import Parser
from ..session import Session

SUMMARY = "list an entry's versions"


def arguments(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the entry")


def run(session: Session) -> int:
    ref = session.ref(session.options.name)
    versions = session.run(session.vault.versions(ref, session.terms()))
    if not versions:
        raise NotFoundError(
            "there is no such entry",
            hint=f"`factorywager list --store vault --service {ref.service}` shows what there is",
            store=session.vault.name,
            service=ref.service,
            name=ref.name,
        )
    if session.options.json:
        session.output.json(
            [
                {
                    "version": version.number,
                    "written": version.written.isoformat(timespec="seconds"),
                    "current": version.current,
                }
                for version in versions
            ]
        )
    else:
        rows = [
            [str(version.number), f"{version.written.astimezone():%Y-%m-%d %H:%M:%S}", "*" * version.current]
            for version in versions
        ]
        session.output.table(["VERSION", "WRITTEN", "CURRENT"], rows)
    return 0
