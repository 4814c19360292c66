"""What Windows' error codes become: each that is known has a class and a hint, and any other one has an error too."""

from __future__ import annotations

import pytest

from factorywager import errors
from factorywager.stores.credential_manager.translate import CODES, translate

# What wincred.h's functions are documented to answer, and semantics §3.
EXPECTED = {
    5: errors.AccessDeniedError,
    8: errors.StorageFullError,
    13: errors.CorruptError,
    14: errors.StorageFullError,
    39: errors.StorageFullError,
    50: errors.UnavailableError,
    87: errors.PlatformError,
    111: errors.TooLongError,
    112: errors.StorageFullError,
    120: errors.UnavailableError,
    123: errors.PlatformError,
    126: errors.UnavailableError,
    127: errors.UnavailableError,
    206: errors.TooLongError,
    1058: errors.UnavailableError,
    1062: errors.UnavailableError,
    1115: errors.UnavailableError,
    1168: errors.PlatformError,
    1223: errors.CanceledError,
    1260: errors.AccessDeniedError,
    1312: errors.UnavailableError,
    1314: errors.AccessDeniedError,
    1315: errors.PlatformError,
    1450: errors.StorageFullError,
    1460: errors.DeadlineError,
    1722: errors.UnavailableError,
    1723: errors.UnavailableError,
    1726: errors.UnavailableError,
    1727: errors.UnavailableError,
    1783: errors.TooLongError,
    1816: errors.StorageFullError,
    2202: errors.PlatformError,
    0x80090003: errors.CorruptError,
    0x80090005: errors.CorruptError,
    0x8009000B: errors.CorruptError,
}


def test_the_table_is_whole() -> None:
    assert set(EXPECTED) == CODES


@pytest.mark.parametrize("code", EXPECTED)
def test_each_code_is_one_error_with_a_hint(code: int) -> None:
    error = translate(code)
    assert type(error) is EXPECTED[code]
    assert error.store == "credential-manager"
    assert error.hint
    assert str(error).endswith(f" (code: {code})")


@pytest.mark.parametrize("code", [0, 1, 1004, 0xFFFFFFFF])
def test_any_other_code_is_a_platform_error(code: int) -> None:
    error = translate(code)
    assert type(error) is errors.PlatformError
    assert error.native == code
    assert str(code) in error.hint


def test_a_network_logon_is_told_from_a_windows_without_credentials() -> None:
    assert "SSH" in translate(1312).message
    assert "SSH" not in translate(1062).message


def test_what_is_too_long_is_sent_to_the_sealed_vault() -> None:
    assert "--mode sealed" in translate(1783).hint
