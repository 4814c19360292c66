"""What the engine looks for: pieces of the forms, as few as will do, for making it ready takes time by the piece.

Forms share a piece where they can: digits of either case, UTF-16 of either order, and escapes that leave a part of the
value as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_PIECE: Final = 16  # bytes
_WHOLE: Final = 2 * _PIECE  # the longest form that is looked for as a whole
_WRAPPED: Final = frozenset({"base64", "base64url", "hex"})
_SHORTEST_WRAPPED: Final = 16  # bytes of a form; the halves of a shorter one would be seen everywhere
_EITHER_CASE: Final = frozenset({"hex", "percent"})
_UNESCAPED: Final = re.compile(rb"[A-Za-z0-9_.-]{%d,}" % _PIECE)  # what every way of escaping leaves as it is


class Piece(NamedTuple):
    """``text`` is in lower case where that of the data does not matter."""

    text: bytes
    either_case: bool

    @property
    def expression(self) -> str:
        """For the engine; no literal, which would end at a NUL, and UTF-16 is full of them."""
        return f",{self.text.hex(',')}".replace(",", "\\x")

    def find(self, form: bytes) -> int:
        """Where it stands in a form first, or -1."""
        return (form.lower() if self.either_case else form).find(self.text)


def is_loose(kind: str, form: bytes) -> bool:
    """Whether white space may come into a form: encodings are wrapped, values of several lines indented."""
    return len(form) >= _SHORTEST_WRAPPED if kind in _WRAPPED else kind == "plain" and len(form) > _WHOLE


def anchors(kind: str, form: bytes, known: Sequence[Piece]) -> list[tuple[int, Piece]]:
    """Pieces that stand in a form, one of them at the least wherever the form does, and their offsets in it.

    Where white space may come in, two neighbours from the middle: a line break, which comes after 64 characters at the
    least, spares one of them.

    Args:
        known: pieces that are looked for anyway.
    """
    middle = len(form) // 2
    either_case = kind in _EITHER_CASE
    text = form.lower() if either_case else form
    if is_loose(kind, form):
        size = min(_PIECE, middle)
        return [(begin, Piece(text[begin : begin + size], either_case)) for begin in (middle - size, middle)]
    for piece in known:
        offset = piece.find(form)
        if offset >= 0:
            return [(offset, piece)]
    unescaped = _UNESCAPED.search(form)
    begin = max(0, middle - _PIECE) if unescaped is None else unescaped.start()
    end = min(begin + _WHOLE, len(form) if unescaped is None else unescaped.end())
    return [(begin, Piece(text[begin:end], either_case))]
