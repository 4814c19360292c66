"""``~/.config/gh/hosts.yml``: for each host an ``oauth_token``, where gh does not keep it in the system's keyring."""

from __future__ import annotations

from . import yaml
from .found import ends_with

name = "gh"
read = yaml.read


def recognizes(file: str) -> bool:
    """Where gh keeps it."""
    return ends_with(file, "gh/hosts.yml")
