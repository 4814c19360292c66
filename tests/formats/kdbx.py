"""KeePass databases with any content, sealed as KDBX 4 by the rules: to see what is made of it behind the seal.

https://keepass.info/help/kb/kdbx.html, for AES-256, gzip, and a key that is hardly stretched.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import io
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from pykeepass import PyKeePass, create_database

PASSWORD = "made up"


def database() -> bytes:
    """An entry in a group, two with one title, and one in the recycle bin; it opens at once."""
    stream = io.BytesIO()
    made = create_database(stream, password=PASSWORD)
    group = made.add_group(made.root_group, "work")
    entry = made.add_entry(group, "GitHub", "somebody", "hunter2", url="https://github.com", notes="two\nlines")
    entry.set_custom_property("PAT", "ghp_schön🔑", protect=True)
    made.add_entry(made.root_group, "Mail", "one", "first")
    made.add_entry(made.root_group, "Mail", "two", "second", force_creation=True)
    made.trash_entry(made.add_entry(made.root_group, "Old", "x", "thrown away"))
    stretching = made.kdbx.header.value.dynamic_header.kdf_parameters.data.dict
    for label, value in (("I", 1), ("P", 1), ("M", 8 << 10)):  # passes, lanes, bytes: the least that Argon2 takes
        stretching[label].value = value
    stream.seek(0)
    stream.truncate()
    made.save(stream)
    return stream.getvalue()


class Seal:
    """Opens and seals what is inside of a database, with this database's keys.

    Attributes:
        inside: the inner header and the XML.
    """

    def __init__(self, raw: bytes) -> None:
        opened = PyKeePass(io.BytesIO(raw), password=PASSWORD).kdbx
        self._header = opened.header.data
        fields = opened.header.value.dynamic_header
        seed, stretched = fields.master_seed.data, opened.body.transformed_key
        self._base = hashlib.sha512(seed + stretched + b"\1").digest()
        self._cipher = Cipher(
            algorithms.AES256(hashlib.sha256(seed + stretched).digest()), modes.CBC(fields.encryption_iv.data)
        )
        self.inside = self._opened(raw[len(self._header) + 64 :])

    def sealed(self, inside: bytes) -> bytes:
        """A database with this inside; everything about it is right but that."""
        padder, encryptor = PKCS7(128).padder(), self._cipher.encryptor()
        padded = padder.update(gzip.compress(inside)) + padder.finalize()
        block = encryptor.update(padded) + encryptor.finalize()
        return (
            self._header
            + hashlib.sha256(self._header).digest()
            + self._sign(2**64 - 1, self._header)
            + self._block(0, block)
            + self._block(1, b"")
        )

    def _opened(self, blocks: bytes) -> bytes:
        """Of one block, and the empty one that ends it."""
        (length,) = struct.unpack_from("<I", blocks, 32)
        decryptor, unpadder = self._cipher.decryptor(), PKCS7(128).unpadder()
        padded = decryptor.update(blocks[36 : 36 + length]) + decryptor.finalize()
        return gzip.decompress(unpadder.update(padded) + unpadder.finalize())

    def _block(self, number: int, data: bytes) -> bytes:
        length = struct.pack("<I", len(data))
        return self._sign(number, struct.pack("<Q", number) + length + data) + length + data

    def _sign(self, number: int, data: bytes) -> bytes:
        key = hashlib.sha512(struct.pack("<Q", number) + self._base).digest()
        return hmac.digest(key, data, "sha256")
