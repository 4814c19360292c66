"""What `set_many` says when only some of the entries could be stored."""

from __future__ import annotations

import pytest

from factorywager.blocking import Secrets
from factorywager.errors import StorageFullError, StoreError
from factorywager.flow import Flow
from factorywager.model import Ref, Secret
from factorywager.stores.memory import MemoryStore
from factorywager.stores.store import Options, Terms

SERVICE = "com.example.many"


class OneByOne:
    """A store with the three methods only, which has room for some names and none for others."""

    name = "one-by-one"

    def __init__(self, *refused: str) -> None:
        self._refused = refused
        self._kept = MemoryStore()

    def get(self, ref: Ref, terms: Terms) -> Flow[Secret | None]:
        return self._kept.get(ref, terms)

    def set(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[None]:
        if ref.name in self._refused:
            raise StorageFullError("there is no room")
        return self._kept.set(ref, value, terms, options)

    def delete(self, ref: Ref, terms: Terms) -> Flow[bool]:
        return self._kept.delete(ref, terms)

    def close(self) -> None:
        self._kept.close()


class EachForItself(OneByOne):
    """The same with the ability to write several."""

    def set_each(self, service: str, values, terms: Terms, options: Options) -> Flow[dict[str, StoreError | None]]:
        outcomes: dict[str, StoreError | None] = {}
        for name, value in values.items():
            try:
                yield from self.set(Ref(service, name), value, terms, options)
                outcomes[name] = None
            except StoreError as error:
                outcomes[name] = error
        return outcomes


@pytest.mark.parametrize(("kind", "stored"), [(OneByOne, ("a",)), (EachForItself, ("a", "c"))])
def test_the_error_names_the_first_that_failed_and_all_that_are_stored(
    kind: type[OneByOne], stored: tuple[str, ...]
) -> None:
    secrets = Secrets(kind("b"))
    with pytest.raises(StorageFullError) as caught:
        secrets.set_many(SERVICE, {"a": "made-up", "b": "made-up", "c": "made-up"})
    assert caught.value.name == "b"
    assert caught.value.stored == stored
    assert all(name in str(caught.value) for name in stored)
    assert tuple(secrets.get_many(SERVICE, ["a", "b", "c"])) == stored


def test_nothing_is_said_to_be_stored_when_nothing_is() -> None:
    with pytest.raises(StorageFullError) as caught:
        Secrets(EachForItself("a")).set_many(SERVICE, {"a": "made-up"})
    assert caught.value.stored == ()
    assert "stored" not in str(caught.value)
