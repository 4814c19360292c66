"""`AutoStore`: the OS store when one answers, else the vault, saying so once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import FallbackWarning, UnavailableError
from ..flow import Flow
from .native import open_native
from .store import Store, Terms

if TYPE_CHECKING:
    from .vault.store import VaultStore


class AutoStore:
    """Not a store itself: the choice of one, made in the first operation and kept to by all that follow.

    Only an OS store that is *not there* is passed over.  One that is locked, slow or broken is an error: writing to
    the vault meanwhile would spread the user's entries over two stores.

    Args:
        make_vault: makes the vault, should it come to that; without a way to ask for a passphrase by default.

    Attributes:
        reason: why it chose what it chose; empty before the first operation.
    """

    def __init__(self, make_vault: Callable[[], VaultStore] | None = None) -> None:
        self.reason = ""
        self._make_vault = make_vault or plain_vault
        self._chosen: Store | None = None

    @property
    def name(self) -> str:
        return "auto" if self._chosen is None else self._chosen.name

    def choose(self, terms: Terms) -> Flow[Store]:
        """The store that serves."""
        if self._chosen is None:
            self._chosen = yield from self._decide(terms)
        return self._chosen

    def close(self) -> None:
        if self._chosen is not None:
            self._chosen.close()

    def _decide(self, terms: Terms) -> Flow[Store]:
        try:
            store = open_native()
            self.reason = yield from store.reach(terms)
            return store
        except UnavailableError as error:
            self.reason = error.message
        from .surroundings import here

        vault = self._make_vault()
        text = "{}: using the encrypted vault in {} (choose it with --store vault to silence this)"
        place = next(iter(here()), None)
        if place is not None:
            self.reason += f", {place.where}"
            text += f"; {place.advice}" if place.advice else ""
        warnings.warn(text.format(self.reason, vault.access.home.path), FallbackWarning, stacklevel=2)
        return vault


def plain_vault() -> VaultStore:
    """A vault that has nobody to ask for a passphrase."""
    from .vault.store import VaultStore

    return VaultStore()
