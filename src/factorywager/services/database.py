"""`Database`: the guide's five credentials of a database, together, and the URL they make."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import ArgumentValueError, CorruptError, NotFoundError
from ..flow import Flow
from ..model import Secret
from ..model.locked import LockedBuffer
from . import catalogue
from .operations import Operations

FIELDS = ("host", "port", "user", "password", "database")

# RFC 3986, section 2.3
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HEX = b"0123456789ABCDEF"


class Database(NamedTuple):
    """Where a database is and how to be let in.  ``port`` is text, as it is stored."""

    host: str
    port: str
    user: str
    password: Secret
    database: str

    def url(self) -> Secret:
        """``postgresql://user:password@host:port/database`` with every part percent-encoded (libpq, section 34.1.1.2).

        The password goes from locked memory to locked memory.

        Raises:
            CorruptError: the stored port is no port.
        """
        if not is_port(self.port):
            raise CorruptError("db-port holds no port number", hint="store it again with `factorywager store-db`")
        with self.password.bytes as password:
            buffer = LockedBuffer(3 * len(password))
            buffer.shrink(_encode_into(buffer.view, password))
        before = f"postgresql://{_encoded(self.user)}:".encode()
        after = f"@{_authority(self.host)}:{self.port}/{_encoded(self.database)}".encode()
        whole = LockedBuffer(len(before) + len(buffer.view) + len(after))
        whole.view[: len(before)] = before
        whole.view[len(before) : len(whole.view) - len(after)] = buffer.view
        whole.view[len(whole.view) - len(after) :] = after
        buffer.wipe()
        return Secret.adopt(whole)


def is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535


def checked(field: str, text: str) -> str:
    """One of the fields that is not the password.

    Raises:
        ArgumentValueError: it is empty, or cannot be what it should be.
    """
    if not text:
        raise ArgumentValueError(f"the {field} is empty")
    if field == "port" and not is_port(text):
        raise ArgumentValueError("the port is not a number from 1 to 65535")
    if field == "host" and (not text.isprintable() or " " in text):
        raise ArgumentValueError("the host has a space or a control character in it")
    return text


def store(operations: Operations, service: str, given: Database) -> Flow[None]:
    """Write all five, as one change where the store can."""
    values = [given.password if field == "password" else Secret(getattr(given, field)) for field in FIELDS]
    return operations.set_many(service, dict(zip(catalogue.DATABASE, values, strict=True)))


def load(operations: Operations, service: str) -> Flow[Database]:
    """Read all five.

    Raises:
        NotFoundError: some are missing; the message says which.
    """
    found = yield from operations.get_many(service, catalogue.DATABASE)
    missing = [name for name in catalogue.DATABASE if name not in found]
    if missing:
        raise NotFoundError(
            f"there is no {', no '.join(missing)}",
            hint="store them with `factorywager store-db`",
            store=operations.store.name,
            service=service,
        )
    host, port, user, password, database = (found[name] for name in catalogue.DATABASE)
    return Database(host.reveal(), port.reveal(), user.reveal(), password, database.reveal())


def _authority(host: str) -> str:
    if ":" not in host:
        return _encoded(host)  # a socket's directory too: libpq wants its slashes encoded
    address, _, zone = host.partition("%")
    return f"[{address}%25{_encoded(zone)}]" if zone else f"[{address}]"  # RFC 6874


def _encoded(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _encode_into(target: memoryview, source: memoryview) -> int:
    """Percent-encode byte by byte; gives how many were written."""
    at = 0
    for byte in source:
        if byte in _UNRESERVED:
            target[at] = byte
            at += 1
        else:
            target[at : at + 3] = bytes((0x25, _HEX[byte >> 4], _HEX[byte & 15]))
            at += 3
    return at
