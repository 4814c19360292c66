"""The nouns everything else speaks in: `Ref`, `Secret`, `Info`, `Foreign`, `Change`."""

from .info import Change, Foreign, Info
from .ref import Ref
from .secret import Secret

__all__ = ["Change", "Foreign", "Info", "Ref", "Secret"]
