"""The operating system's own store: which it is on each platform, and how it is opened."""

from __future__ import annotations

import sys
from typing import Final, Protocol

from ..errors import UnavailableError
from ..flow import Flow
from .store import Store, Terms

# `sys.platform`: the store's name
NAMES: Final = {"linux": "secret-service", "darwin": "keychain", "win32": "credential-manager"}


class NativeStore(Store, Protocol):
    """A store that the operating system, or its desktop, brings along."""

    def reach(self, terms: Terms) -> Flow[str]:
        """Find out whether it is there, without a prompt; gives a clause that says so.

        Raises:
            UnavailableError: it is not.
        """
        ...


def open_native() -> NativeStore:
    """This platform's; nothing is connected yet.

    Raises:
        UnavailableError: none is supported here.
    """
    match sys.platform:
        case "linux":
            from .secret_service.store import SecretServiceStore

            return SecretServiceStore()
        case "darwin":
            from .keychain.store import KeychainStore

            return KeychainStore()
        case "win32":
            from .credential_manager.store import CredentialManagerStore

            return CredentialManagerStore()
    raise UnavailableError(f"no OS store is supported on {sys.platform} yet", hint="use the vault: --store vault")
