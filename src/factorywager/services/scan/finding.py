"""`Finding`, `PassedOver` and `Findings`: what a scan has to tell."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from ...model import Ref

_MOST_IN_ONE: Final = 100  # sights of one value in one place that are told one by one


class Source(NamedTuple):
    """Something that is searched.

    Attributes:
        place: ``file``, ``archive``, ``git``, ``history``, ``log``, ``editor``, ``environment``, ``journal``.
        path: where it is; members of archives follow behind ``!``, as in ``a.zip!b/c.txt``.
        blob: the object's name, in git.
    """

    place: str
    path: str
    blob: str | None = None


class Finding(NamedTuple):
    """One value in one place.  Never holds the value.

    Attributes:
        kind: the disguise of a value of the store (``plain``, ``base64``, …), or what an unknown secret looks like.
        line: counted from 1; ``None`` in binary data.
        offset: in bytes from the beginning of what was searched.
        refs: the entries that hold the value; none for an unknown secret.
        fingerprint: keyed, of the value.
        id: keyed, of value, kind and path: the same while the finding stands, whatever line it moves to.
        commits: the commits that brought it in, in git; empty for what nothing reaches any more.
        more: how often besides it stands in the same place, beyond what is told one by one.
    """

    source: Source
    kind: str
    line: int | None
    offset: int
    refs: tuple[Ref, ...]
    fingerprint: str
    id: str
    commits: tuple[str, ...] = ()
    more: int = 0


class PassedOver(NamedTuple):
    """Something that was not searched, or not all of it, and why."""

    path: str
    why: str


class Findings:
    """Collects.

    Attributes:
        known: identities of findings that are accepted (a baseline).
        accepted: how many findings were among those.
        searched: what was searched, by the place: how many.
        bytes: how many in all.
    """

    def __init__(self, known: frozenset[str] = frozenset()) -> None:
        self.known = known
        self.found: list[Finding] = []
        self.passed_over: list[PassedOver] = []
        self.searched: Counter[str] = Counter()
        self.bytes = 0
        self.accepted = 0
        self._times: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        if finding.id in self.known:
            self.accepted += 1
            return
        self._times[finding.id] += 1
        if self._times[finding.id] <= _MOST_IN_ONE:
            self.found.append(finding)

    def told(self) -> list[Finding]:
        """The findings, the last one of a place telling how many more there are."""
        more = {each: times - _MOST_IN_ONE for each, times in self._times.items() if times > _MOST_IN_ONE}
        told = []
        for finding in reversed(self.found):
            told.append(finding._replace(more=more.pop(finding.id, 0)))
        return told[::-1]

    def passes_over(self, path: str, why: str) -> None:
        self.passed_over.append(PassedOver(path, why))
