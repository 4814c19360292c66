"""The formats by name, and which of them a file most likely is."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from ...errors import ArgumentValueError

if TYPE_CHECKING:
    from .found import Format

# `--format NAME`: its module.  A path is tried in this order, so what is general comes last.
_MODULES: Final = {
    "dotenv": "dotenv",
    "aws": "aws",
    "npmrc": "npmrc",
    "pypirc": "pypirc",
    "netrc": "netrc",
    "docker": "docker",
    "git-credentials": "git_credentials",
    "kube": "kube",
    "cargo": "cargo",
    "gh": "gh",
    "pip": "pip",
    "bitwarden": "bitwarden",
    "1password": "onepassword",
    "keepass": "keepass",
    "ini": "ini",
    "json": "json",
    "yaml": "yaml",
    "toml": "toml",
    "csv": "csv",
}
NAMES: Final = tuple(_MODULES)


def by_name(name: str) -> Format:
    """The format of this name.

    Raises:
        ArgumentValueError: there is none.
    """
    if name not in _MODULES:
        raise ArgumentValueError(f"there is no format {name!r}", hint=f"there are {', '.join(NAMES)}")
    return cast("Format", import_module(f".{_MODULES[name]}", __package__))


def recognize(path: str) -> Format | None:
    """The format that a file of this path most likely has; ``None`` for a path that says nothing."""
    return next((form for form in map(by_name, NAMES) if form.recognizes(path)), None)
