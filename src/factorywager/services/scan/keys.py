"""The keys of scans and of proofs: entries of the store, made when they are first needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from ...flow import Flow, blocking
from ...model import Ref, Secret

if TYPE_CHECKING:
    from ..operations import Operations

SERVICE: Final = "com.factorywager.scan"
_FINGERPRINTS: Final = "fingerprint-key"
_PROOFS: Final = "proof-key"

_SHOWN: Final = 16  # hexadecimal digits of a fingerprint: enough to tell values apart, too few to be worth more


def proof_key(operations: Operations) -> Flow[Secret]:
    """What reports of ``prove`` are signed under."""
    return operations.get_or_create(Ref(SERVICE, _PROOFS), _new)


class Fingerprints:
    """HMAC-SHA256 of values and of findings, under a key that stays in the store.

    The same value has the same fingerprint in every scan on this store; to who lacks the key it tells nothing, not
    even whether a guess is right.
    """

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    @cached_property
    def _key(self) -> Secret:
        return blocking.run(self._operations.get_or_create(Ref(SERVICE, _FINGERPRINTS), _new))

    def of(self, *parts: bytes | memoryview) -> str:
        """The fingerprint of these parts, in this order."""
        import hmac

        with self._key.bytes as key:
            made = hmac.new(key.tobytes(), digestmod="sha256")
        for part in parts:
            made.update(len(part).to_bytes(8))
            made.update(part)
        return made.hexdigest()[:_SHOWN]


def _new() -> Secret:
    import secrets

    return Secret(secrets.token_hex(32))
