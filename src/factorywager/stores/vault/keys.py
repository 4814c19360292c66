"""`Keys`: how a vault's master key is got at, in each of its modes."""

# pathlib costs 5 ms at start-up
# ruff: noqa: PTH117, PTH123

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ...errors import (
    ArgumentValueError,
    AuthenticationError,
    CorruptError,
    InteractionNotAllowedError,
    LockedError,
    NotFoundError,
    StoreError,
    UnavailableError,
)
from ...flow import Flow, Work
from ...model import Ref, Secret
from ...model.locked import LockedBuffer
from ...protocols.vault import (
    ENTRY_SERVICE,
    KEY_BYTES,
    Header,
    Mode,
    new_identity,
    random_key,
    stretch,
    unwrap,
)
from . import kernel_keyring
from .home import Home, check_private, create_private, create_whole, read_key_file
from .translate import STORE, translate

if TYPE_CHECKING:
    from ..store import Store, Terms

# Asks the user for a passphrase; called on a thread that may block.
Ask: TypeAlias = Callable[[], Secret]

_SALT_BYTES = 16
_LONGEST_PASSPHRASE = 4096  # bytes


class Keys:
    """The ways to a vault's master key.

    Args:
        keeper: the OS store that the sealed mode keeps its one entry in; the platform's own where none is given.
        ask: asks the user for the passphrase, where there is a user to ask.
    """

    def __init__(self, home: Home, keeper: Store | None, ask: Ask | None) -> None:
        self._home = home
        self._keeper = keeper
        self._ask = ask

    def open(self, header: Header, terms: Terms) -> Flow[LockedBuffer]:
        """The master key, to be wiped by the caller.

        Raises:
            LockedError: a passphrase is needed, and there is no way to ask for it.
            AuthenticationError: the key, or the passphrase, is not this vault's.
            NotFoundError: the key file, or the OS store's entry, is gone.
        """
        if header.mode is Mode.SEALED:
            key = yield from self._from_keeper(header, terms)
            return _opened(header, key, "the OS store's entry is not this vault's key")
        read = self._from_file if header.mode is Mode.KEY_FILE else self._from_passphrase
        master: LockedBuffer = yield Work(lambda: read(header, terms), terms.deadline)
        return master

    def invent(self, vault: str, mode: Mode, terms: Terms, ask: Ask | None) -> Flow[tuple[Header, LockedBuffer]]:
        """A header for a new generation, its master key still unwrapped, and the key to wrap it with.

        Args:
            ask: gives the new passphrase; else it is the one in ``FACTORYWAGER_VAULT_PASSPHRASE_FILE``.
        """
        header = Header(vault, new_identity(), mode)
        if mode is Mode.PASSPHRASE:
            made: tuple[Header, LockedBuffer] = yield Work(lambda: _from_new_passphrase(header, ask), terms.deadline)
            return made
        if mode is Mode.KEY_FILE:
            path = _key_file_elsewhere()
            if path is not None:
                return header._replace(key_file=path), (yield Work(lambda: _provided_key(path), terms.deadline))
            header = header._replace(key_file=f"vault-{header.generation}.key")
        return header, random_key()

    def keep(self, header: Header, key: LockedBuffer, terms: Terms) -> Flow[None]:
        """Put a new generation's key where `open` will look for it."""
        if header.mode is Mode.SEALED:
            digits = LockedBuffer(2 * KEY_BYTES)
            for at, byte in enumerate(key.view):
                digits.view[2 * at : 2 * at + 2] = b"%02x" % byte
            value = Secret.adopt(digits)
            try:
                from ..store import Options

                yield from self.keeper().set(Ref(ENTRY_SERVICE, header.entry), value, terms, Options())
            finally:
                value.wipe()
        elif header.mode is Mode.KEY_FILE and not os.path.isabs(header.key_file):
            path = self._home.file(header.key_file)
            yield Work(lambda: create_private(path, key.view), terms.deadline)

    def forget(self, header: Header, terms: Terms) -> Flow[None]:
        """Remove what `keep` put outside the vault's directory, of a generation that nothing refers to any more."""
        if header.mode is Mode.SEALED:
            try:
                yield from self.keeper().delete(Ref(ENTRY_SERVICE, header.entry), terms)
            except StoreError:
                return  # it opens nothing by now; failing a finished change for it would be a lie
        elif header.mode is Mode.PASSPHRASE:
            yield Work(lambda: kernel_keyring.forget(header), terms.deadline)

    def keeper(self) -> Store:
        """The OS store of the sealed mode."""
        if self._keeper is None:
            from ..native import open_native

            self._keeper = open_native()
        return self._keeper

    def _from_file(self, header: Header, terms: Terms) -> LockedBuffer:
        # The variable first, then where the key was made: so a rekey can move it from the one to the other.
        recorded = header.key_file if os.path.isabs(header.key_file) else self._home.file(header.key_file)
        found = False
        for path in dict.fromkeys(filter(None, (_key_file_elsewhere(), recorded))):
            key = read_key_file(path)
            if key is None:
                continue
            found = True
            try:
                master = unwrap(header, key)
            finally:
                key.wipe()
            if master is not None:
                return master
        if not found:
            raise NotFoundError(
                f"the vault's key file {recorded} is missing",
                hint="restore it from a backup, or name its new place in FACTORYWAGER_VAULT_KEY_FILE",
                store=STORE,
            )
        raise AuthenticationError(
            "the key file is not this vault's key",
            hint=f"the vault was made with {recorded}; FACTORYWAGER_VAULT_KEY_FILE names another place",
            store=STORE,
        )

    def _from_passphrase(self, header: Header, terms: Terms) -> LockedBuffer:
        kept = kernel_keyring.find(header)
        if kept is not None:
            return kept.master
        passphrase = passphrase_file()
        if passphrase is None and self._ask is not None and terms.interactive:
            passphrase = self._ask()
        if passphrase is None:
            raise LockedError(
                "the vault is locked by a passphrase",
                hint="run `factorywager vault unlock`, or set FACTORYWAGER_VAULT_PASSPHRASE_FILE",
                store=STORE,
            )
        return _opened(header, _stretched(passphrase, header), "the passphrase is wrong")

    def _from_keeper(self, header: Header, terms: Terms) -> Flow[LockedBuffer]:
        keeper = self.keeper()
        digits = yield from keeper.get(Ref(ENTRY_SERVICE, header.entry), terms)
        if digits is None:
            raise NotFoundError(
                f"the entry that opens the vault, {ENTRY_SERVICE}/{header.entry}, is not in {keeper.name}",
                hint="it was deleted, or is in another user's store; restore it: nothing else opens the vault",
                store=STORE,
            )
        key = LockedBuffer(KEY_BYTES)
        view = digits.bytes
        try:
            if len(view) != 2 * KEY_BYTES:
                raise ValueError
            for at in range(KEY_BYTES):
                key.view[at] = int(bytes(view[2 * at : 2 * at + 2]), 16)
        except ValueError:
            raise CorruptError(
                f"the entry {ENTRY_SERVICE}/{header.entry} in {keeper.name} is not a key",
                hint="restore it: nothing else opens the vault",
                store=STORE,
            ) from None
        finally:
            view.release()
            digits.wipe()
        return key


def passphrase_file() -> Secret | None:
    """The passphrase in the file that ``FACTORYWAGER_VAULT_PASSPHRASE_FILE`` names; ``None`` where it names none.

    One line end at the file's end is not part of it.
    """
    path = os.environ.get("FACTORYWAGER_VAULT_PASSPHRASE_FILE")
    if not path:
        return None
    text = bytearray(_LONGEST_PASSPHRASE + 1)
    try:
        check_private(os.path.realpath(path))
        with open(path, "rb", buffering=0) as file:
            size = file.readinto(text) or 0
        if size > _LONGEST_PASSPHRASE:
            raise ArgumentValueError(f"the passphrase in {path} is longer than {_LONGEST_PASSPHRASE} bytes")
        for ending in (b"\r\n", b"\n"):
            if text.endswith(ending, 0, size):
                size -= len(ending)
                break
        return Secret(memoryview(text)[:size])
    except OSError as error:
        raise translate(error, path) from None
    finally:
        text[:] = bytes(len(text))


def _from_new_passphrase(header: Header, ask: Ask | None) -> tuple[Header, LockedBuffer]:
    passphrase = ask() if ask is not None else passphrase_file()
    if passphrase is None:
        raise InteractionNotAllowedError(
            "a new passphrase is needed, and there is nobody to ask",
            hint="set FACTORYWAGER_VAULT_PASSPHRASE_FILE to a file that holds it",
            store=STORE,
        )
    if passphrase.empty:
        raise ArgumentValueError("the new passphrase is empty", hint="choose a phrase of several words")
    header = header._replace(salt=os.urandom(_SALT_BYTES))
    return header, _stretched(passphrase, header)


def _stretched(passphrase: Secret, header: Header) -> LockedBuffer:
    with passphrase.lease() as view:
        return stretch(view, header)


def _opened(header: Header, key: LockedBuffer, complaint: str) -> LockedBuffer:
    """The master key under ``key``, which is wiped."""
    try:
        master = unwrap(header, key)
    finally:
        key.wipe()
    if master is None:
        raise AuthenticationError(complaint, hint="nothing was changed; try again", store=STORE)
    return master


def _key_file_elsewhere() -> str | None:
    path = os.environ.get("FACTORYWAGER_VAULT_KEY_FILE")
    if path and "\n" in path:
        raise ArgumentValueError("FACTORYWAGER_VAULT_KEY_FILE names a path with a line break")
    return os.path.realpath(path) if path else None


def _provided_key(path: str) -> LockedBuffer:
    """The key at a place of the user's choice, made there when there is none."""
    fresh = random_key()
    try:
        key = read_key_file(path)
        if key is None:
            create_whole(path, fresh.view)
            key = read_key_file(path)
    finally:
        fresh.wipe()
    if key is None:
        raise UnavailableError(f"the key file {path} vanished", hint="another program removes it", store=STORE)
    return key
