"""Real programs that ended by themselves under a test: the test runs again then, and a warning says so."""

from __future__ import annotations

from typing import Protocol


class MayCrash(Protocol):
    """A real program that many tests share."""

    def note_crash(self) -> bool:
        """Whether it has ended though nobody here ended it, since it was started; put down in `crashes`."""
        ...

    def start(self) -> object: ...


crashes: list[str] = []

shared: list[MayCrash] = []


def crashed_since(before: int) -> bool:
    """Whether there are more than ``before`` crashes now; those of them that are shared are started again."""
    for each in shared:
        if each.note_crash():
            each.start()
    return len(crashes) > before
