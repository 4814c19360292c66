"""`Searcher`: finds any number of values, in all their disguises, in one pass over the bytes.

A multi-pattern engine looks for an *anchor* of each form: the form itself, or two pieces from its middle.  An anchor
that was seen is compared with the whole form, which lies in locked memory; encodings that are often wrapped (base64 in
lines of 64 or 76) and values of several lines (indented, in YAML) are compared without regard to white space.

The engine keeps the anchors, so at most 32 bytes of each form, in ordinary memory that it cannot wipe (SECURITY.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ...errors import PlatformError
from ...model.locked import LockedBuffer
from ...protocols.disguises import disguises

if TYPE_CHECKING:
    from .needles import Needle

_PIECE: Final = 16  # bytes
_WHOLE: Final = 2 * _PIECE  # the longest form that is its own anchor
_LONGEST: Final = 8192  # bytes of a form that are compared; of a longer one, those around its middle
_WHITE: Final = b" \t\r\n"

_LOOSE: Final = frozenset({"plain", "base64", "base64url", "hex"})  # compared without regard to white space
_WRAPPED: Final = _LOOSE - {"plain"}
_SHORTEST_WRAPPED: Final = 16  # bytes of a form; the halves of a shorter one would be seen everywhere
_FARTHEST: Final = 256  # bytes that are looked at around a hit to see what it is part of

_HOW_TO_INSTALL: Final = "pip install 'factorywager[scan]'"


class Hit(NamedTuple):
    """A value that was seen.

    Attributes:
        needle: the index of the needle.
        kind: its disguise, as `disguises` names them; ``url`` for a password in a URL and ``basic-auth`` for one in
            an HTTP header.
        begin, end: offsets in what was searched.
    """

    needle: int
    kind: str
    begin: int
    end: int


class _Form(NamedTuple):
    """One form of one value.  ``place`` is where it lies in the locked memory."""

    needle: int
    kind: str
    place: slice


class _Anchor(NamedTuple):
    """A part of a form: ``offset`` bytes from its beginning."""

    form: _Form
    offset: int
    length: int


class Searcher:
    """The needles, made ready for the search.

    Attributes:
        reach: how many bytes before and behind an anchor can matter.
        locked: whether the kernel agreed to keep the forms out of swap.

    Raises:
        PlatformError: the engine is not installed.
    """

    def __init__(self, needles: Sequence[Needle]) -> None:
        found = list(_forms(needles))
        self._memory = LockedBuffer(sum(len(form) for _, _, form in found))
        self.locked = self._memory.locked
        self._anchors: list[_Anchor] = []
        self.reach = 2 * max((len(form) for _, _, form in found), default=0) + _FARTHEST
        texts: list[str] = []
        at = 0
        for needle, kind, form in found:
            place = slice(at, at + len(form))
            at = place.stop
            self._memory.view[place] = form
            for offset, text in _anchors(kind, form):
                self._anchors.append(_Anchor(_Form(needle, kind, place), offset, len(text)))
                texts.append(_literal(text))
        self._database = compiled(texts) if texts else None
        self._seen: list[tuple[int, int]] = []

    def search(self, data: bytearray | bytes | memoryview, after: int = 0, upto: int | None = None) -> list[Hit]:
        """Every value in ``data`` with an anchor that ends behind ``after`` and not behind ``upto``, in order.

        One value may be given twice: a long form has two anchors.
        """
        seen = self._seen
        seen.clear()
        if self._database is not None:
            self._database.scan(data, match_event_handler=self._note)
        if not seen:
            return seen  # type: ignore[return-value]  # empty, and this is the hot path
        with memoryview(data) as view:
            upto = len(view) if upto is None else upto
            hits = [self._confirm(view, self._anchors[at], end) for at, end in seen if after < end <= upto]
        return sorted((hit for hit in hits if hit is not None), key=lambda hit: (hit.begin, -hit.end))

    def _note(self, anchor: int, _begin: int, end: int, _flags: int, _context: object) -> None:
        self._seen.append((anchor, end))

    def _confirm(self, view: memoryview, anchor: _Anchor, end: int) -> Hit | None:
        form = anchor.form
        length = form.place.stop - form.place.start
        begin = end - anchor.length - anchor.offset
        if anchor.length < length:
            span = self._span(view, anchor, begin)
            if span is None:
                return None
            begin, end = span
        return Hit(form.needle, _in_context(view, form.kind, begin, end), begin, end)

    def _span(self, view: memoryview, anchor: _Anchor, begin: int) -> tuple[int, int] | None:
        """Where the whole form stands around an anchor of it, with or without white space in between."""
        with self._memory.view[anchor.form.place] as form:
            end = begin + len(form)
            if begin >= 0 and view[begin:end] == form:
                return begin, end
            if anchor.form.kind not in _LOOSE:
                return None
            at = begin + anchor.offset
            head, tail = form[: anchor.offset].tobytes(), form[anchor.offset :].tobytes()
            before = _matched(view[max(0, at - 2 * len(head) - _FARTHEST) : at].tobytes()[::-1], head[::-1])
            behind = _matched(view[at : at + 2 * len(tail) + _FARTHEST].tobytes(), tail)
            return None if before is None or behind is None else (at - before, at + behind)

    def wipe(self) -> None:
        """Zero the forms and let the engine go; nothing can be searched any more."""
        self._database = None
        self._memory.wipe()


def _matched(text: bytes, wanted: bytes) -> int | None:
    """How much of ``text`` it takes to give ``wanted`` without the white space of both; ``None`` if it does not."""
    wanted = wanted.translate(None, _WHITE)
    at = 0
    for byte in wanted:
        while at < len(text) and text[at] in _WHITE:
            at += 1
        if at == len(text) or text[at] != byte:
            return None
        at += 1
    return at


def _forms(needles: Sequence[Needle]) -> Iterator[tuple[int, str, bytes]]:
    for number, needle in enumerate(needles):
        with needle.value.bytes as view:
            forms = disguises(view.tobytes())
        for form, kind in forms.items():
            middle = len(form) // 2
            yield number, kind, form[max(0, middle - _LONGEST // 2) : middle + _LONGEST // 2]


def _anchors(kind: str, form: bytes) -> list[tuple[int, bytes]]:
    """Where white space may come in, two neighbours from the middle of a form: a line break, which comes after 64
    characters at the least, spares one of them."""
    middle = len(form) // 2
    if (kind in _LOOSE and len(form) > _WHOLE) or (kind in _WRAPPED and len(form) >= _SHORTEST_WRAPPED):
        piece = min(_PIECE, middle)
        return [(begin, form[begin : begin + piece]) for begin in (middle - piece, middle)]
    begin = max(0, middle - _PIECE)
    return [(begin, form[begin : begin + _WHOLE])]


def compiled(expressions: Sequence[str]) -> Any:
    """The engine, ready for these expressions; each is told by its index.

    Raises:
        PlatformError: it is not installed.
    """
    try:
        import hyperscan
    except ImportError:
        raise PlatformError("searching needs the package hyperscan", hint=_HOW_TO_INSTALL) from None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=expressions, ids=list(range(len(expressions))), flags=0)
    return database


def _literal(text: bytes) -> str:
    """As an expression, for the engine's literals end at a NUL, which UTF-16 is full of."""
    return f",{text.hex(',')}".replace(",", "\\x")


def _in_context(view: memoryview, kind: str, begin: int, end: int) -> str:
    """``url`` and ``basic-auth`` where the surroundings say so (RFC 3986, 3.2.1; RFC 7617), else ``kind``."""
    if kind in ("plain", "percent"):
        before = view[max(0, begin - _FARTHEST) : begin].tobytes()
        if before.endswith(b":") and b"://" in before and view[end : end + 1].tobytes() == b"@":
            account = before.rpartition(b"://")[2]
            if not any(byte in b"/ \t\r\n" for byte in account):
                return "url"
    elif kind == "base64":
        word = view[max(0, begin - _FARTHEST) : begin].tobytes().rpartition(b" ")
        if word[0].lower().endswith(b"basic"):
            return "basic-auth"
    return kind
