"""`Personality`: what one daemon does differently from another, as seen running and read in their sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .answers import Variant
from .faults import Fault

_D: Final = "org.freedesktop.DBus.Error."
_S: Final = "org.freedesktop.Secret.Error."


@dataclass(frozen=True)
class Personality:
    """One daemon's ways.

    Attributes:
        program: what its process is called.
        habits: faults that are its normal behaviour.
        plain: what it says to a session without encryption.
        key_bytes: how long a client's public key must be; ``None`` where any length will do.
        pads: whether a shared secret keeps its leading zeros.
        write_prompts: whether creating and deleting items goes by a prompt.
        kinds: whether items have a ``Type``.
        adds: attributes that every item has besides its own.
        stale: error for a read in a session that it does not know.
        undecipherable: error for a value that came under another key, or in a session that it does not know.
        vanished: error for an object that is gone.
        missed: error of `GetSecrets` where one item is gone; ``None`` where that is left out.
        blanks: whether reading a locked item gives an empty value, and not an error.
        hides: whether items are gone from the bus while their collection is locked.
        no_method: error for a method that it does not have.
        no_property: error for a property that it does not have.
    """

    program: str
    habits: frozenset[Fault]
    plain: Variant
    key_bytes: int | None
    pads: bool
    write_prompts: bool
    kinds: bool
    adds: frozenset[str]
    stale: str
    undecipherable: str
    vanished: str
    missed: str | None
    blanks: bool
    hides: bool
    no_method: str
    no_property: str


GNOME_KEYRING: Final = Personality(
    program="gnome-keyring-daemon",
    habits=frozenset({Fault.HASHED_ATTRIBUTES}),
    plain=("s", ""),
    key_bytes=None,
    pads=True,
    write_prompts=False,
    kinds=True,
    adds=frozenset(),
    stale=_S + "NoSession",
    undecipherable=_S + "NoSession",
    vanished=_D + "UnknownMethod",  # "Object does not exist at path"
    missed=None,
    blanks=False,
    hides=False,
    no_method=_D + "UnknownMethod",
    no_property=_D + "InvalidArgs",
)
KWALLET: Final = Personality(
    program="kwalletd5",
    habits=frozenset(),
    plain=("ay", b""),
    key_bytes=128,
    pads=False,  # before 6.25: about one session in 256 has two different keys
    write_prompts=False,
    kinds=True,
    adds=frozenset(),
    stale=_D + "UnknownObject",
    undecipherable="org.qtproject.QtDBus.Error.InvalidObjectPath",
    vanished=_D + "UnknownObject",
    missed=_D + "InvalidArgs",
    blanks=True,
    hides=False,
    no_method=_D + "UnknownMethod",
    no_property=_D + "UnknownProperty",
)
KEEPASSXC: Final = Personality(
    program="keepassxc",
    habits=frozenset({Fault.ITEM_LOCKS, Fault.LOCKED_IS_EMPTY}),
    plain=("s", ""),
    key_bytes=None,
    pads=True,
    write_prompts=True,
    kinds=False,
    adds=frozenset({"Notes", "Path", "Title", "URL", "UserName", "Uuid"}),
    stale=_S + "NoSession",
    undecipherable=_S + "NoSession",
    vanished=_D + "UnknownObject",
    missed=None,
    blanks=False,
    hides=True,
    no_method=_D + "UnknownInterface",
    no_property=_D + "UnknownInterface",
)
PERSONALITIES: Final = {"gnome-keyring": GNOME_KEYRING, "kwallet": KWALLET, "keepassxc": KEEPASSXC}
