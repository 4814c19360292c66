"""Real python-keyring, go-keyring's form, and what this library makes of them."""

from __future__ import annotations

import pytest
from keyring.backends.Windows import WinVaultKeyring

from factorywager.errors import CorruptError
from factorywager.flow.blocking import run
from factorywager.services import adopt
from factorywager.services.operations import Operations
from factorywager.stores.credential_manager import advapi
from factorywager.stores.credential_manager.store import CredentialManagerStore
from harness.samples import ODD_TEXTS

VALUE = "密码🔒 made up"


@pytest.fixture
def service(request: pytest.FixtureRequest) -> str:
    return f"com.example.{request.node.name[:60].replace('_', '-')}"


@pytest.fixture
def operations() -> Operations:
    return Operations(CredentialManagerStore(), interactive=False)


def _written(target: str, user: str, value: bytes) -> None:
    advapi.write(target, user, memoryview(value), advapi.ENTERPRISE)


def _adopt(operations: Operations, service: str, *, remove: bool = False) -> list[adopt.Step]:
    steps = run(adopt.plan(operations, run(operations.list_foreign(service))))
    run(adopt.apply(operations, steps, remove=remove, done=lambda *_: None))
    return steps


def test_every_user_of_python_keyring_and_the_latest_value_of_each(service: str, operations: Operations) -> None:
    theirs = WinVaultKeyring()
    for user, value in (("one", "1"), ("two", "old"), ("two", VALUE)):
        theirs.set_password(service, user, value)
    found = run(operations.list_foreign(service))
    assert [(each.writer, each.name, each.handle) for each in found] == [
        ("python-keyring", "one", f"one@{service}"),
        ("python-keyring", "two", service),
    ]
    assert all(each.modified is not None for each in found)
    _adopt(operations, service)
    values = {name: value.reveal() for name, value in run(operations.get_many(service)).items()}
    assert values == {"one": "1", "two": VALUE} == {user: theirs.get_password(service, user) for user in values}
    _adopt(operations, service, remove=True)
    assert run(operations.list_foreign(service)) == []
    assert theirs.get_password(service, "two") is None
    assert run(operations.require(found[1].ref)).reveal() == VALUE


def test_go_keyring_s_form(service: str, operations: Operations) -> None:
    _written(f"{service}:name", "name", VALUE.encode())
    (step,) = _adopt(operations, service, remove=True)
    assert (step.entry.writer, step.entry.name, step.state) == ("go-keyring", "name", "new")
    assert run(operations.require(step.entry.ref)).reveal() == VALUE
    assert run(operations.list_foreign(service)) == []


def test_our_own_and_strangers_are_nobody_else_s(service: str, operations: Operations) -> None:
    _written(f"{service}/name", "name", b"as Bun and keytar write it")
    _written(f"{service}", "name", b"nobody knows whose")
    assert run(operations.list_foreign(service)) == []


def test_a_blob_that_is_no_utf_16_is_an_error(service: str, operations: Operations) -> None:
    _written(f"name.{service}", "name", b"odd")
    (found,) = run(operations.list_foreign(service))
    assert found.writer == "keyring-rs"
    with pytest.raises(CorruptError, match="UTF-16 text that keyring-rs writes") as caught:
        run(operations.get_foreign(found))
    assert caught.value.hint


def test_odd_texts_of_python_keyring(service: str, operations: Operations) -> None:
    theirs = WinVaultKeyring()
    for text in ODD_TEXTS:
        theirs.set_password(f"{service}{text}", text, text)
    for text in ODD_TEXTS:
        (found,) = run(operations.list_foreign(f"{service}{text}"))
        assert found.name == text
        value = run(operations.get_foreign(found))
        assert value is not None
        assert value.reveal() == text  # python-keyring itself drops a byte order mark at its beginning
