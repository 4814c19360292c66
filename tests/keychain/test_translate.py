"""Every OSStatus that semantics and Security's header know has a name of ours, a hint, and its number in the text."""

from __future__ import annotations

import pytest

from factorywager.errors import (
    AccessDeniedError,
    AuthenticationError,
    CanceledError,
    ConflictError,
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
from factorywager.stores.keychain.translate import MEANINGS, translate

# Bun's codes, and what semantics says of the others.
KNOWN = {
    -128: CanceledError,
    -25293: AuthenticationError,
    -25308: InteractionNotAllowedError,
    -25315: InteractionRequiredError,
    -25300: NotFoundError,
    -25299: ConflictError,
    -50: PlatformError,
    -34018: AccessDeniedError,
    -25291: UnavailableError,
    -25307: UnavailableError,
    -25294: UnavailableError,
    -61: AccessDeniedError,
    -25292: AccessDeniedError,
    -34: StorageFullError,
    -25302: TooLongError,
    -67869: LockedError,
    -4: PlatformError,
    -36: PlatformError,
    -2070: PlatformError,
}


@pytest.mark.parametrize(("status", "kind"), KNOWN.items())
def test_a_status_means(status: int, kind: type[StoreError]) -> None:
    assert type(translate(status)) is kind


@pytest.mark.parametrize("status", MEANINGS)
def test_every_meaning_is_whole(status: int) -> None:
    error = translate(status, "words of the system")
    assert (error.store, error.native) == ("keychain", status)
    assert str(error).endswith(f" (code: {status})")
    assert not error.message.endswith(".")
    assert error.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "the Keychain reported an error"), ("Something Odd happened.", "something Odd happened")],
)
def test_a_status_without_a_meaning_is_told_in_the_system_s_words(text: str, message: str) -> None:
    error = translate(-99999, text)
    assert type(error) is PlatformError
    assert (error.message, error.native) == (message, -99999)
    assert error.hint


def test_over_ssh_the_hint_is_the_command_to_run() -> None:
    assert "security unlock-keychain" in (translate(-25308).hint or "")
