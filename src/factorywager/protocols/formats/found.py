"""`Found`: one value of a file, and the place where it stands, so that the file can be rewritten without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol


class Place(NamedTuple):
    """Where a value is written.

    Attributes:
        begin, end: byte offsets in the file of what is to be replaced: the value as it is written, its quotes included.
        write: how another value is written there (quoted or escaped as that place needs it); raises
            `ArgumentValueError` for text that the format has no way to write.
    """

    begin: int
    end: int
    write: Callable[[str], bytes]


class Found(NamedTuple):
    """One value.

    Attributes:
        key: what the file calls it, unique within the file: ``API_TOKEN``, ``default.aws_secret_access_key``.
        value: as the tool that the file belongs to sees it.
        line: where it stands, counted from 1; ``None`` where the format has no lines.
        places: everywhere it is written; empty where the file cannot be rewritten in place (a KeePass database).
        remarks: what the user should know before it is taken, a sentence each, never with a value.
    """

    key: str
    value: str
    line: int | None = None
    places: tuple[Place, ...] = ()
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Found({self.key!r}, line={self.line})"


class Format(Protocol):
    """What each module of this room gives."""

    name: str

    def recognizes(self, file: str) -> bool:
        """Whether a file of this path is most likely one of this format."""
        ...

    def read(self, raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
        """All values of a file, in its order.

        Args:
            file: its name, for errors.
            environment: where ``${NAME}`` is looked up, in the formats that know it.

        Raises:
            CorruptError: it is not of this format; with file and line, never with what stands there.
        """
        ...


def rewritten(raw: bytes, changes: Iterable[tuple[Found, str]]) -> bytes:
    """The file with other values (``""`` blanks one) in these places and every other byte as it was.

    Raises:
        ArgumentValueError: the format cannot hold one of them.
    """
    parts: list[bytes] = []
    at = 0
    places = sorted(((place, text) for found, text in changes for place in found.places), key=lambda one: one[0][:2])
    for place, text in places:
        parts += [raw[at : place.begin], place.write(text)]
        at = place.end
    return b"".join([*parts, raw[at:]])


def ends_with(file: str, *paths: str) -> bool:
    """Whether a path ends in one of these, whole names only and whichever slashes it is written with."""
    slashed = "/" + file.replace("\\", "/")
    return any(slashed.endswith("/" + path) for path in paths)
