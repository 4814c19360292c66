"""What lies in Credential Manager is what Bun puts there, and only that is taken for an entry."""

from __future__ import annotations

from collections.abc import Callable

import keyring
import pytest

from factorywager.errors import ConflictError, CorruptError, TooLongError
from factorywager.stores.credential_manager.advapi import LONGEST_BLOB, LONGEST_TARGET, LONGEST_USER
from factorywager.stores.credential_manager.store import CredentialManagerStore
from harness.caller import Caller

from .raw import DOMAIN_PASSWORD, Credentials


@pytest.fixture
def secrets(store: CredentialManagerStore, open_secrets: Callable[..., Caller]) -> Caller:
    return open_secrets(store, interactive=False)


def test_an_entry_is_as_bun_writes_it(secrets: Caller, service: str, raw: Credentials) -> None:
    secrets.set(service, "token", "密码🔒")
    found = raw.read(f"{service}/token")
    assert found == (f"{service}/token", "token", "密码🔒".encode(), 3, None)
    secrets.set(service, "token", "two", persist="local")
    found = raw.read(f"{service}/token")
    assert (found.blob, found.persist) == (b"two", 2)
    secrets.delete(service, "token")
    assert raw.read(f"{service}/token") is None


def test_what_bun_would_write_is_read(secrets: Caller, service: str, raw: Credentials) -> None:
    raw.write(f"{service}/token", "token", "密码🔒".encode())
    assert secrets.get(service, "token") == "密码🔒"
    assert secrets.get_many(service) == {"token": "密码🔒"}
    assert secrets.delete(service, "token") is True


def test_only_entries_are_listed(secrets: Caller, service: str, raw: Credentials) -> None:
    secrets.set(service, "mine", "1")
    secrets.set(f"{service}more", "another service's", "2")
    raw.write(f"{service}/of-nobody", None, b"3")
    raw.write(f"{service}/of-another", "alice", b"4")
    raw.write(f"{service}/of-a-domain", "of-a-domain", b"5", kind=DOMAIN_PASSWORD)
    raw.write("no-slash", "no-slash", b"6")
    raw.write("/no-service", "no-service", b"7")
    raw.write(f"{service}/half \ud83d", "half \ud83d", b"8")
    assert [info.name for info in secrets.list(service)] == ["mine"]
    assert secrets.get_many(service) == {"mine": "1"}
    everywhere = {(info.service, info.name) for info in secrets.list()}
    assert {(service, "mine"), (f"{service}more", "another service's")} <= everywhere
    assert not {"of-nobody", "of-another", "of-a-domain", "no-slash", "no-service"} & {name for _, name in everywhere}


def test_a_service_with_an_asterisk_is_not_a_pattern(secrets: Caller, service: str) -> None:
    secrets.set(f"{service}*", "a", "1")
    secrets.set(f"{service}x", "b", "2")
    assert [info.name for info in secrets.list(f"{service}*")] == ["a"]
    assert secrets.get_many(f"{service}*") == {"a": "1"}
    secrets.delete(f"{service}*", "a")


@pytest.mark.parametrize("user", [None, "alice"])
def test_a_place_that_another_program_has_is_refused(
    secrets: Caller, service: str, raw: Credentials, user: str | None
) -> None:
    raw.write(f"{service}/token", user, b"theirs")
    for call in (
        lambda: secrets.get(service, "token"),
        lambda: secrets.exists(service, "token"),
        lambda: secrets.set(service, "token", "ours"),
        lambda: secrets.delete(service, "token"),
        lambda: secrets.get_many(service, ["token"]),
    ):
        with pytest.raises(ConflictError) as caught:
            call()
        assert "theirs" not in str(caught.value)
    assert raw.read(f"{service}/token").blob == b"theirs"


@pytest.mark.parametrize("value", ["letters", "密码", "é", "🔒"])
def test_what_python_keyring_wrote_is_never_decoded_wrongly(secrets: Caller, service: str, value: str) -> None:
    keyring.set_password(f"{service}/token", "token", value)
    for call in (lambda: secrets.get(service, "token"), lambda: secrets.get_many(service)):
        with pytest.raises(CorruptError) as caught:
            call()
        assert "python-keyring" in caught.value.message
        assert value not in str(caught.value)
    with pytest.raises(CorruptError), secrets.lease(service, "token"):
        pass
    assert keyring.get_password(f"{service}/token", "token") == value
    secrets.set(service, "token", "ours")
    assert secrets.get(service, "token") == "ours"
    keyring.delete_password(f"{service}/token", "token")


@pytest.mark.parametrize("value", ["letters", "密码 and letters", "123"])
def test_utf_16_without_a_mark_is_known_by_its_zeros(
    secrets: Caller, service: str, raw: Credentials, value: str
) -> None:
    raw.write(f"{service}/token", "token", value.encode("utf-16-le"))
    with pytest.raises(CorruptError, match="UTF-16"):
        secrets.get(service, "token")


def test_bytes_that_are_no_text_are_an_error_of_get_and_are_leased(
    secrets: Caller, service: str, raw: Credentials
) -> None:
    raw.write(f"{service}/token", "token", b"\xc6\x5b\xff")
    with pytest.raises(CorruptError):
        secrets.get(service, "token")
    with secrets.lease(service, "token") as view:
        assert bytes(view) == b"\xc6\x5b\xff"


def test_the_longest_value_fits_and_one_byte_more_is_refused(secrets: Caller, service: str, raw: Credentials) -> None:
    secrets.set(service, "token", "x" * LONGEST_BLOB)
    assert secrets.get(service, "token") == "x" * LONGEST_BLOB
    with pytest.raises(TooLongError) as caught:
        secrets.set(service, "token", "x" * (LONGEST_BLOB + 1))
    assert "2,560" in caught.value.message
    assert "--mode sealed" in caught.value.hint
    assert len(raw.read(f"{service}/token").blob) == LONGEST_BLOB


@pytest.mark.filterwarnings("ignore::factorywager.errors.BestPracticeWarning")
@pytest.mark.parametrize(
    ("of_service", "of_name"),
    [(10, LONGEST_USER + 1), (LONGEST_TARGET, 1), (LONGEST_TARGET - LONGEST_USER, LONGEST_USER)],
    ids=["name", "service", "both"],
)
def test_names_that_windows_cannot_have_are_refused_by_every_verb(
    secrets: Caller, of_service: int, of_name: int
) -> None:
    service, name = "s" * of_service, "n" * of_name
    for call in (
        lambda: secrets.get(service, name),
        lambda: secrets.set(service, name, "value"),
        lambda: secrets.delete(service, name),
        lambda: secrets.exists(service, name),
    ):
        with pytest.raises(TooLongError) as caught:
            call()
        assert caught.value.hint
    assert secrets.list(service) == []


def test_lengths_are_counted_as_windows_counts(secrets: Caller, service: str) -> None:
    """A character beyond the basic plane is two units: 257 of them are 514."""
    with pytest.raises(TooLongError):
        secrets.get(service, "🔒" * 257)
    assert secrets.get(service, "é" * 200) is None
