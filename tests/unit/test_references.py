"""References: written and read back, followed to the value, and never for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factorywager.blocking import HybridConfig, Secrets
from factorywager.errors import ConflictError, CorruptError, NotFoundError
from factorywager.flow.blocking import run
from factorywager.model import Ref, Secret
from factorywager.services import references
from factorywager.stores.memory import MemoryStore

_NAME = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)


@given(_NAME, _NAME)
def test_a_reference_comes_back(service: str, name: str) -> None:
    text = references.written(Ref(service, name))
    assert text.isascii()
    assert references.is_reference(text)
    assert references.parse(text) == Ref(service, name)


@pytest.mark.parametrize(
    "text", ["fw://", "fw://a", "fw://a/", "fw:///b", "fw://a/b/c", "fw://a/%ff", "fw://a/%00", "a/b"]
)
def test_what_is_none_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(CorruptError) as caught:
        references.parse(text)
    assert text not in str(caught.value)


@given(st.text())
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    try:
        ref = references.parse(f"fw://{text}")
    except CorruptError:
        return
    assert ref.service
    assert ref.name


def test_the_store_and_the_environment_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = Secrets(MemoryStore(), service="com.example.refs")
    config = HybridConfig(secrets, service="com.example.refs")
    secrets.set("value", "made-up")
    secrets.set("alias", "fw://com.example.refs/value")
    secrets.set("far", "fw://com.example.refs/alias")
    assert config.resolve("far") == "made-up"
    assert secrets.get("far") == "fw://com.example.refs/alias", "Bun's `get` gives what is stored"
    monkeypatch.setenv("ELSEWHERE", "fw://com.example.refs/far")
    assert config.resolve("elsewhere") == "made-up"
    monkeypatch.setenv("ELSEWHERE", "fw://com.example.refs/nothing")
    with pytest.raises(NotFoundError, match="no such entry"):
        config.resolve("elsewhere")


@pytest.mark.parametrize("length", [1, 2, 50])
def test_circles_end(length: int) -> None:
    secrets = Secrets(MemoryStore(), service="com.example.refs")
    for number in range(length):
        secrets.set(f"n{number}", f"fw://com.example.refs/n{(number + 1) % length}")
    with pytest.raises(ConflictError, match="circle"):
        run(references.follow(secrets.operations, Secret("fw://com.example.refs/n0")))
