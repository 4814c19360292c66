"""`KeychainStore`: entries in the macOS Keychain, exactly as Bun writes them (semantics §2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ...errors import DeadlineError
from ...flow import Abandonable, Flow
from ...model import Info, Ref, Secret
from ..store import Finding, Options, Terms
from . import frameworks
from .items import Items
from .translate import STORE

if TYPE_CHECKING:
    from .frameworks import Frameworks

T = TypeVar("T")

_LATE_HINT = (
    "a dialog may be on the screen: answer it, and try again; --timeout (timeout= in the library) gives more time"
)

Infos = list[Info]  # inside the class, `list` is a method


class KeychainStore:
    """The macOS Keychain, through Security and Core Foundation.

    Args:
        core_foundation, security: other libraries than macOS's, for tests.  Arguments, and no setting from outside: who
            can pass them runs code in this process already, while a variable or a file could be set by somebody who
            cannot, and would be handed every secret.
    """

    name = STORE

    def __init__(self, core_foundation: str = frameworks.CORE_FOUNDATION, security: str = frameworks.SECURITY) -> None:
        self._paths = (core_foundation, security)

    def __repr__(self) -> str:
        return "<KeychainStore>"

    def get(self, ref: Ref, terms: Terms) -> Flow[Secret | None]:
        return self._on_items(lambda items: items.get(ref), terms)

    def set(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[None]:
        """Adds, and where there is such an entry gives that the value: never deletes first, which would lose the
        permissions that the user has given.  `Options.unrestricted` therefore acts when an entry is first written."""

        def action(items: Items) -> None:
            while not (items.add(ref, value, options.unrestricted) or items.update(ref, value)):
                # another program deleted the entry between the two
                if terms.deadline.passed:
                    raise terms.deadline.error("the entry kept changing while it was written")

        return self._on_items(action, terms)

    def create(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[bool]:
        return self._on_items(lambda items: items.add(ref, value, options.unrestricted), terms)

    def delete(self, ref: Ref, terms: Terms) -> Flow[bool]:
        return self._on_items(lambda items: items.delete(ref), terms)

    def exists(self, ref: Ref, terms: Terms) -> Flow[bool]:
        return self._on_items(lambda items: items.exists(ref), terms)

    def reach(self, terms: Terms) -> Flow[str]:
        """Find the default keychain, and nothing else; raises `UnavailableError` where there is none."""
        from .examine import default_keychain

        yield from self._on_frameworks(default_keychain, terms)
        return "this user has a default keychain"

    def examine(self, terms: Terms) -> Flow[list[Finding]]:
        from .examine import examine

        return examine(lambda look: self._on_frameworks(look, terms))

    def close(self) -> None:
        """Nothing is held open: Security's connection is the process's."""

    def list(self, service: str | None, terms: Terms) -> Flow[Infos]:
        return self._on_items(lambda items: items.list(service), terms)

    # --- within -------------------------------------------------------------------------------

    def _on_items(self, action: Callable[[Items], T], terms: Terms) -> Flow[T]:
        return self._on_frameworks(lambda loaded: action(Items(loaded)), terms)

    def _on_frameworks(self, action: Callable[[Frameworks], T], terms: Terms) -> Flow[T]:
        def call() -> T:
            loaded = frameworks.load(*self._paths)
            loaded.check_process()
            with loaded.interaction.during(terms):
                return action(loaded)

        try:
            result: T = yield Abandonable(call, terms.deadline)
        except DeadlineError as error:
            error.hint = _LATE_HINT
            raise
        return result
