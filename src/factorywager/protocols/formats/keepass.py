"""KeePass databases (``.kdbx``, versions 3 and 4), read by pykeepass; they cannot be rewritten in place.

How long a password is stretched stands in the file: one that asks for more than people do is refused, since it would
take hours, or all memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from ...errors import AuthenticationError, CorruptError, TooLongError
from .document import joined, needed
from .found import Found
from .nested import named

if TYPE_CHECKING:
    from logging import LogRecord

name = "keepass"

_MOST_MEMORY: Final = 1 << 30  # bytes, for Argon2; KeePassXC proposes 64 MiB
_MOST_FILLED: Final = 32 << 30  # bytes, that Argon2 fills in all its passes; a second's worth is some GiB
_LEAST_MEMORY: Final = 8 << 10  # bytes
_MOST_ROUNDS: Final = 50_000_000  # of AES; a second's worth is some millions
_SIGNATURE: Final = b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5"

_complaints: ContextVar[list[str] | None] = ContextVar("_complaints", default=None)


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
        # any key will do for a look at the header; without one pykeepass would do the work before it can be refused
        _check_work(pykeepass.PyKeePass(BytesIO(raw), transformed_key=bytes(32), decrypt=False), file)
        key = None if key_file is None else BytesIO(key_file)
        with _listening() as complaints:
            database = pykeepass.PyKeePass(BytesIO(raw), password=password, keyfile=key)
        if complaints:
            raise CorruptError(f"{file}: a protected value of this KeePass database is damaged")
        return list(_founds(database))
    except CredentialsError:
        raise AuthenticationError(
            f"{file}: this password does not open it", hint="a database may need a key file too"
        ) from None
    except (CorruptError, TooLongError):
        raise
    except Exception:  # noqa: BLE001 - pykeepass, construct and lxml each raise their own, and bare Exceptions
        raise CorruptError(f"{file}: this KeePass database is damaged") from None


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What pykeepass logs meanwhile: of a value that it cannot decrypt it says so there, and gives the ciphertext."""
    import logging

    def hear(record: LogRecord) -> bool:
        here = _complaints.get()
        if here is None:  # another thread's
            return True
        here.append(record.getMessage())
        return False

    log = logging.getLogger("pykeepass.kdbx_parsing.common")
    heard: list[str] = []
    token = _complaints.set(heard)
    log.addFilter(hear)
    try:
        yield heard
    finally:
        log.removeFilter(hear)
        _complaints.reset(token)


def _check_work(database: Any, file: str) -> None:
    """Raises: TooLongError: opening it would take more time or memory than anyone would choose."""
    header = database.kdbx.header.value.dynamic_header
    if "kdf_parameters" in header:
        parameters = header.kdf_parameters.data.dict
        work = {label: entry.value for label, entry in parameters.items() if isinstance(entry.value, int)}
        passes, memory, rounds = work.get("I", 1), work.get("M", 0), work.get("R", 1)
    else:
        passes, memory, rounds = 1, 0, header.transform_rounds.data
    filled = passes * max(memory, _LEAST_MEMORY)
    if memory > _MOST_MEMORY or filled > _MOST_FILLED or rounds > _MOST_ROUNDS:
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
