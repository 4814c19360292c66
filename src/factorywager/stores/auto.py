"""`AutoStore`: the OS store when one answers, else the vault, saying so once."""

from __future__ import annotations
