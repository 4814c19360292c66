"""`Proof`: a report of what was searched, what was found and what remains to be done, under a seal.

The seal is HMAC-SHA256 under a key that stays in the store: whoever holds that store can tell that the report came
from it and was not changed.  To others the seal says nothing, and it is no signature that they could check.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...errors import AccessDeniedError, AuthenticationError, CorruptError, NotFoundError, PlatformError, TooLongError
from ...flow import Flow
from .document import document
from .keys import proof_key
from .scan import Report

if TYPE_CHECKING:
    from ..operations import Operations

_FORMAT: Final = 1
_LONGEST: Final = 64 << 20  # bytes of a report that is verified

# Where a value was seen by others, or may have been: what stood there has to be replaced.
_ROTATE: Final = frozenset({"git", "log", "process", "journal"})


def make(operations: Operations, report: Report, paths: Sequence[str], version: str) -> Flow[dict[str, Any]]:
    """The report, sealed.

    Args:
        paths: what the user named.
        version: this program's.
    """
    scanned = document(report)
    proof: dict[str, Any] = {
        "format": _FORMAT,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "version": version,
        "store": operations.store.name,
        "paths": [str(Path(path).absolute()) for path in paths],
        "clean": not report.findings,
        "complete": not report.passed_over,
        "scan": scanned,
        "remains": remains(scanned["found"]),
    }
    proof["seal"] = yield from _seal(operations, proof)
    return proof


def remains(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What to do, an entry at a time: replace what stood in git or a log by a new value, and remove the rest."""
    steps: dict[tuple[str, str], dict[str, Any]] = {}
    for finding in found:
        for entry in finding["entries"] or ({"service": "", "name": ""},):
            key = (entry["service"], entry["name"])
            step = steps.setdefault(key, {**entry, "rotate": False, "command": None, "places": []})
            step["rotate"] = step["rotate"] or finding["place"] in _ROTATE
            if finding["path"] not in step["places"]:
                step["places"].append(finding["path"])
    for step in steps.values():
        if step["name"]:
            step["command"] = f"factorywager set {_word(step['name'])} --service {_word(step['service'])}"
    return list(steps.values())


def verify(operations: Operations, proof: Mapping[str, Any]) -> Flow[None]:
    """Check the seal.

    Raises:
        AuthenticationError: the report was changed, or was sealed by another store.
    """
    import hmac

    body = {name: value for name, value in proof.items() if name != "seal"}
    wanted = yield from _seal(operations, body)
    if not hmac.compare_digest(wanted.encode(), str(proof.get("seal")).encode("utf-8", "replace")):
        raise AuthenticationError(
            "the seal does not match", hint="the report was changed, or it was sealed under the key of another store"
        )


def read(path: str) -> dict[str, Any]:
    """A report from a file: JSON, or HTML, which carries the same.

    Raises:
        NotFoundError, AccessDeniedError, PlatformError, TooLongError: it cannot be read.
        CorruptError: it is no such report.
    """
    from json import loads

    from .page import CARRIED

    try:
        with Path(path).open("rb") as file:
            raw = file.read(_LONGEST + 1)
    except FileNotFoundError:
        raise NotFoundError(f"{path}: there is no such file", hint="name a report of `factorywager prove`") from None
    except PermissionError:
        raise AccessDeniedError(f"{path}: this file cannot be read by you") from None
    except OSError as error:
        raise PlatformError(f"{path}: {error.strerror}", native=error.errno) from None
    if len(raw) > _LONGEST:
        raise TooLongError(f"{path}: a report has at most {_LONGEST:,} bytes")
    carried = CARRIED.search(raw)
    try:
        proof = loads(carried[1] if carried else raw)
        if proof["format"] != _FORMAT or not isinstance(proof["scan"]["found"], list):
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise CorruptError(
            f"{path}: this is no report of `factorywager prove`",
            hint="keep it as --json or --html: text carries no seal",
        ) from None
    return dict(proof)


def _seal(operations: Operations, body: Mapping[str, Any]) -> Flow[str]:
    import hmac
    from json import dumps

    key = yield from proof_key(operations)
    text = dumps(body, sort_keys=True, separators=(",", ":")).encode()
    with key.lease() as view:
        return hmac.new(view.tobytes(), text, "sha256").hexdigest()


def _word(text: str) -> str:
    from shlex import quote

    return quote(text)
