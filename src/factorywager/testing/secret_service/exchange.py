"""The daemon's half of a session's encryption.

Written from the specification and not from this library's own half: two wrongs must not agree.
Source: Secret Service API draft, "Transfer of Secrets"; RFC 2409 §6.2; RFC 5869; RFC 5652 §6.3.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

ENCRYPTED: Final = "dh-ietf1024-sha256-aes128-cbc-pkcs7"

_PRIME: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
_BYTES: Final = 128


class WrongKeyError(Exception):
    """What came does not decrypt: the client has another key."""


class PlainSession:
    """A session without encryption."""

    def encrypt(self, value: bytes) -> tuple[bytes, bytes]:
        return b"", value

    def decrypt(self, iv: bytes, value: bytes) -> bytes:
        return value


class EncryptedSession:
    """A session with a key.

    Args:
        key: the daemon's.
        theirs: the client's, which differs where the daemon computes it wrongly.
    """

    def __init__(self, key: bytes, theirs: bytes) -> None:
        self._key = key
        self._theirs = theirs

    def encrypt(self, value: bytes) -> tuple[bytes, bytes]:
        padder = PKCS7(128).padder()
        padded = padder.update(value) + padder.finalize()
        while True:
            iv = os.urandom(16)
            encryptor = Cipher(algorithms.AES(self._key), modes.CBC(iv)).encryptor()
            sealed = encryptor.update(padded) + encryptor.finalize()
            # With another key one value in 256 still seems to be padded rightly; a test must not depend on it.
            if self._key == self._theirs or not _opens(self._theirs, iv, sealed):
                return iv, sealed

    def decrypt(self, iv: bytes, value: bytes) -> bytes:
        """The value; raises `WrongKeyError`."""
        if self._key != self._theirs:
            raise WrongKeyError
        try:
            return _decrypted(self._key, iv, value)
        except ValueError:
            raise WrongKeyError from None


def agree(theirs: bytes, *, pads: bool, zero_secret: bool, zero_public: bool) -> tuple[bytes, EncryptedSession]:
    """The daemon's public key and the session, for a client's public key.

    Args:
        pads: whether the daemon pads the shared secret, as it should.
        zero_secret: whether the shared secret begins with a zero byte; by chance one in 256 does.
        zero_public: the same of the public key, which is then sent without that byte.
    """
    peer = int.from_bytes(theirs, "big")
    exponent = int.from_bytes(os.urandom(32), "big")
    public, shared = pow(2, exponent, _PRIME), pow(peer, exponent, _PRIME)
    while _starts_with_zero(shared) is not zero_secret or _starts_with_zero(public) is not zero_public:
        public, shared = public * 2 % _PRIME, shared * peer % _PRIME  # the next exponent's
    right = shared.to_bytes(_BYTES, "big")
    session = EncryptedSession(_derived(right if pads else right.lstrip(b"\0")), _derived(right))
    return public.to_bytes(_BYTES, "big").lstrip(b"\0"), session


def _starts_with_zero(number: int) -> bool:
    return number >> (8 * (_BYTES - 1)) == 0


def _derived(secret: bytes) -> bytes:
    return HKDF(SHA256(), 16, None, b"").derive(secret)


def _decrypted(key: bytes, iv: bytes, value: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(value) + decryptor.finalize()) + unpadder.finalize()


def _opens(key: bytes, iv: bytes, value: bytes) -> bool:
    try:
        _decrypted(key, iv, value)
    except ValueError:
        return False
    return True
