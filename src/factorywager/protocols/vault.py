"""The vault's formats: its header, its keys, and the sealing of one value into one row.  No I/O.

The header is text, so that a person can see which key a vault needs::

    factorywager-vault 1
    vault 6f0c…            identity; stays the same when the vault is rekeyed
    generation 9be1…       names the database file and what belongs to it; new with every key
    mode passphrase        key-file, passphrase or sealed
    argon2id 65536 3 4 …   memory in KiB, passes, lanes, salt   (passphrase)
    key-file …             a name in the same directory, or an absolute path   (key-file)
    wrapped …              nonce and AES-256-GCM of the master key; AAD: every line above
    check …                SHA-256 of every line above, to tell damage from a wrong key

One 32-byte master key; HKDF-SHA256 (RFC 5869) makes two of it, so that whoever finds the database's key in this
process (the engine keeps it in ordinary memory) cannot open the values.
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ..errors import CorruptError, UnavailableError
from ..model import Ref
from ..model.locked import LockedBuffer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = 1
KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_MAGIC = "factorywager-vault"

# OpenSSL computes several lanes with a pool of threads: two derivations at once then wait for each other for ever
# (seen with OpenSSL 4.0 on two cores), and the pool does not survive a fork.
_LANES = 1

# The service of the sealed mode's one entry in the OS store; its name is `Header.entry`.
ENTRY_SERVICE = "com.factorywager.vault"


class Mode(StrEnum):
    """Where the key that opens the master key lives."""

    KEY_FILE = "key-file"
    PASSPHRASE = "passphrase"  # noqa: S105 - its name
    SEALED = "sealed"


class Argon2Cost(NamedTuple):
    """What one guess at a passphrase costs: RFC 9106's second recommended choice, but for its lanes."""

    memory: int = 64 * 1024  # KiB
    passes: int = 3


class Header(NamedTuple):
    """What ``vault.header`` says.

    Attributes:
        vault, generation: 32 hexadecimal digits each.
        key_file: key-file mode: a name inside the vault's directory, or an absolute path.
        cost, salt: passphrase mode.
        wrapped: the master key, encrypted under the key that the mode tells how to get.
    """

    vault: str
    generation: str
    mode: Mode
    key_file: str = ""
    cost: Argon2Cost = Argon2Cost()
    salt: bytes = b""
    wrapped: bytes = b""

    @property
    def database(self) -> str:
        """The database's file name."""
        return f"vault-{self.generation}.db"

    @property
    def entry(self) -> str:
        """The name of the sealed mode's entry in the OS store."""
        return f"{self.vault}-{self.generation}"


# --- the header -------------------------------------------------------------------------------


def encode_header(header: Header) -> bytes:
    """The header's file contents."""
    text = _bound_part(header) + f"wrapped {header.wrapped.hex()}\n".encode()
    return text + b"check " + _sha256(text).hex().encode() + b"\n"


def decode_header(data: bytes) -> Header:
    """The header in ``data``.

    Raises:
        CorruptError: it is damaged, or no header at all.
        UnavailableError: it is a later version's.
    """
    try:
        return _decode_header(data)
    except (ValueError, IndexError):
        raise CorruptError(
            "the vault's header is damaged", hint="restore vault.header from a backup; nothing else opens the vault"
        ) from None


def _decode_header(data: bytes) -> Header:
    body, _, check = data.rpartition(b"check ")
    if check != _sha256(body).hex().encode() + b"\n":
        raise ValueError("check")
    lines = body.decode("utf-8", "surrogateescape").split("\n")
    fields = dict(line.split(" ", 1) for line in lines[:-1])
    if int(fields[_MAGIC]) != FORMAT:
        raise UnavailableError(
            f"the vault has format {fields[_MAGIC]}, this version reads format {FORMAT}", hint="upgrade factorywager"
        )
    mode = Mode(fields.get("mode", ""))
    header = Header(fields.get("vault", ""), fields.get("generation", ""), mode)
    header = header._replace(wrapped=bytes.fromhex(fields.get("wrapped", "")))
    if mode is Mode.KEY_FILE:
        header = header._replace(key_file=fields.get("key-file", ""))
    elif mode is Mode.PASSPHRASE:
        memory, passes, _lanes, salt = fields.get("argon2id", "").split(" ")
        cost = Argon2Cost(int(memory), int(passes))
        header = header._replace(cost=cost, salt=bytes.fromhex(salt))
        # a header of somebody else's making must not take all memory, or an hour
        if not (8 <= cost.memory <= 4 << 20 and 1 <= cost.passes <= 100):
            raise ValueError("cost")
    if not (_is_identity(header.vault) and _is_identity(header.generation)):
        raise ValueError("identity")
    if len(header.wrapped) != _NONCE_BYTES + KEY_BYTES + _TAG_BYTES or encode_header(header) != data:
        raise ValueError("form")
    return header


def _bound_part(header: Header) -> bytes:
    """The lines that the wrapped master key is bound to."""
    lines = [
        f"{_MAGIC} {FORMAT}",
        f"vault {header.vault}",
        f"generation {header.generation}",
        f"mode {header.mode.value}",
    ]
    if header.mode is Mode.KEY_FILE:
        lines.append(f"key-file {header.key_file}")
    elif header.mode is Mode.PASSPHRASE:
        memory, passes = header.cost
        lines.append(f"argon2id {memory} {passes} {_LANES} {header.salt.hex()}")
    # surrogates: a path is bytes on Unix, whatever they mean
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def _is_identity(text: str) -> bool:
    return len(text) == 32 and not text.strip("0123456789abcdef")


def new_identity() -> str:
    """A fresh `Header.vault` or `Header.generation`."""
    return os.urandom(16).hex()


def _sha256(data: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256, Hash

    digest = Hash(SHA256())
    digest.update(data)
    return digest.finalize()


# --- keys -------------------------------------------------------------------------------------


def random_key() -> LockedBuffer:
    """A new 32-byte key, made in locked memory."""
    key = LockedBuffer(KEY_BYTES)
    key.view[:] = os.urandom(KEY_BYTES)
    return key


def wrap(header: Header, key: LockedBuffer, master: LockedBuffer) -> Header:
    """``header`` with ``master`` encrypted under ``key``."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    return header._replace(wrapped=nonce + AESGCM(key.view).encrypt(nonce, master.view, _bound_part(header)))


def unwrap(header: Header, key: LockedBuffer) -> LockedBuffer | None:
    """The master key, or ``None`` when ``key`` is not the one."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, sealed = header.wrapped[:_NONCE_BYTES], header.wrapped[_NONCE_BYTES:]
    master = LockedBuffer(KEY_BYTES)
    try:
        AESGCM(key.view).decrypt_into(nonce, sealed, _bound_part(header), master.view)
    except InvalidTag:
        master.wipe()
        return None
    return master


def stretch(passphrase: memoryview, header: Header) -> LockedBuffer:
    """The key a passphrase stands for: Argon2id (RFC 9106) at the header's cost."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    memory, passes = header.cost
    key = LockedBuffer(KEY_BYTES)
    kdf = Argon2id(salt=header.salt, length=KEY_BYTES, iterations=passes, lanes=_LANES, memory_cost=memory)
    kdf.derive_into(passphrase, key.view)  # type: ignore[arg-type]  # takes any buffer, as HKDF's stub says
    return key


def _derive(master: LockedBuffer, purpose: bytes) -> LockedBuffer:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    key = LockedBuffer(KEY_BYTES)
    HKDF(SHA256(), KEY_BYTES, None, b"factorywager vault 1: " + purpose).derive_into(master.view, key.view)
    return key


def database_key(master: LockedBuffer) -> LockedBuffer:
    """The key of the database's pages."""
    return _derive(master, b"database")


# --- values -----------------------------------------------------------------------------------


class Sealer:
    """Seals values into rows with AES-256-GCM and opens them again, bound to the row they belong to.

    Random 96-bit nonces: good for 2³² values under one key (NIST SP 800-38D §8.3); a rekey begins anew.
    """

    __slots__ = ("_cipher", "_vault")

    def __init__(self, vault: str, master: LockedBuffer) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = _derive(master, b"values")
        self._cipher: AESGCM = AESGCM(key.view)
        key.wipe()
        self._vault = vault

    def seal(self, ref: Ref, revision: int, value: memoryview) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, self._place(ref, revision))

    def open(self, ref: Ref, revision: int, sealed: bytes) -> LockedBuffer:
        """The value, decrypted straight into locked memory: it is in no other place of this process.

        Raises:
            CorruptError: the row is damaged, or was sealed for another entry, revision or vault.
        """
        from cryptography.exceptions import InvalidTag

        size = len(sealed) - _NONCE_BYTES - _TAG_BYTES
        value = LockedBuffer(max(size, 0))
        try:
            if size < 0:
                raise InvalidTag
            rest = memoryview(sealed)[_NONCE_BYTES:]
            self._cipher.decrypt_into(sealed[:_NONCE_BYTES], rest, self._place(ref, revision), value.view)
        except InvalidTag:
            value.wipe()
            raise CorruptError(
                "the stored value is damaged, or belongs to another entry",
                hint="run `factorywager doctor`; restore the vault from a backup, or set the entry again",
                service=ref.service,
                name=ref.name,
            ) from None
        return value

    def _place(self, ref: Ref, revision: int) -> bytes:
        """What a value is bound to; each part with its length, so that no two places read alike."""
        parts = (self._vault.encode(), ref.service.encode(), ref.name.encode(), str(revision).encode())
        return b"".join(len(part).to_bytes(8, "big") + part for part in parts)
