"""What an OSStatus of Security means here.  Nothing else may escape the Keychain.

Source: Apple's SecBase.h; Authorization.h for those near -60000; ``Bun.secrets`` for which of them have codes of
their own.  What macOS answers in which situation is documented, not seen: see docs/stores/keychain.md.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ...errors import (
    AccessDeniedError,
    AuthenticationError,
    CanceledError,
    ConflictError,
    CorruptError,
    InteractionNotAllowedError,
    InteractionRequiredError,
    LockedError,
    NotFoundError,
    PlatformError,
    StorageFullError,
    StoreError,
    TooLongError,
    UnavailableError,
)

STORE: Final = "keychain"

# the three that calls act on
SUCCESS: Final = 0
DUPLICATE_ITEM: Final = -25299
ITEM_NOT_FOUND: Final = -25300


class Meaning(NamedTuple):
    """What a status is raised as, in which words, and what to do about it."""

    error: type[StoreError]
    message: str
    hint: str


_UNLOCK = "run `security unlock-keychain` first (over SSH it asks for the login password)"
_ALLOW = "choose Always Allow in the dialog, or allow this Python in Keychain Access, under the entry's Access Control"
_SEALED = "use the vault's sealed mode (`factorywager vault init --mode sealed`), which needs one entry only"
_REPORT = "please report it, with what `factorywager doctor` shows"
_REPAIR = "look at the keychain in Keychain Access; a damaged one is restored from a backup"
_CREATE = "log in at the Mac's screen once, or choose one with `security default-keychain -s`; or use --store vault"
_RESTART = "log out and in again, or restart; or use --store vault"
_PRIVATE = "unlock or choose a keychain that you may write to; `security list-keychains` shows them"

_INTERACTION = "a dialog would be needed, and none may be shown"

MEANINGS: Final[dict[int, Meaning]] = {
    # people
    -128: Meaning(CanceledError, "the dialog was dismissed", "try again, and answer the dialog"),
    -60006: Meaning(CanceledError, "the authorization dialog was dismissed", "try again, and answer the dialog"),
    -25293: Meaning(AuthenticationError, "the password was wrong, or access was refused", f"{_ALLOW}; or {_UNLOCK}"),
    -25308: Meaning(InteractionNotAllowedError, _INTERACTION, f"{_UNLOCK}; or {_ALLOW}"),
    -25320: Meaning(InteractionNotAllowedError, "the Mac is asleep and can show no dialog", "wake it, and try again"),
    -60007: Meaning(InteractionNotAllowedError, _INTERACTION, _UNLOCK),
    -25315: Meaning(
        InteractionRequiredError, "the Keychain insists on a person", f"run this at the screen; or {_UNLOCK}"
    ),
    -67869: Meaning(LockedError, "the keychain is locked", _UNLOCK),
    # rights
    -61: Meaning(AccessDeniedError, "the keychain may not be written to", _PRIVATE),
    -54: Meaning(AccessDeniedError, "the keychain's file may not be used", _PRIVATE),
    -25292: Meaning(AccessDeniedError, "the keychain is read-only", _PRIVATE),
    -25243: Meaning(AccessDeniedError, "this program has no access to the entry", _ALLOW),
    -25244: Meaning(AccessDeniedError, "this program may not change who has access to the entry", _ALLOW),
    -25317: Meaning(AccessDeniedError, "the entry may not be changed", _ALLOW),
    -34018: Meaning(
        AccessDeniedError, "this Python lacks an entitlement that macOS asks for", f"use a signed Python, or {_SEALED}"
    ),
    -60005: Meaning(AccessDeniedError, "macOS refused the authorization", _ALLOW),
    # the keychain itself
    -25291: Meaning(UnavailableError, "no keychain is available", _RESTART),
    -25294: Meaning(UnavailableError, "the keychain does not exist", _CREATE),
    -25307: Meaning(UnavailableError, "this user has no default keychain", _CREATE),
    -67585: Meaning(UnavailableError, "the Keychain's service is not available", _RESTART),
    -25312: Meaning(UnavailableError, "a part of the Keychain could not be loaded", _RESTART),
    -25295: Meaning(CorruptError, "the keychain's file is damaged", _REPAIR),
    -25310: Meaning(CorruptError, "the keychain was made by another version of macOS", _REPAIR),
    -26275: Meaning(CorruptError, "what the keychain holds cannot be decoded", _REPAIR),
    -25316: Meaning(CorruptError, "the entry's value cannot be retrieved", _REPAIR),
    -34: Meaning(StorageFullError, "the disk is full", "free some space; nothing was changed"),
    # entries
    ITEM_NOT_FOUND: Meaning(NotFoundError, "the Keychain has no such entry", "`factorywager list` shows what there is"),
    -25304: Meaning(NotFoundError, "the entry is gone", "another program deletes it; try again"),
    DUPLICATE_ITEM: Meaning(
        ConflictError, "the Keychain has such an entry already", "another program writes it; try again"
    ),
    -25296: Meaning(ConflictError, "the Keychain has such a keychain already", _REPORT),
    -25301: Meaning(TooLongError, "the value is longer than macOS had room for", _SEALED),
    -25302: Meaning(TooLongError, "the value is longer than the Keychain can hold", _SEALED),
    # calls that should not fail like this
    -4: Meaning(PlatformError, "this macOS does not know the call", _REPORT),
    -36: Meaning(PlatformError, "the keychain's file could not be read or written", _REPAIR),
    -50: Meaning(PlatformError, "macOS found a parameter invalid", _REPORT),
    -108: Meaning(PlatformError, "macOS is out of memory", "close some programs, and try again"),
    -909: Meaning(PlatformError, "macOS could not do this in the state it is in", _RESTART),
    -2070: Meaning(PlatformError, "a part of macOS failed, as it does when a keychain is locked", _UNLOCK),
    -4960: Meaning(PlatformError, "Core Foundation failed", _REPORT),
    -25240: Meaning(PlatformError, "the entry's access list is of a kind that cannot be read", _ALLOW),
    -25303: Meaning(PlatformError, "the Keychain does not know an attribute", _REPORT),
    -25305: Meaning(PlatformError, "the keychain could not be searched", _REPORT),
    -25306: Meaning(PlatformError, "the Keychain does not know the kind of entry", _REPORT),
    -25309: Meaning(PlatformError, "an attribute may not be changed", _REPORT),
}


def translate(status: int, text: str = "") -> StoreError:
    """The error for a status.

    Args:
        text: what the system says of it, for a status that this table lacks.
    """
    meaning = MEANINGS.get(status)
    if meaning is None:
        words = text.rstrip(".")
        message = (words[:1].lower() + words[1:]) or "the Keychain reported an error"
        return PlatformError(message, hint="`factorywager doctor` looks closer", store=STORE, native=status)
    return meaning.error(meaning.message, hint=meaning.hint, store=STORE, native=status)


def check(status: int) -> None:
    """Raise what a status means, unless that is success."""
    if status != SUCCESS:
        raise translate(status)
