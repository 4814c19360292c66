"""`Searcher`: finds any number of values, in all their disguises, in one pass over the bytes.

A multi-pattern engine looks for *anchors*: pieces of the forms, or short forms as a whole.  Where one was seen, each
form that has it is compared; the forms lie in locked memory.  Encodings that are often wrapped (base64 in lines of 64
or 76) and values of several lines (indented, in YAML) are compared without regard to white space.

The engine keeps the anchors, so at most 32 bytes of each form, in ordinary memory that it cannot wipe (SECURITY.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ...errors import PlatformError
from ...model.locked import LockedBuffer
from ...protocols.disguises import disguises
from .anchors import Piece, anchors, is_loose

if TYPE_CHECKING:
    from .needles import Needle

_LONGEST: Final = 8192  # bytes of a form that are compared; of a longer one, those around its middle
_WHITE: Final = b" \t\r\n"

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
    is_loose: bool


class _Anchor(NamedTuple):
    """A piece of a form: from byte ``begin`` of it to byte ``end``."""

    form: _Form
    begin: int
    end: int


class Searcher:
    """The needles, made ready for the search.

    Attributes:
        reach: how many bytes before and behind an anchor can matter.
        locked: whether the kernel agreed to keep the forms out of swap.

    Raises:
        PlatformError: the engine is not installed.
    """

    def __init__(self, needles: Sequence[Needle]) -> None:
        found = [list(_forms(needle)) for needle in needles]
        lengths = [len(text) for forms in found for _, text in forms]
        self.reach = 2 * max(lengths, default=0) + _FARTHEST
        self._memory = LockedBuffer(sum(lengths))
        self.locked = self._memory.locked
        standing: dict[Piece, list[_Anchor]] = {}
        at = 0
        for number, forms in enumerate(found):
            pieces: list[Piece] = []  # of this value
            for kind, text in forms:
                place = slice(at, at + len(text))
                at = place.stop
                self._memory.view[place] = text
                form = _Form(number, kind, place, is_loose(kind, text))
                for begin, piece in anchors(kind, text, pieces):
                    pieces.append(piece)
                    standing.setdefault(piece, []).append(_Anchor(form, begin, begin + len(piece.text)))
        self._anchors = list(standing.values())
        self._database = (
            compiled([piece.expression for piece in standing], [piece.either_case for piece in standing])
            if standing
            else None
        )
        self._seen: list[tuple[int, int]] = []

    def search(self, data: bytearray | bytes | memoryview, after: int = 0, upto: int | None = None) -> list[Hit]:
        """Every value in ``data`` with an anchor that ends behind ``after`` and not behind ``upto``, in order.

        One value may be given twice: a long form has two anchors, and several forms may stand in one place.
        """
        seen = self._seen
        seen.clear()
        if self._database is not None:
            self._database.scan(data, match_event_handler=self._note)
        if not seen:
            return seen  # type: ignore[return-value]  # empty, and this is the hot path
        with memoryview(data) as view:
            upto = len(view) if upto is None else upto
            hits = [
                self._confirm(view, anchor, end)
                for at, end in seen
                if after < end <= upto
                for anchor in self._anchors[at]
            ]
        return sorted((hit for hit in hits if hit is not None), key=lambda hit: (hit.begin, -hit.end))

    def _note(self, anchor: int, _begin: int, end: int, _flags: int, _context: object) -> None:
        self._seen.append((anchor, end))

    def _confirm(self, view: memoryview, anchor: _Anchor, end: int) -> Hit | None:
        """The form around an anchor that ends at ``end``, if it stands there."""
        span = self._span(view, anchor, end - anchor.end)
        return span and Hit(anchor.form.needle, _in_context(view, anchor.form.kind, *span), *span)

    def _span(self, view: memoryview, anchor: _Anchor, begin: int) -> tuple[int, int] | None:
        """Where the whole form stands around an anchor of it, with or without white space in between."""
        with self._memory.view[anchor.form.place] as form:
            end = begin + len(form)
            if begin >= 0 and view[begin:end] == form:
                return begin, end
            if not anchor.form.is_loose:
                return None
            at = begin + anchor.begin
            head, tail = form[: anchor.begin].tobytes(), form[anchor.begin :].tobytes()
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


def _forms(needle: Needle) -> Iterator[tuple[str, bytes]]:
    with needle.value.bytes as view:
        forms = disguises(view.tobytes())
    for form, kind in forms.items():
        middle = len(form) // 2
        yield kind, form[max(0, middle - _LONGEST // 2) : middle + _LONGEST // 2]


def compiled(expressions: Sequence[str], in_either_case: Sequence[bool] | None = None) -> Any:
    """The engine, ready for these expressions; each is told by its index.

    Args:
        in_either_case: which of them match whatever the case of the data.

    Raises:
        PlatformError: it is not installed.
    """
    try:
        import hyperscan
    except ImportError:
        raise PlatformError("searching needs the package hyperscan", hint=_HOW_TO_INSTALL) from None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = [hyperscan.HS_FLAG_CASELESS * either for either in in_either_case or [False] * len(expressions)]
    database.compile(expressions=expressions, ids=list(range(len(expressions))), flags=flags)
    return database


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
