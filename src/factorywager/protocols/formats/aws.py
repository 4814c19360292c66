"""``~/.aws/credentials`` and ``~/.aws/config``: INI files, a section for each profile (botocore's reading)."""

from __future__ import annotations

from . import ini
from .found import ends_with

name = "aws"
read = ini.read


def recognizes(file: str) -> bool:
    """Where the AWS tools keep them."""
    return ends_with(file, ".aws/credentials", ".aws/config")
