"""What a store is: three methods, and small abilities that a store has or does not have.

Every method is a flow.  Every failure is one of ``errors.py``, named after what happened to *this* call:

- ``get`` gives ``None`` only when the store was readable and the entry is not in it.
- ``set`` returns only when the store has acknowledged the value.
- ``delete`` gives ``True`` when it removed something, ``False`` when there was nothing to remove.
- a locked store is `LockedError`, `InteractionNotAllowedError` or `CanceledError`, never "missing";
- past ``terms.deadline`` every method raises `DeadlineError`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, runtime_checkable

from ..errors import StoreError
from ..flow import Deadline, Flow
from ..model import Change, Foreign, Info, Ref, Secret

if TYPE_CHECKING:
    from datetime import datetime


class Terms(NamedTuple):
    """The conditions an operation runs under.

    Attributes:
        deadline: when it gives up.
        interactive: whether the store may put a prompt before the user.
    """

    deadline: Deadline
    interactive: bool


class Options(NamedTuple):
    """What ``set`` may be told besides the value; a store ignores what its platform does not have.

    Attributes:
        persist: Windows: this machine only, or roaming with the user (``CRED_PERSIST_*``).
        unrestricted: macOS: let any program of the user read it without a prompt.
        expires: aware time after which reading warns; only stores that are `KeepsExpiry` keep it.
    """

    persist: Literal["local", "enterprise"] = "enterprise"
    unrestricted: bool = False
    expires: datetime | None = None


class Store(Protocol):
    """The least a store can do."""

    @property
    def name(self) -> str:
        """As ``--store`` and errors spell it: ``vault``, ``secret-service``."""
        ...

    def get(self, ref: Ref, terms: Terms) -> Flow[Secret | None]: ...

    def set(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[None]: ...

    def delete(self, ref: Ref, terms: Terms) -> Flow[bool]: ...

    def close(self) -> None:
        """Give back connections and wipe keys.  The store opens again when it is next used."""
        ...


@runtime_checkable
class Lists(Protocol):
    """Can say what it holds, from the store itself and not from a list of known names."""

    def list(self, service: str | None, terms: Terms) -> Flow[list[Info]]: ...


@runtime_checkable
class ReadsMany(Protocol):
    """Can read a whole service in fewer steps than one by one; names that are absent are left out."""

    def get_many(self, service: str, names: Sequence[str] | None, terms: Terms) -> Flow[dict[str, Secret]]: ...


@runtime_checkable
class WritesMany(Protocol):
    """Can write several entries of a service as one change: all of them, or none."""

    def set_many(self, service: str, values: Mapping[str, Secret], terms: Terms, options: Options) -> Flow[None]: ...


@runtime_checkable
class WritesEach(Protocol):
    """Can write several entries at a time, each for itself: some may be stored when others are not."""

    def set_each(
        self, service: str, values: Mapping[str, Secret], terms: Terms, options: Options
    ) -> Flow[dict[str, StoreError | None]]:
        """What became of each: ``None`` for those that the store has acknowledged."""
        ...


@runtime_checkable
class Probes(Protocol):
    """Can tell whether an entry exists without reading its value."""

    def exists(self, ref: Ref, terms: Terms) -> Flow[bool]: ...


@runtime_checkable
class Creates(Protocol):
    """Can write an entry only if it is absent, as one step; gives whether it did."""

    def create(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[bool]: ...


@runtime_checkable
class CreatesMany(Protocol):
    """Can write those of several entries that are absent, as one change; gives the names of those that were there."""

    def create_many(
        self, service: str, values: Mapping[str, Secret], terms: Terms, options: Options
    ) -> Flow[Sequence[str]]: ...


@runtime_checkable
class KeepsExpiry(Protocol):
    """Keeps ``Options.expires`` with an entry, and tells it in ``Secret.expires``."""

    keeps_expiry: bool


@runtime_checkable
class Limited(Protocol):
    """Cannot hold every entry, and refuses what it cannot hold before it changes anything.

    Attributes:
        longest_value: bytes; a longer value is a `TooLongError`.
        shares_places: whether two entries have one place when ``service/name`` differs in capitals only, or in where
            the slash stands; while the one is there, every verb on the other is a `ConflictError`.
    """

    longest_value: int
    shares_places: bool


class Pulse(Protocol):
    """Tells whether a store may have changed.

    Attributes:
        beat: differs after every change to the store from what it, or another pulse of the store's, was before;
            NaN, which differs even from itself, while nothing can be heard of changes.
    """

    @property
    def beat(self) -> float: ...

    def close(self) -> None: ...


@runtime_checkable
class Coherent(Protocol):
    """Can tell of changes so cheaply that values may be kept between them."""

    def pulse(self, terms: Terms) -> Flow[Pulse | None]:
        """A pulse that begins now; ``None`` where this store's changes cannot be relied on to be heard."""
        ...


class Watch(Protocol):
    """A running subscription."""

    def next(self) -> Flow[Change]:
        """The next change, however long that takes."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Watches(Protocol):
    """Can tell of changes that others make."""

    def watch(self, service: str | None, terms: Terms) -> Flow[Watch]: ...


class Version(NamedTuple):
    """One earlier value of an entry.  ``number`` counts up from 1 and is never used twice for an entry."""

    number: int
    written: datetime
    current: bool


@runtime_checkable
class KeepsVersions(Protocol):
    """Keeps earlier values of an entry."""

    def versions(self, ref: Ref, terms: Terms) -> Flow[list[Version]]: ...

    def get_version(self, ref: Ref, number: int, terms: Terms) -> Flow[Secret | None]: ...


@runtime_checkable
class KnowsWriters(Protocol):
    """Recognises what other keepers of secrets wrote in it; reads and removes it, and never writes as they do."""

    def list_foreign(self, service: str | None, terms: Terms) -> Flow[list[Foreign]]:
        """Entries in other writers' forms, of one service or of all; ours and Bun's are none of them."""
        ...

    def get_foreign(self, wanted: Foreign, terms: Terms) -> Flow[Secret | None]:
        """The value as UTF-8, whatever encoding its writer uses; ``None`` where the entry is gone.

        Raises:
            CorruptError: the value is not what that writer writes.
        """
        ...

    def delete_foreign(self, wanted: Foreign, terms: Terms) -> Flow[bool]: ...


class Finding(NamedTuple):
    """One thing that `factorywager doctor` says about a store.

    Attributes:
        state: ``ok``, ``note`` (worth knowing), ``problem`` (something will not work).
        what: the thing looked at, in a word or two: ``session bus``, ``key mode``.
        detail: what was seen.
        hint: what to do about it, for notes and problems.
    """

    state: Literal["ok", "note", "problem"]
    what: str
    detail: str
    hint: str | None = None


@runtime_checkable
class Diagnoses(Protocol):
    """Can examine itself; never raises for what it finds, and changes nothing."""

    def examine(self, terms: Terms) -> Flow[list[Finding]]: ...
