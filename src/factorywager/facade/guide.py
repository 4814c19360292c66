"""The guide's two classes: a manager bound to one service, and the hybrid configuration."""

from __future__ import annotations

from ..flow import Flow
from ..flow.verb import verb
from ..model import Ref, Secret
from ..services import catalogue
from ..services.resolve import resolve
from .arguments import read_name, read_set
from .body import SecretsBody, revealed, revealed_value


class BoundBody:
    """What both classes are: one service of one store.

    Args:
        secrets: the facade to work on; the default store when none is given.
        service: the service every name belongs to.
    """

    _make_secrets: type[SecretsBody]

    def __init__(self, secrets: SecretsBody | None = None, *, service: str = catalogue.SERVICE) -> None:
        self._secrets = self._make_secrets() if secrets is None else secrets
        self._service = read_name(service)

    def _ref(self, name: str) -> Ref:
        return Ref(self._service, read_name(name))


class ManagerBody(BoundBody):
    """Stores and retrieves credentials of one service (the guide's ``FactoryWagerSecretsManager``)."""

    @verb
    def store_securely(self, name: str, value: str | Secret) -> Flow[None]:
        """Store a value under this manager's service; an empty one deletes the entry."""
        call = read_set(self._service, name, value, "enterprise", False)
        return self._secrets.operations.set(call.ref, call.value)

    @verb
    def retrieve_securely(self, name: str) -> Flow[str | None]:
        """The value, or ``None`` when there is no such entry."""
        return revealed(self._secrets.operations.get(self._ref(name)))

    @verb
    def safe_get(self, name: str) -> Flow[str | None]:
        """As `retrieve_securely`, but a store that fails gives ``None`` and one `UnreadableWarning`."""
        return revealed(self._secrets.operations.safe_get(self._ref(name)))


class ConfigBody(BoundBody):
    """Store first, then the environment, then an error (the guide's ``FactoryWagerConfig``)."""

    @verb
    def get_api_token(self) -> Flow[str]:
        """``tier-api-token`` from the store, else ``TIER_API_TOKEN``, else `NotFoundError`."""
        return self._resolve(catalogue.API_TOKEN, None)

    @verb
    def resolve(self, name: str, env: str | None = None) -> Flow[str]:
        """The same for any name; ``env`` defaults to the name in capitals with underscores.

        Raises:
            NotFoundError: neither place has it.
            StoreError: the store failed and the variable is not set.
        """
        return self._resolve(name, env)

    def _resolve(self, name: str, env: str | None) -> Flow[str]:
        variable = catalogue.variable_of(name) if env is None else read_name(env)
        return revealed_value(resolve(self._secrets.operations, self._ref(name), variable))
