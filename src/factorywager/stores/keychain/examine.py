"""What `factorywager doctor` says about the Keychain, and about the Python that asks it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import byref, c_int64, c_uint32, c_void_p
from typing import Final, NamedTuple

from ...errors import FactoryWagerError
from ...flow import Flow
from ..store import Finding
from .frameworks import Frameworks
from .pool import Pool
from .translate import MEANINGS, check

_UNLOCKED: Final = 1  # kSecUnlockStateStatus
_LONGEST_PATH: Final = 1024  # PATH_MAX of macOS
_SIGNING_INFORMATION: Final = 2  # kSecCSSigningInformation
_AD_HOC: Final = 2  # kSecCodeSignatureAdhoc
_SINT64: Final = 4  # kCFNumberSInt64Type

_SEALED_HINT = (
    "macOS knows a program by its signature: it asks once for every entry, and again after each update of this Python. "
    "`factorywager vault init --mode sealed` keeps any number of secrets behind one entry"
)


class DefaultKeychain(NamedTuple):
    """The keychain that new entries go to."""

    path: str
    unlocked: bool


class Signature(NamedTuple):
    """How this process's program is signed.

    Attributes:
        identifier: who it says it is, or ``None`` without a signature.
        team: who vouches for it, or ``None``: an ad-hoc signature, or Apple's own.
    """

    identifier: str | None
    team: str | None
    ad_hoc: bool


def default_keychain(frameworks: Frameworks) -> DefaultKeychain:
    """The default keychain.

    Raises:
        UnavailableError: there is none.
    """
    with Pool(frameworks) as pool:
        found = c_void_p()
        check(frameworks.sec.SecKeychainCopyDefault(byref(found)))
        keychain = pool.own(found.value)
        status, room = c_uint32(), c_uint32(_LONGEST_PATH)
        path = ctypes.create_string_buffer(_LONGEST_PATH)
        check(frameworks.sec.SecKeychainGetStatus(keychain, byref(status)))
        check(frameworks.sec.SecKeychainGetPath(keychain, byref(room), path))
        return DefaultKeychain(path.raw[: room.value].decode(errors="replace"), bool(status.value & _UNLOCKED))


def signature(frameworks: Frameworks) -> Signature:
    """The signature of the code that this process runs."""
    cf, constant = frameworks.cf, frameworks.constant
    with Pool(frameworks) as pool:
        code, information = c_void_p(), c_void_p()
        check(frameworks.sec.SecCodeCopySelf(0, byref(code)))
        own = pool.own(code.value)
        check(frameworks.sec.SecCodeCopySigningInformation(own, _SIGNING_INFORMATION, byref(information)))
        known = pool.own(information.value)

        def text(name: str) -> str | None:
            found = cf.CFDictionaryGetValue(known, constant(name))
            return pool.read_text(found) if pool.is_a(found, "CFString") else None

        flags = c_int64()
        number = cf.CFDictionaryGetValue(known, constant("kSecCodeInfoFlags"))
        if pool.is_a(number, "CFNumber"):
            cf.CFNumberGetValue(number, _SINT64, byref(flags))
        return Signature(
            text("kSecCodeInfoIdentifier"), text("kSecCodeInfoTeamIdentifier"), bool(flags.value & _AD_HOC)
        )


def examine(ask: Callable[[Callable[[Frameworks], Finding]], Flow[Finding]]) -> Flow[list[Finding]]:
    """Looks at the default keychain and at this process's signature; reads no entry, and shows no dialog.

    Args:
        ask: runs a function on the frameworks.
    """
    findings: list[Finding] = []
    for what, look in (("default keychain", _keychain_finding), ("signature", _signature_finding)):
        try:
            findings.append((yield from ask(look)))
        except FactoryWagerError as error:
            findings.append(Finding("problem", what, str(error), error.hint))
    return findings


def _keychain_finding(frameworks: Frameworks) -> Finding:
    keychain = default_keychain(frameworks)
    if keychain.unlocked:
        return Finding("ok", "default keychain", f"{keychain.path} is unlocked")
    return Finding("note", "default keychain", f"{keychain.path} is locked", MEANINGS[-25308].hint)


def _signature_finding(frameworks: Frameworks) -> Finding:
    found = signature(frameworks)
    if found.identifier is None:
        return Finding("note", "signature", "this Python is not signed", _SEALED_HINT)
    if found.ad_hoc:
        return Finding("note", "signature", f"this Python ({found.identifier}) is signed ad hoc", _SEALED_HINT)
    team = f" by team {found.team}" if found.team else ""
    return Finding("ok", "signature", f"{found.identifier}, signed{team}")
