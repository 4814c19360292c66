"""The nouns everything else speaks in: `Ref`, `Secret`, `Info`, `Change`."""

from .info import Change, Info
from .ref import Ref
from .secret import Secret

__all__ = ["Change", "Info", "Ref", "Secret"]
