"""Every verb, what it gives when all is well, and how to tell a right answer from a wrong one when it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from factorywager.errors import NotFoundError, StoreError
from factorywager.testing import FakeSecretService
from harness.caller import Caller

SERVICE = "com.example.faults"
NAME = "token"
OLD, NEW, OTHER = "made-up-old-value", "made-up-new-value", "made-up-other-value"


class Operation(NamedTuple):
    """One call, with ``token`` and ``other`` stored before it.

    Attributes:
        call: makes it.
        right: what it gives.
        left: the values of ``token`` that are then stored.
        named: whether its errors name the entry, and not the service alone.
    """

    call: Callable[[Caller], Any]
    right: Any
    left: list[bytes]
    named: bool


_OLD, _NEW = [OLD.encode()], [NEW.encode()]

OPERATIONS = {
    "get": Operation(lambda s: s.get(SERVICE, NAME), OLD, _OLD, True),
    "set": Operation(lambda s: s.set(SERVICE, NAME, NEW), None, _NEW, True),
    "delete": Operation(lambda s: s.delete(SERVICE, NAME), True, [], True),
    "exists": Operation(lambda s: s.exists(SERVICE, NAME), True, _OLD, True),
    "list": Operation(lambda s: [info.name for info in s.list(SERVICE)], ["other", NAME], _OLD, False),
    "get_many": Operation(lambda s: s.get_many(SERVICE), {NAME: OLD, "other": OTHER}, _OLD, False),
    "get_many of names": Operation(lambda s: s.get_many(SERVICE, [NAME, "absent"]), {NAME: OLD}, _OLD, False),
    "set_many": Operation(lambda s: s.set_many(SERVICE, {NAME: NEW, "more": OTHER}), None, _NEW, False),
}
READS = ("get", "exists", "list", "get_many", "get_many of names")


def fill(fake: FakeSecretService) -> None:
    """What every operation finds."""
    fake.put(SERVICE, NAME, OLD.encode())
    fake.put(SERVICE, "other", OTHER.encode())


def outcome(operation: Operation, secrets: Caller) -> Any:
    """What it gives, or the error it raises, if it is one of a store's."""
    try:
        return operation.call(secrets)
    except StoreError as error:
        return error


def judge(operation: Operation, fake: FakeSecretService, result: Any) -> None:
    """A right answer, with what it says true of the store; or an error that names store and entry, and no value."""
    if not isinstance(result, StoreError):
        assert result == operation.right
        assert fake.values(SERVICE, NAME) == operation.left
        return
    assert not isinstance(result, NotFoundError)
    assert result.store == "secret-service"
    assert result.service == SERVICE
    assert result.name == NAME or not operation.named
    text = f"{result} {result.hint} {result.__cause__}"
    assert not any(value in text for value in (OLD, NEW, OTHER))
    # one of what may have been is stored, whole
    assert fake.values(SERVICE, NAME) in (_OLD, operation.left)
