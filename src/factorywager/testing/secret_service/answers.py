"""What a call is answered with: typed values, or a D-Bus error."""

from __future__ import annotations

from typing import Any, TypeAlias

Answer: TypeAlias = tuple[str, tuple[Any, ...]]  # a signature and values
Variant: TypeAlias = tuple[str, Any]


class CallError(Exception):
    """A D-Bus error to answer with."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name, text)
        self.name = name
        self.text = text
