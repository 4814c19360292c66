"""`Info` and `Change`: what may be said about an entry without reading its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:  # 3 ms at start-up that reading one secret need not pay
    from datetime import datetime


class Info(NamedTuple):
    """One entry as ``list`` shows it.  Never holds a value.

    Attributes:
        created, modified: aware, UTC, or ``None`` where the store does not keep them.
        expires: aware, UTC; only the vault keeps it.
    """

    service: str
    name: str
    store: str
    created: datetime | None = None
    modified: datetime | None = None
    expires: datetime | None = None


class Change(NamedTuple):
    """One change that another process, or this one, made to a store; what ``watch`` yields."""

    kind: Literal["created", "changed", "deleted"]
    service: str
    name: str
    store: str
