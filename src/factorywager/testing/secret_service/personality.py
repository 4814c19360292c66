"""`Personality`: what one daemon does differently from another, as seen running and read in their sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .faults import Fault

_D: Final = "org.freedesktop.DBus.Error."
_S: Final = "org.freedesktop.Secret.Error."


@dataclass(frozen=True)
class Personality:
    """One daemon's ways.

    Attributes:
        program: what its process is called.
        habits: faults that are its normal behaviour.
        plain: whether it offers sessions without encryption.
        key_bytes: how long a client's public key must be; ``None`` where any length will do.
        pads: whether a shared secret keeps its leading zeros.
        unlock_prompts: whether `Unlock` gives a prompt even where nothing is locked; then it ends silently.
        write_prompts: whether creating and deleting items goes by a prompt.
        dates: whether items tell when they were made.
        stale: error for a session that it does not know.
        vanished: error for an object that is gone.
    """

    program: str
    habits: frozenset[Fault]
    plain: bool
    key_bytes: int | None
    pads: bool
    unlock_prompts: bool
    write_prompts: bool
    dates: bool
    stale: str
    vanished: str


GNOME_KEYRING: Final = Personality(
    program="gnome-keyring-daemon",
    habits=frozenset({Fault.HASHED_ATTRIBUTES}),
    plain=True,
    key_bytes=None,
    pads=True,
    unlock_prompts=False,
    write_prompts=False,
    dates=True,
    stale=_S + "NoSession",
    vanished=_D + "UnknownMethod",  # "Object does not exist at path"
)
KWALLET: Final = Personality(
    program="kwalletd5",
    habits=frozenset(),
    plain=False,
    key_bytes=128,
    pads=False,  # before 6.25: about one session in 256 has two different keys
    unlock_prompts=True,
    write_prompts=False,
    dates=False,
    stale="org.qtproject.QtDBus.Error.InvalidObjectPath",
    vanished=_D + "UnknownObject",
)
KEEPASSXC: Final = Personality(
    program="keepassxc",
    habits=frozenset({Fault.ITEM_LOCKS, Fault.LOCKED_IS_EMPTY}),
    plain=True,
    key_bytes=None,
    pads=True,
    unlock_prompts=True,
    write_prompts=True,
    dates=True,
    stale=_S + "NoSession",
    vanished=_S + "NoSuchObject",
)
PERSONALITIES: Final = {"gnome-keyring": GNOME_KEYRING, "kwallet": KWALLET, "keepassxc": KEEPASSXC}
