"""`Frameworks`: Apple's Core Foundation and Security, loaded by `ctypes`, every function with its types.

Source of the types: Apple's headers CFBase.h, CFString.h, CFData.h, CFDictionary.h, SecItem.h, SecAccess.h, SecACL.h,
SecKeychain.h, SecCode.h.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_char_p, c_double, c_int32, c_long, c_ubyte, c_uint16, c_uint32, c_ulong, c_void_p
from functools import cache
from typing import Any, Final

from ...errors import PlatformError, UnavailableError
from .interaction import Interaction
from .translate import STORE

# Absolute, and below a volume that macOS seals: nothing in the environment can put other libraries in their place.
CORE_FOUNDATION: Final = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"
SECURITY: Final = "/System/Library/Frameworks/Security.framework/Security"

UTF8: Final = 0x08000100  # kCFStringEncodingUTF8


class CFRange(ctypes.Structure):
    """Passed by value."""

    _fields_ = (("location", c_long), ("length", c_long))


_Ref = c_void_p
_Refs = POINTER(c_void_p)
_Status = c_int32

# name: its result, then its arguments
_CORE_FOUNDATION: Final[dict[str, tuple[Any, ...]]] = {
    "CFRelease": (None, _Ref),
    "CFGetRetainCount": (c_long, _Ref),
    "CFGetTypeID": (c_ulong, _Ref),
    "CFStringGetTypeID": (c_ulong,),
    "CFDataGetTypeID": (c_ulong,),
    "CFDateGetTypeID": (c_ulong,),
    "CFNumberGetTypeID": (c_ulong,),
    "CFDictionaryGetTypeID": (c_ulong,),
    "CFArrayGetTypeID": (c_ulong,),
    "CFStringCreateWithBytes": (_Ref, _Ref, c_char_p, c_long, c_uint32, c_ubyte),
    "CFStringGetLength": (c_long, _Ref),
    "CFStringGetMaximumSizeForEncoding": (c_long, c_long, c_uint32),
    "CFStringGetBytes": (c_long, _Ref, CFRange, c_uint32, c_ubyte, c_ubyte, c_void_p, c_long, POINTER(c_long)),
    "CFDataCreateMutable": (_Ref, _Ref, c_long),
    "CFDataSetLength": (None, _Ref, c_long),
    "CFDataGetMutableBytePtr": (c_void_p, _Ref),
    "CFDataGetBytePtr": (c_void_p, _Ref),
    "CFDataGetLength": (c_long, _Ref),
    "CFDictionaryCreate": (_Ref, _Ref, _Refs, _Refs, c_long, c_void_p, c_void_p),
    "CFDictionaryGetValue": (_Ref, _Ref, _Ref),
    "CFArrayGetCount": (c_long, _Ref),
    "CFArrayGetValueAtIndex": (_Ref, _Ref, c_long),
    "CFDateGetAbsoluteTime": (c_double, _Ref),
    "CFNumberGetValue": (c_ubyte, _Ref, c_long, c_void_p),
}
_SECURITY: Final[dict[str, tuple[Any, ...]]] = {
    "SecItemAdd": (_Status, _Ref, _Refs),
    "SecItemCopyMatching": (_Status, _Ref, _Refs),
    "SecItemUpdate": (_Status, _Ref, _Ref),
    "SecItemDelete": (_Status, _Ref),
    "SecAccessCreate": (_Status, _Ref, _Ref, _Refs),
    "SecAccessCopyMatchingACLList": (_Ref, _Ref, _Ref),
    "SecACLSetContents": (_Status, _Ref, _Ref, _Ref, c_uint16),
    "SecKeychainGetUserInteractionAllowed": (_Status, POINTER(c_ubyte)),
    "SecKeychainSetUserInteractionAllowed": (_Status, c_ubyte),
    "SecKeychainCopyDefault": (_Status, _Refs),
    "SecKeychainGetStatus": (_Status, _Ref, POINTER(c_uint32)),
    "SecKeychainGetPath": (_Status, _Ref, POINTER(c_uint32), c_char_p),
    "SecCopyErrorMessageString": (_Ref, c_int32, c_void_p),
    "SecCodeCopySelf": (_Status, c_uint32, _Refs),
    "SecCodeCopySigningInformation": (_Status, _Ref, c_uint32, _Refs),
}


class Frameworks:
    """The two libraries, and what belongs to the whole process with them.

    Args:
        core_foundation, security: paths of the libraries.

    Attributes:
        cf, sec: the libraries; what they have is called under Apple's names: ``frameworks.sec.SecItemAdd(…)``.
        interaction: whether dialogs may appear, a setting of the whole process.

    Raises:
        UnavailableError: they are not here (another system), or lack a function.
    """

    def __init__(self, core_foundation: str, security: str) -> None:
        try:
            self.cf = _typed(core_foundation, _CORE_FOUNDATION)
            self.sec = _typed(security, _SECURITY)
            self.key_callbacks = _address(self.cf, "kCFTypeDictionaryKeyCallBacks")
            self.value_callbacks = _address(self.cf, "kCFTypeDictionaryValueCallBacks")
            self.true = _constant(self.cf, "kCFBooleanTrue")
        except (OSError, AttributeError, ValueError) as error:
            raise UnavailableError(
                "the Keychain's libraries cannot be used here",
                hint="the Keychain is macOS's; choose another store with --store",
                store=STORE,
                native=type(error).__name__,
            ) from None
        self.interaction = Interaction(self.sec)
        self._pid = os.getpid()

    def constant(self, name: str) -> int:
        """The object that Security has under this name: ``kSecClass``.  Nobody's to release."""
        return _constant(self.sec, name)

    def check_process(self) -> None:
        """Refuse a forked child.

        fork(2) on macOS: no framework may be used between fork and exec; Core Foundation aborts, or hangs, where it
        notices (python-keyring issue 281).

        Raises:
            PlatformError: this process was forked after the frameworks were loaded.
        """
        if os.getpid() != self._pid:
            raise PlatformError(
                "the Keychain cannot be used in a forked process: macOS's frameworks do not survive a fork",
                hint="start workers with multiprocessing's spawn method, or read the secret before forking",
                store=STORE,
            )


@cache
def load(core_foundation: str, security: str) -> Frameworks:
    """The libraries at these paths, loaded once for the process."""
    return Frameworks(core_foundation, security)


def _typed(path: str, functions: dict[str, tuple[Any, ...]]) -> ctypes.CDLL:
    library = ctypes.CDLL(path)
    for name, (result, *arguments) in functions.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


def _address(library: ctypes.CDLL, name: str) -> int:
    return ctypes.addressof(c_ubyte.in_dll(library, name))


def _constant(library: ctypes.CDLL, name: str) -> int:
    return c_void_p.in_dll(library, name).value or 0
