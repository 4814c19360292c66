"""`Session`: what one run of a command works with."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from ..facade.arguments import read_name
from ..facade.body import may_prompt
from ..flow import Deadline, Flow
from ..flow.blocking import run
from ..model import Ref, Secret
from ..services import catalogue
from ..services.operations import Operations
from ..stores.registry import open_store
from ..stores.store import Terms

if TYPE_CHECKING:
    from argparse import Namespace

    from ..stores.vault.store import VaultStore
    from .output import Output
    from .prompts import Prompts

T = TypeVar("T")


class Session:
    """The options, the output, the prompts, and the store behind them, opened when it is first needed."""

    def __init__(self, options: Namespace, output: Output) -> None:
        self.options = options
        self.output = output
        self.interactive = may_prompt(False if options.no_input else None)
        self._typed: Secret | None = None

    @cached_property
    def service(self) -> str:
        """Whose entries this run is about."""
        return read_name(self.options.service or os.environ.get("FACTORYWAGER_SERVICE") or catalogue.SERVICE)

    @cached_property
    def operations(self) -> Operations:
        """The store that was chosen, under this run's deadline and leave to prompt."""
        return Operations(
            open_store(self.options.store, self.make_vault), timeout=self.options.timeout, interactive=self.interactive
        )

    def another(self, name: str) -> Operations:
        """The store of that name over a connection of its own; whoever asks for it closes it."""
        return Operations(open_store(name, self.make_vault), timeout=self.options.timeout, interactive=self.interactive)

    def make_vault(self) -> VaultStore:
        """The vault, with a person to ask for its passphrase, and told when a first `set` has made it."""
        from ..stores.vault.store import VaultStore

        vault = VaultStore(passphrase=self._passphrase)
        vault.on_created = lambda path: self.output.note(
            f"made a vault in {path}, opened by a key file (`factorywager vault rekey` changes that)"
        )
        return vault

    def _passphrase(self) -> Secret:
        """Asked for once, however often the vault is opened."""
        if self._typed is None:
            self._typed = self.prompts.secret("Passphrase of the vault")
        return Secret(self._typed.bytes)

    @cached_property
    def vault(self) -> VaultStore:
        """The vault, for the commands that are about it, whatever store was chosen."""
        return self.make_vault()

    def terms(self) -> Terms:
        """The conditions of a step that begins now."""
        return Terms(Deadline(self.options.timeout), self.interactive)

    @property
    def at_terminal(self) -> bool:
        """Whether a person is there to be asked: prompts are allowed, and what is shown is seen."""
        return self.interactive and os.isatty(0) and os.isatty(2)

    @cached_property
    def prompts(self) -> Prompts:
        from .prompts import Prompts

        return Prompts(self.interactive)

    @property
    def store(self) -> str:
        """The name of the store that serves."""
        return self.operations.store.name

    def ref(self, name: str) -> Ref:
        """The entry of that name in this run's service.

        Raises:
            ArgumentTypeError, ArgumentValueError: it is no name.
        """
        return Ref(self.service, read_name(name))

    def run(self, flow: Flow[T]) -> T:
        return run(flow)

    def close(self) -> None:
        """Give back whatever was opened."""
        if "operations" in self.__dict__:
            self.operations.store.close()
        if "vault" in self.__dict__:
            self.vault.close()
        if self._typed is not None:
            self._typed.wipe()
