"""`Ref`: what names an entry in a store."""

from __future__ import annotations

from typing import Final, NamedTuple

SCHEME: Final = "fw://"  # of references, texts that stand where a secret stood; see `services.references`


class Ref(NamedTuple):
    """The two strings that name an entry; what Bun calls ``service`` and ``name``.

    Both are non-empty, without NUL, and encodable as UTF-8: whoever makes one from outside has checked it
    (``arguments.py``), so stores need not check again.
    """

    service: str
    name: str

    def __str__(self) -> str:
        return f"{self.service}/{self.name}"
