"""A store against a dictionary: any sequence of verbs leaves both with the same entries."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from factorywager.blocking import Secrets
from factorywager.stores.store import Store
from harness.stores import STORES_OF_ANY_NAME, VAULTS, open_store

pytestmark = pytest.mark.filterwarnings("ignore::factorywager.errors.BestPracticeWarning")

_numbers = itertools.count()

NAMES = st.sampled_from(["a", "b", "A", "a/b", "用户", "with space"])
SERVICES = st.sampled_from(["", ".x", "/a"])  # endings: the machine has a service of its own
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


class StoreMachine(RuleBasedStateMachine):
    """Rules are verbs; ``model`` is what the store must hold."""

    secrets: Secrets

    def __init__(self) -> None:
        super().__init__()
        self.root = f"com.example.machine{next(_numbers)}"
        self.model: dict[tuple[str, str], str] = {}

    def _of(self, service: str) -> dict[str, str]:
        return {name: value for (owner, name), value in self.model.items() if owner == service}

    @rule(ending=SERVICES, name=NAMES, value=VALUES)
    def set(self, ending: str, name: str, value: str) -> None:
        self.secrets.set(self.root + ending, name, value)
        if value:
            self.model[self.root + ending, name] = value
        else:
            self.model.pop((self.root + ending, name), None)

    @rule(ending=SERVICES, name=NAMES)
    def get(self, ending: str, name: str) -> None:
        expected = self.model.get((self.root + ending, name))
        assert self.secrets.get(self.root + ending, name) == expected
        assert self.secrets.exists(self.root + ending, name) is (expected is not None)

    @rule(ending=SERVICES, name=NAMES)
    def delete(self, ending: str, name: str) -> None:
        held = self.model.pop((self.root + ending, name), None)
        assert self.secrets.delete(self.root + ending, name) is (held is not None)

    @rule(ending=SERVICES, values=st.dictionaries(NAMES, VALUES, max_size=4))
    def set_many(self, ending: str, values: dict[str, str]) -> None:
        self.secrets.set_many(self.root + ending, values)
        for name, value in values.items():
            if value:
                self.model[self.root + ending, name] = value
            else:
                self.model.pop((self.root + ending, name), None)

    @rule(ending=SERVICES, names=st.lists(NAMES, max_size=4))
    def get_many(self, ending: str, names: list[str]) -> None:
        held = self._of(self.root + ending)
        assert self.secrets.get_many(self.root + ending) == held
        assert self.secrets.get_many(self.root + ending, names) == {
            name: value for name, value in held.items() if name in names
        }

    @rule(ending=SERVICES, name=NAMES, value=VALUES.filter(bool))
    def get_or_create(self, ending: str, name: str, value: str) -> None:
        expected = self.model.setdefault((self.root + ending, name), value)
        assert self.secrets.get_or_create(self.root + ending, name, lambda: value) == expected

    @rule()
    def reopen(self) -> None:
        """A memory store forgets what it holds when it is closed, so it is not."""
        if "memory" not in repr(self.secrets):
            self.secrets.close()

    @invariant()
    def lists_what_it_holds(self) -> None:
        listed = [
            (info.service, info.name) for ending in ("", ".x", "/a") for info in self.secrets.list(self.root + ending)
        ]
        assert sorted(listed) == sorted(self.model)

    def teardown(self) -> None:
        for service, name in self.model:
            self.secrets.delete(service, name)


@contextmanager
def _opened(kind: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    home = Path(tempfile.mkdtemp(prefix="fw-machine-"))
    store = open_store(kind, home, request.getfixturevalue)
    try:
        yield store
    finally:
        store.close()
        shutil.rmtree(home)


def _run(kind: str, request: pytest.FixtureRequest, examples: int, steps: int) -> None:
    with _opened(kind, request) as store:
        machine = type("Machine", (StoreMachine,), {"secrets": Secrets(store, interactive=False)})
        run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps))


# Opening a vault with a passphrase again and again measures Argon2 and nothing else.
MACHINE_STORES = [kind for kind in STORES_OF_ANY_NAME if kind != VAULTS[1]]


@pytest.mark.parametrize("kind", MACHINE_STORES)
def test_the_store_behaves_as_a_dictionary(kind: str, request: pytest.FixtureRequest) -> None:
    _run(kind, request, examples=15, steps=20)


@pytest.mark.long
@pytest.mark.parametrize("kind", MACHINE_STORES)
def test_the_store_behaves_as_a_dictionary_for_long(kind: str, request: pytest.FixtureRequest) -> None:
    _run(kind, request, examples=100, steps=50)
