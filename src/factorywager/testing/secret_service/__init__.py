"""A fault-injecting Secret Service: real D-Bus on a private bus, with a personality for each daemon."""

from .fake import FakeSecretService
from .faults import Fault
from .personality import GNOME_KEYRING, KEEPASSXC, KWALLET, PERSONALITIES, Personality
from .prompts import User

__all__ = [
    "GNOME_KEYRING",
    "KEEPASSXC",
    "KWALLET",
    "PERSONALITIES",
    "FakeSecretService",
    "Fault",
    "Personality",
    "User",
]
