"""The entries that the guide names: one service, seven names, and the variables they used to live in."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

SERVICE: Final = "com.factorywager.cli"

API_TOKEN: Final = "tier-api-token"  # noqa: S105 - a name, not a token
JWT_KEY: Final = "jwt-signing-key"
DATABASE: Final = ("db-host", "db-port", "db-user", "db-password", "db-database")

NAME_OF_VARIABLE: Final = MappingProxyType(
    {
        "TIER_API_TOKEN": API_TOKEN,
        "DATABASE_HOST": "db-host",
        "DATABASE_PORT": "db-port",
        "DATABASE_USER": "db-user",
        "DATABASE_PASSWORD": "db-password",
        "DATABASE_NAME": "db-database",
        "JWT_SECRET": JWT_KEY,
    }
)

_VARIABLE_OF_NAME = {name: variable for variable, name in NAME_OF_VARIABLE.items()}


def name_of(variable: str) -> str:
    """The entry name for an environment variable: the guide's, else lower case with dashes."""
    return NAME_OF_VARIABLE.get(variable) or variable.lower().replace("_", "-")


def variable_of(name: str) -> str:
    """The environment variable for an entry name: the guide's, else upper case with underscores."""
    return _VARIABLE_OF_NAME.get(name) or name.upper().replace("-", "_").replace(".", "_")
