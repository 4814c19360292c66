"""Which credential is which entry: `target` there, `ref` back, and what may not pass for an entry's value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...errors import ConflictError, CorruptError, TooLongError
from ...model import Ref, Secret
from ...model.locked import LockedBuffer
from .advapi import GENERIC, LONGEST_BLOB, LONGEST_TARGET, LONGEST_USER, Credential
from .translate import SEALED_HINT, STORE

if TYPE_CHECKING:
    from datetime import datetime

# python-keyring's mark on what it writes (keyring.backends.Windows)
KEYRING_COMMENT: Final = "Stored using python-keyring"


def target(ref: Ref) -> str:
    """The target of an entry's credential.

    Raises:
        TooLongError: Windows cannot have such a credential.
    """
    name = str(ref)
    if _units(name) > LONGEST_TARGET:
        raise TooLongError(
            f"service and name have more than {LONGEST_TARGET - 1:,} characters together", hint="choose shorter ones"
        )
    if _units(ref.name) > LONGEST_USER:
        raise TooLongError(f"the name has more than {LONGEST_USER} characters", hint="choose a shorter one")
    return name


def pattern(service: str | None) -> str | None:
    """What `enumerate_credentials` finds a service's credentials by, among others; ``None`` for all there are."""
    # a second asterisk has no meaning that is written down
    return None if service is None or "*" in service or _units(service) > LONGEST_TARGET - 2 else f"{service}/*"


def ref(credential: Credential) -> Ref | None:
    """The entry that a credential is; ``None`` for those that are none of Bun's or ours."""
    target, name = credential.target, credential.user
    if credential.type != GENERIC or not target or not name or not target.endswith(f"/{name}"):
        return None
    service = target[: -len(name) - 1]
    try:
        target.encode()
    except UnicodeEncodeError:  # half a character, which Windows does not mind
        return None
    return Ref(service, name) if service else None


def check(credential: Credential, wanted: Ref) -> None:
    """Refuse a credential that only has the target of the entry that is wanted.

    (``a/b``, ``c``) and (``a``, ``b/c``) have one target, and targets are compared without regard to case.

    Raises:
        ConflictError: it is another entry's.
    """
    if credential.target == str(wanted) and credential.user == wanted.name:
        return
    owner = f"is {credential.target!r} of the user name {credential.user!r}" if credential.user else "has no user name"
    raise ConflictError(
        f"another credential is in this entry's place: it {owner}",
        hint="choose another service or name: Windows keeps one credential for each `service/name`, in any spelling "
        "of capitals and wherever the slash stands; Credential Manager in the Control Panel shows them",
        store=STORE,
    )


def value(credential: Credential) -> Secret:
    """The value, moved into locked memory.

    Raises:
        CorruptError: another program wrote it as UTF-16.
    """
    blob = credential.take()
    if credential.comment == KEYRING_COMMENT or _has_nul(blob):
        blob.wipe()
        raise CorruptError(
            "another program wrote this value, as UTF-16 (python-keyring, cmdkey and .NET do)",
            hint="read it with the program that wrote it; `factorywager set` replaces it",
            store=STORE,
        )
    return Secret.adopt(blob)


def check_length(view: memoryview) -> None:
    """Refuse what Windows would refuse with a number.

    Raises:
        TooLongError: more than `LONGEST_BLOB` bytes.
    """
    if len(view) > LONGEST_BLOB:
        raise TooLongError(f"a Windows credential has at most {LONGEST_BLOB:,} bytes", hint=SEALED_HINT, store=STORE)


def _has_nul(blob: LockedBuffer) -> bool:
    """No value of Bun's or ours has one; UTF-16 has, in every text with a letter of Latin script or an ASCII sign."""
    return 0 in blob.view


def _units(text: str) -> int:
    """Windows counts in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def moment(written: int) -> datetime | None:
    """A FILETIME as a time; ``None`` for none."""
    if not written:
        return None
    from datetime import UTC, datetime, timedelta

    return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=written // 10)
