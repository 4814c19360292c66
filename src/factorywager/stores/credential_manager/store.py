"""`CredentialManagerStore`: entries in Windows Credential Manager, exactly as Bun writes them (semantics §2)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from ...flow import Deadline, Flow, Work
from ...model import Foreign, Info, Ref, Secret
from ..store import Finding, Options, Terms, Watch
from . import advapi, entry
from .translate import STORE, translate

if TYPE_CHECKING:
    from ..snapshots import Snapshot

T = TypeVar("T")

Infos: TypeAlias = list[Info]  # inside the class, `list` is a method
Foreigners: TypeAlias = list[Foreign]

_PERSIST: Final = {"local": advapi.LOCAL_MACHINE, "enterprise": advapi.ENTERPRISE}

_NO_LOGON_SESSION: Final = 1312  # ERROR_NO_SUCH_LOGON_SESSION


class CredentialManagerStore:
    """The user's own credential set.  Nothing is kept open between calls."""

    name = STORE
    longest_value = advapi.LONGEST_BLOB
    shares_places = True

    # --- the store ----------------------------------------------------------------------------

    def get(self, ref: Ref, terms: Terms) -> Flow[Secret | None]:
        return _work(lambda: _read(ref, terms.deadline), terms)

    def set(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[None]:
        def act() -> None:
            with value.bytes as view:
                entry.check_length(view)
                with _borrowed(ref, terms.deadline) as before:
                    comment = "" if before is not None and before.comment else None
                    advapi.write(entry.target(ref), ref.name, view, _PERSIST[options.persist], comment)

        return _work(act, terms)

    def delete(self, ref: Ref, terms: Terms) -> Flow[bool]:
        def act() -> bool:
            with _borrowed(ref, terms.deadline) as credential:
                return credential is not None and advapi.delete(entry.target(ref))

        return _work(act, terms)

    def close(self) -> None:
        pass

    def reach(self, terms: Terms) -> Flow[str]:
        """Ask what this logon session can keep; raises `UnavailableError` where that is nothing."""

        def act() -> str:
            if advapi.longest_persistence() < advapi.LOCAL_MACHINE:
                raise translate(_NO_LOGON_SESSION)
            return "Windows Credential Manager keeps this logon session's credentials"

        return _work(act, terms)

    # --- abilities ----------------------------------------------------------------------------

    def exists(self, ref: Ref, terms: Terms) -> Flow[bool]:
        def act() -> bool:
            with _borrowed(ref, terms.deadline) as credential:
                return credential is not None

        return _work(act, terms)

    def get_many(self, service: str, names: Sequence[str] | None, terms: Terms) -> Flow[dict[str, Secret]]:
        """One call for a whole service; one for each name, and no switch of threads between them, for some of it."""

        def act() -> dict[str, Secret]:
            if names is None:
                with _enumerated(service) as found:
                    return {ref.name: entry.value(credential) for ref, credential in found.items()}
            values = {name: _read(Ref(service, name), terms.deadline) for name in names}
            return {name: value for name, value in values.items() if value is not None}

        return _work(act, terms)

    def watch(self, service: str | None, terms: Terms) -> Flow[Watch]:
        """Windows has no signal for it: every look reads all there is, values included, and wipes it."""
        import os

        from ..snapshots import SnapshotWatch

        key = os.urandom(16)  # so that a fingerprint tells nothing about the value

        def act() -> Snapshot:
            with _enumerated(service) as found:
                return {ref: credential.fingerprint(key) for ref, credential in found.items()}

        def look() -> Flow[Snapshot]:
            return _work(act, Terms(Deadline(terms.deadline.seconds), terms.interactive))

        watch = SnapshotWatch(self.name, look)
        yield from watch.start()
        return watch

    def examine(self, terms: Terms) -> Flow[list[Finding]]:
        from .examine import examine

        return examine(self.reach(terms), self.list(None, terms))

    def list(self, service: str | None, terms: Terms) -> Flow[Infos]:
        def act() -> Infos:
            with _enumerated(service) as found:
                return [
                    Info(ref.service, ref.name, STORE, modified=entry.moment(credential.written))
                    for ref, credential in sorted(found.items(), key=lambda pair: pair[0])
                ]

        return _work(act, terms)

    # --- other writers' -----------------------------------------------------------------------

    def list_foreign(self, service: str | None, terms: Terms) -> Flow[Foreigners]:
        from .writers import list_foreign

        return _work(lambda: list_foreign(service), terms)

    def get_foreign(self, wanted: Foreign, terms: Terms) -> Flow[Secret | None]:
        from .writers import read_foreign

        def act() -> Secret | None:
            with _alone(wanted.handle, terms.deadline):
                return read_foreign(wanted)

        return _work(act, terms)

    def delete_foreign(self, wanted: Foreign, terms: Terms) -> Flow[bool]:
        from .writers import delete_foreign

        def act() -> bool:
            with _alone(wanted.handle, terms.deadline):
                return delete_foreign(wanted)

        return _work(act, terms)


def _work(function: Callable[[], T], terms: Terms) -> Flow[T]:
    """``function`` as a flow, on a worker thread in asyncio: each call waits for the local security authority."""

    def act() -> T:
        if terms.deadline.passed:
            raise terms.deadline.error("Windows Credential Manager was not reached")
        return function()

    result: T = yield Work(act, terms.deadline)
    return result


def _read(ref: Ref, deadline: Deadline) -> Secret | None:
    with _borrowed(ref, deadline) as credential:
        return None if credential is None else entry.value(credential)


@contextmanager
def _borrowed(ref: Ref, deadline: Deadline) -> Iterator[advapi.Credential | None]:
    """The entry's credential, to this thread alone.

    Raises:
        ConflictError: another entry has its target.
        TooLongError: there can be none.
    """
    target = entry.target(ref)
    with _alone(target, deadline), advapi.read(target) as credential:
        if credential is not None:
            entry.check(credential, ref)
        yield credential


@contextmanager
def _enumerated(service: str | None) -> Iterator[dict[Ref, advapi.Credential]]:
    """The credentials that are entries, of one service or of all."""
    with advapi.enumerate_credentials(entry.pattern(service)) as credentials:
        found = ((entry.ref(credential), credential) for credential in credentials)
        yield {ref: each for ref, each in found if ref is not None and service in (None, ref.service)}


# Windows carries out calls on one credential in no certain order when they come from several threads at once
# (semantics §3).  A fixed number of locks: two entries that share one wait for each other for a moment.
_locks: Final = tuple(threading.Lock() for _ in range(64))


@contextmanager
def _alone(target: str, deadline: Deadline) -> Iterator[None]:
    """No other thread of this process uses the credential meanwhile."""
    lock = _locks[hash(target.casefold()) % len(_locks)]
    remaining = deadline.remaining()
    if not lock.acquire(timeout=-1 if remaining is None else remaining):
        raise deadline.error("another thread was using the entry")
    try:
        yield
    finally:
        lock.release()
