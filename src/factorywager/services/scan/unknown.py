"""`Detector`: what looks like a secret though no entry holds it: known shapes of credentials, and random values that
are assigned to a telling name.

The engine finds where a shape may be; Python's expressions, on the few bytes around, say whether it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ...protocols.tokens import TOKENS, Token
from ..suspicion import entropy, suspect
from .searcher import Hit, compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN: Final = -1  # in place of a needle's number
ASSIGNED: Final = "assigned to a telling name"

# Bytes around the place that the engine tells.  The longest shape is that of a JSON Web Token.
_AROUND: Final = 1024
_AROUND_LONG: Final = 14_000

# A quoted value behind a telling name, as programs and settings have it; and a line of an environment file.
_TELLING: Final = "(?:pass|passw|pwd|secret|token|key|auth|cred|salt|jwt|cookie|seed)"
_SUSPECTED: Final = (
    rf"(?i){_TELLING}[a-z0-9_.-]{{0,20}}[\"']?\s{{0,3}}(?:=|:|=>|:=)\s{{0,3}}[\"'][^\"'\s]{{8}}",
    r"(?m)^(?:export )?[A-Z][A-Z0-9_]{2,60}=[^\s\"'$(){}<]{8}",
)
_ASSIGNMENT: Final = re.compile(
    rb"([A-Za-z][A-Za-z0-9_.-]{1,60})[\"']?\s{0,3}(?:=>|:=|=|:)\s{0,3}([\"'])([^\"'\s]{8,256})\2"
    rb"|^(?:export )?([A-Z][A-Z0-9_]{2,60})=([^\s\"'$(){}<]{8,256})$",
    re.MULTILINE,
)
_LEAST_BITS: Final = 3.0  # of entropy a character: words and their repetitions have less
_CODE: Final = re.compile(
    r"[${}<>()\[\]\\]|%[sdrx](?![A-Za-z0-9])|^[A-Za-z_]+$|^[a-z]+([-_.][a-z]+)+\d?$|://|^/|^\.|…|\*{3}"
)

# URLs of documentation: hosts that are nobody's (RFC 2606, section 3), and passwords that nobody has.
_EXAMPLE_URL: Final = re.compile(
    rb"(?i)[^@]*(?:@(?:[a-z0-9-]+\.)*example\.(?:com|net|org)\b|:(?:.{1,4}|password|passwd|secret|anon[a-z]*)@)"
)

_REPEATED: Final = re.compile(r"\{(\d+),(\d+)\}")


class Detector:
    """Ready to search for what looks like a secret.

    Raises:
        PlatformError: the engine is not installed.
    """

    def __init__(self) -> None:
        self._shapes = [_Shape(token) for token in TOKENS]
        self._database = compiled([*(_for_the_engine(token.pattern) for token in TOKENS), *_SUSPECTED])
        self._seen: list[tuple[int, int]] = []

    def search(self, data: bytearray | bytes | memoryview, after: int, upto: int) -> list[Hit]:
        """What ends behind ``after`` and not behind ``upto``, in order, without overlaps."""
        seen = self._seen
        seen.clear()
        self._database.scan(data, match_event_handler=self._note)
        hits = {hit for number, end in seen if after < end <= upto for hit in self._looked_at(data, number, end)}
        return sorted(hits, key=lambda hit: (hit.begin, hit.kind == ASSIGNED, -hit.end))

    def _note(self, number: int, _begin: int, end: int, _flags: int, _context: object) -> None:
        last = self._seen[-1] if self._seen else (-1, 0)
        if last[0] != number or end - last[1] > 1:  # a repetition is told with each of its ends
            self._seen.append((number, end))
        else:
            self._seen[-1] = (number, end)

    def _looked_at(self, data: bytearray | bytes | memoryview, number: int, end: int) -> Iterator[Hit]:
        if number < len(self._shapes):
            shape = self._shapes[number]
            found = shape.found(data, end)
            if found is not None and not _EXAMPLE_URL.match(found[0]):
                yield Hit(UNKNOWN, shape.name, *found.span())
            return
        for found in _ASSIGNMENT.finditer(data, max(0, end - _AROUND), end + _AROUND):
            if found.end() >= end:
                if _is_secret(found):
                    yield Hit(UNKNOWN, ASSIGNED, *found.span(3 if found[3] is not None else 5))
                return


class _Shape:
    """One kind of credential, looked for among bytes."""

    def __init__(self, token: Token) -> None:
        self.name = token.name
        self._expression = re.compile(token.expression.encode())
        self._around = _AROUND_LONG if ",4096}" in token.pattern else _AROUND

    def found(self, data: bytearray | bytes | memoryview, end: int) -> re.Match[bytes] | None:
        """The credential that goes up to ``end`` at the least."""
        around = self._expression.finditer(data, max(0, end - self._around), end + self._around)
        return next((found for found in around if found.end() >= end), None)


def _is_secret(found: re.Match[bytes]) -> bool:
    key, value = (found[1], found[3]) if found[3] is not None else (found[4], found[5])
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return False
    reason = suspect(key.decode(), text)
    if reason is None or reason.token is not None or _CODE.search(text):
        return False  # a known shape is told as such
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return mixed and entropy(text) > _LEAST_BITS


def _for_the_engine(pattern: str) -> str:
    """The shape without the upper ends of its long repetitions, which make the engine's tables large."""
    for found in reversed(list(_REPEATED.finditer(pattern))):
        low, high = int(found[1]), int(found[2])
        if found.end() == len(pattern) and low:
            enough = f"{{{low}}}"  # what goes on behind that is not looked for
        elif high >= 64:
            enough = f"{{{low},}}"
        else:
            continue
        pattern = pattern[: found.start()] + enough + pattern[found.end() :]
    return pattern
