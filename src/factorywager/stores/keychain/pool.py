"""`Pool`: the Core Foundation objects of one call, released together and once, secrets zeroed first."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from ctypes import c_char, c_long, c_void_p

from ...errors import PlatformError
from ...model import Secret
from ...model.locked import LockedBuffer
from .frameworks import UTF8, CFRange, Frameworks
from .translate import STORE


class Pool:
    """Owns what it is given, until its ``with`` block ends.

    Core Foundation's rule: what a function with *Create* or *Copy* in its name gave belongs to the caller (`own`);
    what one with *Get* gave belongs to its container and is never released here.
    """

    def __init__(self, frameworks: Frameworks) -> None:
        self._frameworks = frameworks
        self._owned: list[int] = []
        self._secrets: list[tuple[int, int]] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    def release(self) -> None:
        """Zero the secrets and release everything; a second time does nothing."""
        secrets, self._secrets = self._secrets, []
        for address, length in secrets:
            ctypes.memset(address, 0, length)
        owned, self._owned = self._owned, []
        for reference in reversed(owned):
            self._frameworks.cf.CFRelease(reference)

    def own(self, reference: int | None) -> int:
        """Take over an object that a function created.

        Raises:
            PlatformError: it created none (no memory).
        """
        if not reference:
            raise PlatformError("macOS is out of memory", store=STORE)
        self._owned.append(reference)
        return reference

    def text(self, text: str) -> int:
        """A CFString."""
        encoded = text.encode()
        return self.own(self._frameworks.cf.CFStringCreateWithBytes(None, encoded, len(encoded), UTF8, False))

    def dictionary(self, pairs: Mapping[int, int]) -> int:
        """A CFDictionary, which retains what is in it."""
        keys, values = (c_void_p * len(pairs))(*pairs), (c_void_p * len(pairs))(*pairs.values())
        frameworks = self._frameworks
        return self.own(
            frameworks.cf.CFDictionaryCreate(
                None, keys, values, len(pairs), frameworks.key_callbacks, frameworks.value_callbacks
            )
        )

    def data(self, value: Secret) -> int:
        """A CFData with the secret's bytes, zeroed when this pool ends."""
        cf = self._frameworks.cf
        with value.bytes as view:
            length = len(view)
            data = self.own(cf.CFDataCreateMutable(None, length))
            cf.CFDataSetLength(data, length)
            address = cf.CFDataGetMutableBytePtr(data)
            if length:
                self._secrets.append((address, length))
                (c_char * length).from_address(address).raw = view  # type: ignore[assignment]  # any buffer will do
        # A caller that gave up wipes its value; zeros copied meanwhile must not be stored.
        value.bytes.release()
        return data

    def secret(self, data: int) -> Secret:
        """The bytes of a CFData that was handed over to us, moved to locked memory.

        The CFData is immutable by its type, but it is an ordinary allocation, made for this call: where nobody else
        holds it, it is zeroed.
        """
        cf = self._frameworks.cf
        self.expect(data, "CFData")
        length = cf.CFDataGetLength(data)
        buffer = LockedBuffer(length)
        if length:
            address = cf.CFDataGetBytePtr(data)
            target = (c_char * length).from_buffer(buffer.view)
            ctypes.memmove(target, address, length)
            del target
            if cf.CFGetRetainCount(data) == 1:
                ctypes.memset(address, 0, length)
        return Secret.adopt(buffer)

    # --- reading what belongs to another ------------------------------------------------------

    def is_a(self, reference: int | None, kind: str) -> bool:
        """Whether this is an object of that type: ``CFString``."""
        cf = self._frameworks.cf
        return bool(reference) and cf.CFGetTypeID(reference) == getattr(cf, f"{kind}GetTypeID")()

    def expect(self, reference: int | None, kind: str) -> None:
        """As `is_a`, where nothing else would make sense.

        Raises:
            PlatformError: it is something else.
        """
        if not self.is_a(reference, kind):
            raise PlatformError(f"the Keychain gave something that is no {kind}", hint="please report it", store=STORE)

    def read_text(self, string: int) -> str:
        """The text of a CFString."""
        cf = self._frameworks.cf
        length = cf.CFStringGetLength(string)
        buffer = ctypes.create_string_buffer(cf.CFStringGetMaximumSizeForEncoding(length, UTF8) + 1)
        used = c_long()
        cf.CFStringGetBytes(string, CFRange(0, length), UTF8, 0, False, buffer, len(buffer), ctypes.byref(used))
        return buffer.raw[: used.value].decode()
