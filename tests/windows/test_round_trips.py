"""Whatever text is stored comes back, within the limits that Windows has."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from factorywager.flow import Deadline, blocking
from factorywager.model import Ref, Secret
from factorywager.stores.credential_manager.store import CredentialManagerStore
from factorywager.stores.store import Options, Terms

_CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
# Wine's registry takes 246 units for both together, Windows more
_NAME = st.text(_CHARACTERS, min_size=1, max_size=40)


@settings(max_examples=30)
@given(service=_NAME, name=_NAME, value=st.text(_CHARACTERS, min_size=1, max_size=600))
def test_any_text_round_trips(service: str, name: str, value: str) -> None:
    store, terms = CredentialManagerStore(), Terms(Deadline(20), False)
    ref = Ref(service, name)
    blocking.run(store.set(ref, Secret(value), terms, Options()))
    try:
        assert blocking.run(store.get(ref, terms)).reveal() == value
        assert ref in {Ref(info.service, info.name) for info in blocking.run(store.list(service, terms))}
        assert ref in {Ref(info.service, info.name) for info in blocking.run(store.list(None, terms))}
    finally:
        assert blocking.run(store.delete(ref, terms)) is True
    assert blocking.run(store.get(ref, terms)) is None
