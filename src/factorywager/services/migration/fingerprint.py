"""`Fingerprints`: what tells whether two values, or two files, are the same, and nothing else about them.

HMAC-SHA256 under a random key: without the key, not even a four-digit number can be found by trying.
"""

from __future__ import annotations

import hmac
import os
from typing import Final

from ...model import Secret

KEY_BYTES: Final = 32

SHOWN: Final = 12  # hexadecimal digits; 48 bits tell the values of one person apart


class Fingerprints:
    """Made with one key; see `Records.fingerprints` for where it is kept.

    Args:
        key: ``None`` for one of this run only.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or os.urandom(KEY_BYTES)

    def of_value(self, value: Secret) -> str:
        """64 hexadecimal digits; people are shown the first `SHOWN`."""
        with value.bytes as view:
            return self._digest(b"value", view)

    def of_file(self, raw: bytes) -> str:
        return self._digest(b"file", raw)

    def _digest(self, kind: bytes, data: bytes | memoryview) -> str:
        digest = hmac.new(self._key, kind + b"\0", "sha256")
        digest.update(data)
        return digest.hexdigest()
