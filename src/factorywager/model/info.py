"""`Info`, `Foreign` and `Change`: what may be said about an entry without reading its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from .ref import Ref

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


class Foreign(NamedTuple):
    """One entry that another keeper of secrets wrote, in a form of its own.  Never holds a value.

    Attributes:
        writer: whose form it has: ``python-keyring``, ``keytar``, ``go-keyring``, ``keyring-rs``.
        name: what that writer calls account or user name.
        handle: how the store finds it again: an item's path, a credential's target.
        created, modified: as in `Info`.
    """

    writer: str
    service: str
    name: str
    store: str
    handle: str
    created: datetime | None = None
    modified: datetime | None = None

    @property
    def ref(self) -> Ref:
        """The entry it would be here."""
        return Ref(self.service, self.name)


class Change(NamedTuple):
    """One change that another process, or this one, made to a store; what ``watch`` yields."""

    kind: Literal["created", "changed", "deleted"]
    service: str
    name: str
    store: str
