"""The encryption of a Secret Service session: ``dh-ietf1024-sha256-aes128-cbc-pkcs7``.

Source: Secret Service API draft, "Transfer of Secrets"; group: RFC 2409 §6.2 (second Oakley group); key:
HKDF-SHA256 (RFC 5869) with neither salt nor info; cipher: AES-128-CBC with PKCS#7 padding (RFC 5652 §6.3).

With such a session only ciphertext passes through sockets and D-Bus buffers; a value exists in the clear first in
the locked buffer that it is decrypted into.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..model import Secret
from ..model.locked import LockedBuffer

ALGORITHM: Final = "dh-ietf1024-sha256-aes128-cbc-pkcs7"

_PRIME: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
_PUBLIC_KEY_BYTES: Final = 128
_KEY_BYTES: Final = 16
_BLOCK: Final = 16
_PADDINGS: Final = tuple(bytes([length]) * length for length in range(_BLOCK + 1))  # PKCS #7, RFC 5652 6.3
# The prime is safe, so an exponent need only be twice as long as the 80 bits of strength the group has at most.
_EXPONENT_BYTES: Final = 32


class BadCiphertextError(ValueError):
    """What was received is not what this session's key encrypts; never says what it holds."""


class DoubtfulKeyError(ValueError):
    """The shared secret begins with a zero byte, which not every daemon keeps: the other side may have another key."""


class Handshake:
    """Our half of the Diffie-Hellman exchange."""

    def __init__(self) -> None:
        self._exponent = int.from_bytes(os.urandom(_EXPONENT_BYTES), "big") | 1 << (8 * _EXPONENT_BYTES - 1)

    @property
    def public_key(self) -> bytes:
        """What is sent; always 128 bytes, because KWallet takes no other length."""
        return pow(2, self._exponent, _PRIME).to_bytes(_PUBLIC_KEY_BYTES, "big")

    def agree(self, peer: bytes) -> SessionKey:
        """The key that both sides now have.

        Raises:
            DoubtfulKeyError: do it again.  One handshake in 256 ends so; KWallet before 6.25 would derive another key,
                and one value in 256 would seem to be decrypted rightly all the same.
            ValueError: the peer's public key is no element of the group, so anybody could know the result.
        """
        public = int.from_bytes(peer, "big")
        if not 1 < public < _PRIME - 1:
            raise ValueError("the daemon's public key is outside the group")
        shared = pow(public, self._exponent, _PRIME).to_bytes(_PUBLIC_KEY_BYTES, "big")
        if not shared[0]:
            raise DoubtfulKeyError("the daemon agrees on no key that both sides are sure to derive alike")
        return SessionKey(HKDF(SHA256(), _KEY_BYTES, None, b"").derive(shared))


class SessionKey:
    """Encrypts and decrypts the secrets of one session."""

    __slots__ = ("_algorithm", "_decryptors")

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.AES(key)
        # Those that no thread is using now.  In CBC a block depends on the ciphertext before it and on nothing
        # else, so one decryptor can go on for ever if it is fed each value's initialisation vector first: making a
        # new one takes longer than everything else about a value.
        self._decryptors: list[CipherContext] = []

    def encrypt(self, secret: Secret) -> tuple[bytes, bytes]:
        """Initialisation vector and ciphertext of a secret; the padded plaintext is wiped."""
        with secret.bytes as view:
            padding = _BLOCK - len(view) % _BLOCK
            padded = LockedBuffer(len(view) + padding)
            padded.view[: len(view)] = view
            padded.view[len(view) :] = _PADDINGS[padding]
        iv = os.urandom(_BLOCK)
        encryptor = Cipher(self._algorithm, modes.CBC(iv)).encryptor()
        try:
            return iv, encryptor.update(padded.view) + encryptor.finalize()
        finally:
            padded.wipe()

    def decrypt(self, iv: bytes, ciphertext: bytes) -> Secret:
        """The secret, decrypted straight into locked memory.

        Raises:
            BadCiphertextError: wrong lengths or padding: another key, or damage.
        """
        if len(iv) != _BLOCK or not ciphertext or len(ciphertext) % _BLOCK:
            raise BadCiphertextError("the encrypted value has an impossible length")
        try:
            decryptor = self._decryptors.pop()  # one step under the GIL, so two threads never get the same one
        except IndexError:
            decryptor = Cipher(self._algorithm, modes.CBC(bytes(_BLOCK))).decryptor()
        # update_into asks for room for one block more than it writes
        decryptor.update_into(iv, bytearray(2 * _BLOCK))
        buffer = LockedBuffer(len(ciphertext) + _BLOCK)
        view = buffer.view
        written = decryptor.update_into(ciphertext, view)
        self._decryptors.append(decryptor)
        padding = view[written - 1]
        if not 1 <= padding <= _BLOCK or view[written - padding : written] != _PADDINGS[padding]:
            buffer.wipe()
            raise BadCiphertextError("the encrypted value has bad padding")
        buffer.shrink(written - padding)
        return Secret.adopt(buffer)
