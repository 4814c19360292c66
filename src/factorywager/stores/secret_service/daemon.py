"""`Daemon`: which program answers as the Secret Service, and in what it differs from the others.

Source: GNOME Keyring 42, KWallet 5.103 and KeePassXC 2.7.4, read and seen running.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ...model import Ref, Secret

TEXT: Final = "text/plain"
BYTES: Final = "application/octet-stream"

_BYTE_ORDER_MARK: Final = "\ufeff"
# What XML 1.0 (section 2.2) has no way to say, or (a carriage return) reads as something else.
_NOT_XML: Final = "[\x00-\x08\x0b-\x1f\ufffe\uffff]"


class Daemon(NamedTuple):
    """The program on the other side.  ``name`` is its process's name, at most 15 bytes of it (proc(5), ``comm``)."""

    pid: int
    name: str

    @classmethod
    def of(cls, pid: int) -> Daemon:
        try:
            with open(f"/proc/{pid}/comm") as file:  # noqa: PTH123 - pathlib costs 10 ms at start-up
                return cls(pid, file.read().strip())
        except OSError:
            return cls(pid, "")

    @property
    def is_gnome(self) -> bool:
        """GNOME Keyring, which searches locked collections too, and tells of every change before it answers the call
        after it."""
        return self.name.startswith("gnome-keyring")

    @property
    def is_kwallet(self) -> bool:
        """KWallet, whose ``Unlock`` always returns a prompt: one that asks nobody where the wallet is open."""
        return self.name.startswith("kwalletd")

    @property
    def is_keepassxc(self) -> bool:
        """KeePassXC, which finds nothing in a locked database, and creates and deletes only by prompts."""
        return self.name.startswith("keepassxc")

    @property
    def title(self) -> str:
        """What people call it, and its program."""
        known = {"KWallet": self.is_kwallet, "KeePassXC": self.is_keepassxc}
        return next((f"{title}, {self.name}" for title, it in known.items() if it), self.name)

    def content_type(self, value: Secret) -> str:
        """Plain text, as Bun writes it; bytes for what begins with a byte order mark where Qt would take that off."""
        if not (self.is_kwallet or self.is_keepassxc):
            return TEXT
        with value.bytes as view:
            return BYTES if view[:3] == _BYTE_ORDER_MARK.encode() else TEXT

    def keeps_name(self, ref: Ref) -> bool:
        """Whether an item's attributes can be those of this entry.

        Qt takes a leading byte order mark off every text; KeePassXC's file is XML, which cannot hold everything.
        """
        if (self.is_kwallet or self.is_keepassxc) and any(text.startswith(_BYTE_ORDER_MARK) for text in ref):
            return False
        if self.is_keepassxc:
            import re

            return not any(re.search(_NOT_XML, text) for text in ref)
        return True
