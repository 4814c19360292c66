"""KeePass databases (``.kdbx``, versions 3 and 4), read by pykeepass; they cannot be rewritten in place.

How long a password is stretched stands in the file: one that asks for more than people do is refused, since it would
take hours, or all memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final

from ...errors import AuthenticationError, CorruptError, TooLongError
from .document import joined, needed
from .found import Found
from .nested import named

name = "keepass"

_MOST_MEMORY: Final = 1 << 30  # bytes, for Argon2; KeePassXC proposes 64 MiB
_MOST_PASSES: Final = 1000  # of Argon2; KeePassXC proposes fewer than 50
_MOST_ROUNDS: Final = 50_000_000  # of AES; a second's worth is some millions
_SIGNATURE: Final = b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5"


def recognizes(file: str) -> bool:
    """``.kdbx``."""
    return file.lower().endswith(".kdbx")


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Raises: AuthenticationError: without its password nothing can be read; see `unlock`."""
    if not raw.startswith(_SIGNATURE):
        raise CorruptError(f"{file}: this is no KeePass database")
    raise AuthenticationError(f"{file}: a KeePass database needs its password")


def unlock(raw: bytes, file: str, password: str | None, key_file: bytes | None = None) -> list[Found]:
    """Every field of every entry, as ``group.title.Password``; not the recycle bin's, nor earlier versions.

    Args:
        password: ``None`` for a database under a key file alone.
        key_file: its content.

    Raises:
        AuthenticationError: the password, or the key file, is wrong.
        CorruptError: it is damaged, or is no KeePass database.
        TooLongError: it asks for more work than is reasonable.
        UnavailableError: pykeepass is not installed.
    """
    if not raw.startswith(_SIGNATURE):
        raise CorruptError(f"{file}: this is no KeePass database")
    pykeepass = needed("pykeepass", "pykeepass")
    from pykeepass.exceptions import CredentialsError

    try:
        _check_work(pykeepass.PyKeePass(BytesIO(raw), decrypt=False), file)
        key = None if key_file is None else BytesIO(key_file)
        database = pykeepass.PyKeePass(BytesIO(raw), password=password, keyfile=key)
        return list(_founds(database))
    except CredentialsError:
        raise AuthenticationError(
            f"{file}: this password does not open it", hint="a database may need a key file too"
        ) from None
    except TooLongError:
        raise
    except Exception:  # noqa: BLE001 - pykeepass, construct and lxml each raise their own, and bare Exceptions
        raise CorruptError(f"{file}: this KeePass database is damaged") from None


def _check_work(database: Any, file: str) -> None:
    """Raises: TooLongError: opening it would take more time or memory than anyone would choose."""
    header = database.kdbx.header.value.dynamic_header
    if "kdf_parameters" in header:
        parameters = header.kdf_parameters.data.dict
        work = {label: entry.value for label, entry in parameters.items() if isinstance(entry.value, int)}
        passes, memory, rounds = work.get("I", 1), work.get("M", 0), work.get("R", 1)
    else:
        passes, memory, rounds = 1, 0, header.transform_rounds.data
    if memory > _MOST_MEMORY or passes > _MOST_PASSES or rounds > _MOST_ROUNDS:
        raise TooLongError(f"{file}: opening it would take more work than is reasonable")


def _founds(database: Any) -> Iterator[Found]:
    bin_ = database.recyclebin_group
    entries = [entry for entry in database.entries if bin_ is None or not _is_within(entry, bin_)]
    paths = named(".".join([*(part or "" for part in entry.path[:-1]), entry.title or ""]) for entry in entries)
    for path, entry in zip(paths, entries, strict=True):
        fields = {
            "UserName": entry.username,
            "Password": entry.password,
            "URL": entry.url,
            "Notes": entry.notes,
            "otp": entry.otp,
            **entry.custom_properties,
        }
        for label, value in fields.items():
            if value:
                yield Found(joined((*path, label)), value)


def _is_within(entry: Any, group: Any) -> bool:
    parent = entry.parentgroup
    while parent is not None:
        if parent.uuid == group.uuid:
            return True
        parent = parent.parentgroup
    return False
