"""``~/.cargo/credentials.toml``: ``registry.token``, ``registries.NAME.token``."""

from __future__ import annotations

from . import toml
from .found import ends_with

name = "cargo"
read = toml.read


def recognizes(file: str) -> bool:
    """Where cargo keeps it."""
    return ends_with(file, ".cargo/credentials.toml", ".cargo/credentials")
