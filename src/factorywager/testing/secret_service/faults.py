"""`Fault`: one thing that goes wrong in the fake; `Faults`: which of them are switched on, where, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Fault(Enum):
    """What can go wrong.  Each has been seen in a daemon or on a bus, or is what a hostile one might do."""

    # the daemon as a process
    NEVER_ANSWERS = "it takes the call and does not answer"
    DIES_BEFORE_ACTING = "it dies over the call, which has no effect"
    DIES_BEFORE_REPLYING = "it does what the call says and dies before it answers"
    RESTARTS = "it was restarted just before the call"
    DISCONNECTS = "the bus closes the connection instead of answering"

    # sessions
    STALE_SESSION = "it no longer knows any session that was opened before the call"
    LEADING_ZERO_SHARED_KEY = "the secret that the key exchange gives begins with a zero byte"
    LEADING_ZERO_PUBLIC_KEY = "the daemon's public key begins with a zero byte, and is sent without it"

    # prompts and locks
    PROMPTS = "everything that may want a prompt does"
    HASHED_ATTRIBUTES = "a locked item tells hashes of its attributes, and no label"
    ITEM_LOCKS = "items are locked for each client by itself, and unlocked for one read"
    LOCKED_IS_EMPTY = "a search finds nothing in a locked collection"
    STAYS_LOCKED = "Unlock says that it unlocked, and nothing was"

    # what it says
    NO_DEFAULT_ALIAS = "the alias `default` leads nowhere"
    GET_SECRETS_FAILS = "GetSecrets fails as a whole"
    GET_SECRETS_OMITS = "GetSecrets leaves out what it was asked for"
    REPLIES_OUT_OF_ORDER = "calls that came together are answered last first"

    # bytes on the wire
    TRUNCATED = "half of the reply comes, and then nothing more"
    TRUNCATED_AND_CLOSED = "half of the reply comes, and then the end of the connection"
    WRONG_SIGNATURE = "the reply has other types than the interface says"
    NO_BODY = "the reply is empty"
    LONG_LENGTH = "a length inside the reply leads beyond its end"
    SHORT_LENGTH = "a length inside the reply ends before what follows it"
    LYING_HEADER = "the header gives another length than the body has"
    OVERSIZED_ARRAY = "an array announces more than the 64 MiB that D-Bus allows"
    OVERSIZED_MESSAGE = "the message announces more than the 128 MiB that D-Bus allows"
    GARBAGE = "what comes is not D-Bus"


@dataclass
class _Armed:
    fault: Fault
    member: str | None
    skip: int
    times: int | None


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def arm(self, fault: Fault, member: str | None = None, *, skip: int = 0, times: int | None = None) -> None:
        """Switch a fault on.

        Args:
            member: the method in whose calls it shows, or ``None`` for all of them.
            skip: calls that still go well.
            times: how often it shows; ``None`` for always.
        """
        self._armed.append(_Armed(fault, member, skip, times))

    def disarm(self) -> None:
        """Switch all of them off."""
        self._armed.clear()

    def strikes(self, fault: Fault, member: str | None = None) -> bool:
        """Whether the fault shows now, in a call of this method; counts."""
        for armed in self._armed:
            if armed.fault is fault and armed.member in (None, member):
                if armed.skip:
                    armed.skip -= 1
                elif armed.times is None:
                    return True
                elif armed.times:
                    armed.times -= 1
                    return True
        return False
