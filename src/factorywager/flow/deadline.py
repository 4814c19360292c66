"""`Deadline`: the one moment at which an operation gives up, however many steps it takes."""

from __future__ import annotations

import time

from ..errors import DeadlineError


class Deadline:
    """A moment on the monotonic clock.  Every wait of an operation is cut to what is left until then.

    Args:
        seconds: from now; ``None`` waits for ever, which only ``watch`` may do.
    """

    __slots__ = ("_at", "seconds")

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._at = None if seconds is None else time.monotonic() + seconds

    def remaining(self) -> float | None:
        """Seconds left, never below zero; ``None`` for ever."""
        return None if self._at is None else max(0.0, self._at - time.monotonic())

    def latest(self, other: Deadline) -> Deadline:
        """Whichever of the two comes later."""
        if self._at is None or (other._at is not None and other._at <= self._at):
            return self
        return other

    @property
    def passed(self) -> bool:
        return self._at is not None and time.monotonic() >= self._at

    def error(self, what: str, *, hint: str | None = None) -> DeadlineError:
        """The error to raise when this deadline passed while waiting for ``what``."""
        return DeadlineError(
            f"{what} within {self.seconds:g} s",
            hint=hint or "raise the limit with --timeout (timeout= in the library), or run `factorywager doctor`",
        )
