"""Looking into nested values whose shape nobody promises: what is missing, or is something else, is empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from .document import Path


def a_dict(node: Any, member: str) -> dict[str, Any]:
    """The member, if it is a dictionary."""
    found = node.get(member) if isinstance(node, dict) else None
    return found if isinstance(found, dict) else {}


def a_list(node: Any, member: str) -> list[Any]:
    """The member, if it is a list."""
    found = node.get(member) if isinstance(node, dict) else None
    return found if isinstance(found, list) else []


def a_text(node: Any, member: str) -> str:
    """The member, if it is a text."""
    found = node.get(member) if isinstance(node, dict) else None
    return found if isinstance(found, str) else ""


def named(names: Iterable[str]) -> list[Path]:
    """A path for each of several things: its name, and a number where it shares that with others or has none."""
    every = list(names)
    often, seen = Counter(every), Counter[str]()
    paths: list[Path] = []
    for at, one in enumerate(every):
        seen[one] += 1
        paths.append((at,) if not one else (one,) if often[one] == 1 else (one, seen[one] - 1))
    return paths
