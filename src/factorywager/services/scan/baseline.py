"""A baseline: findings that were looked at and accepted, as an earlier ``scan --json`` printed them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...errors import AccessDeniedError, CorruptError, NotFoundError, PlatformError, TooLongError

_LONGEST: Final = 64 << 20  # bytes


def read(path: str) -> frozenset[str]:
    """The identities of the findings in a file.

    Raises:
        NotFoundError, AccessDeniedError, PlatformError, TooLongError: it cannot be read.
        CorruptError: it is not what ``scan --json`` prints.
    """
    from json import loads

    try:
        with Path(path).open("rb") as file:
            raw = file.read(_LONGEST + 1)
    except FileNotFoundError:
        raise NotFoundError(
            f"{path}: there is no such file", hint="`factorywager scan --json > FILE` makes a baseline"
        ) from None
    except PermissionError:
        raise AccessDeniedError(f"{path}: this file cannot be read by you") from None
    except OSError as error:
        raise PlatformError(f"{path}: {error.strerror}", native=error.errno) from None
    if len(raw) > _LONGEST:
        raise TooLongError(f"{path}: a baseline has at most {_LONGEST:,} bytes")
    try:
        return frozenset(str(finding["id"]) for finding in loads(raw)["found"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise CorruptError(f"{path}: this is not what `factorywager scan --json` prints") from None
