"""Any text that UTF-8 can encode and that has no NUL comes back as it went in; every call form is the same call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from factorywager import Secret
from factorywager.blocking import Secrets
from factorywager.facade.arguments import MISSING, read_ref, read_set
from factorywager.model import Ref
from factorywager.services.practices import advice
from harness.samples import ODD_TEXTS
from harness.stores import STORES_OF_ANY_NAME, open_store

pytestmark = pytest.mark.filterwarnings("ignore::factorywager.errors.BestPracticeWarning")

_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXT = st.text(_CHARACTERS, min_size=1)
VALUE = st.one_of(TEXT, st.text(_CHARACTERS, min_size=500, max_size=3000), st.sampled_from(ODD_TEXTS))


@pytest.fixture(params=STORES_OF_ANY_NAME)
def secrets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Secrets]:
    store = open_store(request.param, tmp_path, request.getfixturevalue)
    with Secrets(store, interactive=False) as secrets:
        yield secrets


@settings(max_examples=60)
@given(service=TEXT, name=TEXT, value=VALUE)
@example(service=" ", name=" ", value=" ")
@example(service="/", name="/", value="\n")
def test_any_text_round_trips(secrets: Secrets, service: str, name: str, value: str) -> None:
    secrets.set(service, name, value)
    assert secrets.get(service, name) == value
    assert secrets.get_many(service, [name]) == {name: value}
    assert secrets.exists(service, name) is True
    assert (service, name) in {(info.service, info.name) for info in secrets.list(service)}
    with secrets.lease(service, name) as view:
        assert bytes(view) == value.encode()
    assert secrets.delete(service, name) is True
    assert secrets.get(service, name) is None


@pytest.mark.long
@settings(max_examples=3000)
@given(service=TEXT, name=TEXT, value=VALUE)
def test_any_text_round_trips_often(secrets: Secrets, service: str, name: str, value: str) -> None:
    secrets.set(service, name, value)
    assert secrets.get(service, name) == value
    assert secrets.delete(service, name) is True


@given(service=TEXT, name=TEXT, value=TEXT)
def test_call_forms_mean_the_same(service: str, name: str, value: str) -> None:
    entry = {"service": service, "name": name}
    forms = [
        read_ref("get", service, name),
        read_ref("get", entry, MISSING),
        read_ref("get", {"service": service}, name),
        read_ref("get", name, MISSING, service),
        read_ref("get", MISSING, name, service),
        read_ref("get", {"name": name}, MISSING, service),
    ]
    assert forms == [Ref(service, name)] * len(forms)
    calls = [
        read_set(service, name, value, MISSING, MISSING),
        read_set({**entry, "value": value}, MISSING, MISSING, MISSING, MISSING),
        read_set(entry, MISSING, value, MISSING, MISSING),
        read_set(service, name, Secret(value), MISSING, MISSING),
        read_set(name, value, MISSING, MISSING, MISSING, service),
        read_set(MISSING, name, value, MISSING, MISSING, service),
        read_set({"name": name, "value": value}, MISSING, MISSING, MISSING, MISSING, service),
    ]
    assert all(call.ref == Ref(service, name) and call.value.reveal() == value for call in calls)


@given(value=st.text(_CHARACTERS))
def test_a_secret_reveals_exactly_its_text_and_shows_none_of_it(value: str) -> None:
    secret = Secret(value)
    assert secret.reveal() == value
    assert secret == Secret(value.encode())
    assert repr(secret) == "Secret('**********')"


@settings(max_examples=300)
@given(value=st.one_of(st.text(_CHARACTERS, max_size=2000), st.binary(max_size=2000)))
def test_advice_never_fails_nor_quotes_the_value(value: str | bytes) -> None:
    for sentence in advice(Ref("com.example", "n"), Secret(value)):
        assert len(value) < 8 or str(value) not in sentence


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["a: b ", "[[", '{"a": ', "a=b c\n", "- \n", "#\n", '"', "{ ", "a b\n", " \n"])
def test_advice_takes_linear_time(piece: str) -> None:
    """A regular expression that backtracks would hang here: a value is whatever somebody stores."""
    list(advice(Ref("com.example", "n"), Secret(piece * 500_000)))
