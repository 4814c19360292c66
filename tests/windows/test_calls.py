"""What the store does between its callers and advapi32: errors, deadlines, threads, and zeros where a value was."""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections.abc import Callable
from typing import Any

import pytest

from factorywager import AsyncSecrets, Secrets
from factorywager.errors import DeadlineError, FallbackWarning, PlatformError, StoreError, UnavailableError
from factorywager.stores.credential_manager import advapi
from factorywager.stores.credential_manager.store import CredentialManagerStore
from factorywager.stores.credential_manager.translate import CODES, NOT_FOUND
from harness.caller import in_threads


class Library:
    """advapi32 with some of its functions replaced."""

    def __init__(self, **replaced: Callable[..., Any]) -> None:
        self._real = advapi._advapi()
        self._replaced = replaced

    def __getattr__(self, name: str) -> Any:
        return self._replaced.get(name) or getattr(self._real, name)


@pytest.fixture
def replace(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Puts functions in the place of advapi32's; gives the real library."""
    real = advapi._advapi()

    def put(**functions: Callable[..., Any]) -> Any:
        library = Library(**functions)
        monkeypatch.setattr(advapi, "_advapi", lambda: library)
        return real

    return put


@pytest.fixture
def secrets(store: CredentialManagerStore) -> Secrets:
    return Secrets(store, interactive=False, timeout=20)


def _fail(code: int) -> Callable[..., int]:
    def call(*arguments: object) -> int:
        ctypes.set_last_error(code)
        return 0

    return call


@pytest.mark.parametrize("code", sorted(CODES - {NOT_FOUND}))
def test_every_verb_raises_what_the_code_means(
    secrets: Secrets, service: str, replace: Callable[..., Any], code: int
) -> None:
    signed = ctypes.c_int32(code).value
    names = ("CredReadW", "CredWriteW", "CredDeleteW", "CredEnumerateW", "CredGetSessionTypes")
    replace(**dict.fromkeys(names, _fail(signed)))
    for call in (
        lambda: secrets.get(service, "token"),
        lambda: secrets.set(service, "token", "value"),
        lambda: secrets.delete(service, "token"),
        lambda: secrets.exists(service, "token"),
        lambda: secrets.list(service),
        lambda: secrets.get_many(service),
    ):
        with pytest.raises(StoreError) as caught:
            call()
        assert caught.value.native == code
        assert (caught.value.store, caught.value.service) == ("credential-manager", service)


def test_a_write_that_finds_no_place_is_no_success(secrets: Secrets, service: str, replace: Callable[..., Any]) -> None:
    replace(CredWriteW=_fail(NOT_FOUND))
    with pytest.raises(PlatformError):
        secrets.set(service, "token", "value")


def test_nothing_is_asked_of_windows_for_what_it_cannot_hold(
    secrets: Secrets, service: str, replace: Callable[..., Any]
) -> None:
    def never(*arguments: object) -> int:
        raise AssertionError("Windows was called")

    replace(CredReadW=never, CredWriteW=never, CredDeleteW=never)
    for name, value in (("token", "x" * 2561), ("n" * 514, "value")):
        with pytest.raises(StoreError):
            secrets.set(service, name, value)


def test_a_network_logon_is_its_own_error_and_auto_takes_the_vault(service: str, replace: Callable[..., Any]) -> None:
    replace(CredGetSessionTypes=_fail(1312), CredReadW=_fail(1312))
    with pytest.raises(UnavailableError, match="over the network") as caught:
        Secrets("credential-manager", interactive=False).get(service, "token")
    assert str(caught.value).endswith("(code: 1312)")
    with Secrets("auto", interactive=False) as secrets:
        with pytest.warns(FallbackWarning, match="over the network"):
            secrets.set(service, "token", "one")
        assert [info.store for info in secrets.list(service)] == ["vault"]


def test_auto_takes_credential_manager(service: str) -> None:
    secrets = Secrets("auto", interactive=False)
    secrets.set(service, "token", "one")
    assert [info.store for info in secrets.list(service)] == ["credential-manager"]


def test_a_session_that_keeps_nothing_is_unavailable(service: str, replace: Callable[..., Any]) -> None:
    def nothing(size: int, longest: Any) -> int:
        return 1  # every type stays at CRED_PERSIST_NONE

    replace(CredGetSessionTypes=nothing)
    with Secrets("auto", interactive=False) as secrets, pytest.warns(FallbackWarning):
        assert secrets.get(service, "token") is None


def test_blobs_are_wiped_before_they_are_freed(secrets: Secrets, service: str, replace: Callable[..., Any]) -> None:
    value = "wipe me " * 20
    secrets.set_many(service, {"a": value, "b": value})
    seen: list[tuple[int, int]] = []
    freed: list[bytes] = []

    def read(target: str, kind: int, flags: int, found: Any) -> int:
        done = real.CredReadW(target, kind, flags, found)
        if done:
            _note(found._obj.contents)
        return done

    def enumerate_all(pattern: str, flags: int, count: Any, found: Any) -> int:
        done = real.CredEnumerateW(pattern, flags, count, found)
        for at in range(count._obj.value):
            _note(found._obj[at].contents)
        return done

    def _note(credential: advapi.Credential) -> None:
        assert ctypes.string_at(credential.blob, credential.blob_size) == value.encode()
        seen.append((credential.blob, credential.blob_size))

    def free(found: Any) -> None:
        freed.extend(ctypes.string_at(*place) for place in seen)
        seen.clear()
        real.CredFree(found)

    real = replace(CredReadW=read, CredEnumerateW=enumerate_all, CredFree=free)
    assert secrets.get(service, "a") == value
    assert secrets.exists(service, "a") is True
    assert secrets.get_many(service) == {"a": value, "b": value}
    secrets.list(service)
    secrets.set(service, "a", value)
    assert secrets.delete(service, "a") is True
    assert len(freed) == 8
    assert all(blob == bytes(len(value)) for blob in freed)
    assert not seen


def test_calls_on_one_entry_never_overlap(service: str, replace: Callable[..., Any]) -> None:
    inside: set[str] = set()
    overlaps: list[str] = []
    real = advapi._advapi()

    def write(credential: Any, flags: int) -> int:
        target = credential._obj.target
        if target in inside:
            overlaps.append(target)
        inside.add(target)
        done = real.CredWriteW(credential, flags)
        inside.discard(target)
        return done

    replace(CredWriteW=write)

    def work(number: int) -> None:
        own = Secrets("credential-manager", interactive=False)  # one lock, however many stores
        for turn in range(10):
            own.set(service, "contended", f"{number}-{turn}")

    in_threads([lambda number=number: work(number) for number in range(6)])
    assert overlaps == []


def test_an_entry_that_is_in_use_is_waited_for_until_the_deadline(service: str, replace: Callable[..., Any]) -> None:
    entered, leave = threading.Event(), threading.Event()
    real = advapi._advapi()

    def write(credential: Any, flags: int) -> int:
        entered.set()
        assert leave.wait(20)
        return real.CredWriteW(credential, flags)

    replace(CredWriteW=write)
    writer = threading.Thread(target=Secrets("credential-manager", interactive=False).set, args=(service, "a", "1"))
    writer.start()
    assert entered.wait(20)
    with pytest.raises(DeadlineError):
        Secrets("credential-manager", interactive=False, timeout=0.1).get(service, "a")
    leave.set()
    writer.join(20)
    assert Secrets("credential-manager", interactive=False).get(service, "a") == "1"


def test_asyncio_goes_on_while_windows_is_asked(service: str, replace: Callable[..., Any]) -> None:
    leave = threading.Event()
    real = advapi._advapi()

    def read(*arguments: Any) -> int:
        assert leave.wait(20)
        return real.CredReadW(*arguments)

    replace(CredReadW=read)

    async def main() -> None:
        secrets = AsyncSecrets("credential-manager", interactive=False)
        reading = asyncio.ensure_future(secrets.get(service, "absent"))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not reading.done()
        with pytest.raises(DeadlineError):
            await AsyncSecrets("credential-manager", interactive=False, timeout=0.1).get(service, "other")
        leave.set()
        assert await reading is None

    asyncio.run(main())


def test_doctor_tells_what_it_sees(store: CredentialManagerStore, replace: Callable[..., Any]) -> None:
    from factorywager.flow import Deadline, blocking
    from factorywager.stores.store import Terms

    findings = blocking.run(store.examine(Terms(Deadline(20), False)))
    assert {"logon session", "contents", "limits"} <= {finding.what for finding in findings}
    assert "problem" not in {finding.state for finding in findings}
    replace(CredGetSessionTypes=_fail(1312))
    (finding,) = blocking.run(store.examine(Terms(Deadline(20), False)))
    assert (finding.state, bool(finding.hint)) == ("problem", True)
