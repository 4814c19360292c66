"""The vault and what it is compared with: a thousand entries each, in a directory that goes at the end."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from daemons import SERVICE
from factorywager.services.bench import beside
from factorywager.services.bench.corner import made_up, names
from factorywager.services.bench.launcher import Launcher
from factorywager.services.bench.library import US
from factorywager.services.bench.measure import Absent, Case
from factorywager.services.bench.worker import Worker

FRESH, ONE, MANY = GROUPS = ("vault: one secret, a whole process", "vault: one secret", "vault: 1,000 secrets")

_ENTRIES = {name: made_up(number) for number, name in enumerate(names(1000))}
_NAME = next(iter(_ENTRIES))
_PHRASE = "made up phrase"
_WORKER = Path(__file__).parent / "workers/vaults.py"
_PATIENCE = 120.0  # seconds for any step of the preparation

_PASS = Absent("pass", "not installed: the Debian packages pass and gnupg")
_NOT_INSTALLED = {
    "keyrings.alt": Absent(
        "python-keyring's EncryptedKeyring", "not installed: the PyPI packages keyrings.alt and pycryptodome"
    ),
    "pykeepass": Absent("pykeepass", "not installed: the PyPI package pykeepass"),
}

# What a program does to read one entry; arguments: FILE PHRASE SERVICE NAME.
_FRESH_CODE = {
    "keyrings.alt": "import sys; from keyrings.alt.file import EncryptedKeyring; k = EncryptedKeyring(); "
    "k.file_path, k.keyring_key, service, name = sys.argv[1:]; k.get_password(service, name) or sys.exit(1)",
    "pykeepass": "import sys; from pykeepass import PyKeePass; file, phrase, service, name = sys.argv[1:]; "
    "PyKeePass(file, phrase).find_entries(title=name, first=True).password or sys.exit(1)",
}
_KEYS = {"keyrings.alt": "encrypted", "pykeepass": "pykeepass"}


class Vaults:
    """Everyone's vault, filled.

    Attributes:
        env: for programs that use them; our vault is opened by a key file.
        phrase_env: the same, where ours is opened by a passphrase.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fw-vaults-")))
        phrase = self._home / "phrase"
        phrase.touch(0o600)
        phrase.write_text(_PHRASE)
        plain = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self._home)}
        self.env = {**plain, "FACTORYWAGER_HOME": str(self._home / "key-file")}
        self.phrase_env = {
            **plain,
            "FACTORYWAGER_HOME": str(self._home / "phrase-vault"),
            "FACTORYWAGER_VAULT_PASSPHRASE_FILE": str(phrase),
        }
        self._gpg_env = {**plain, "GNUPGHOME": str(self._home / "gnupg")}
        for env, mode in ((self.env, "key-file"), (self.phrase_env, "passphrase")):
            _run(sys.executable, "-m", "factorywager", "vault", "init", "--mode", mode, env=env)
            code = "import json, sys; from factorywager.blocking import Secrets; "
            code += "Secrets('vault').set_many(sys.argv[1], json.load(sys.stdin))"
            _run(sys.executable, "-c", code, SERVICE, env=env, stdin=json.dumps(_ENTRIES))

    def peers(self) -> Iterator[Worker | Case | Absent]:
        """python-keyring's encrypted file and KeePass, warm and in a new process; pass, which has only the latter."""
        launcher = self._launcher(self.env)
        for module, absent in _NOT_INSTALLED.items():
            if not _installed(module):
                yield absent
                continue
            file = str(self._home / _KEYS[module])
            yield Worker([sys.executable, str(_WORKER), module, file, _PHRASE, SERVICE], self.env)
            argv = [sys.executable, "-c", _FRESH_CODE[module], file, _PHRASE, SERVICE, _NAME]
            yield launcher.time(f"{_KEYS[module]}.process", FRESH, absent.name, argv)
        yield from self._pass()

    def ours(self) -> Iterator[Case]:
        """Our vault in a new process."""
        for env, key, how in ((self.env, "vault_process", "key file"), (self.phrase_env, "vault_phrase", "passphrase")):
            case = beside.cold(self._launcher(env), "vault", SERVICE, _NAME)
            yield case._replace(key=f"library.{key}", group=FRESH, who=f"{US}, {how}")

    def _pass(self) -> Iterator[Case | Absent]:
        program = shutil.which("pass")
        if program is None or shutil.which("gpg") is None:
            yield _PASS
            return
        env = self._gpg_env
        Path(env["GNUPGHOME"]).mkdir(0o700)
        self._stack.callback(lambda: _run("gpgconf", "--kill", "gpg-agent", env=env))
        key = [
            "--batch",
            "--passphrase",
            "",
            "--quick-generate-key",
            "bench@example.com",
            "default",
            "default",
            "never",
        ]
        _run("gpg", *key, env=env)
        _run(program, "init", "bench@example.com", env=env)
        _run(program, "insert", "--multiline", _NAME, env=env, stdin=_ENTRIES[_NAME])
        store = self._home / ".password-store"
        for name in list(_ENTRIES)[1:]:  # how long it takes depends on no value, and encrypting takes a minute
            shutil.copyfile(store / f"{_NAME}.gpg", store / f"{name}.gpg")
        launcher = self._launcher(env)
        yield launcher.time("pass.process", FRESH, "pass show", [program, "show", _NAME])
        loop = 'for name in $(seq --format=entry-%05g 0 999); do pass show "$name" || exit 1; done'
        thousand = launcher.time(
            "pass.get_1000", MANY, "pass show, in a loop", [shutil.which("sh") or "sh", "-c", loop]
        )
        yield thousand._replace(secrets=1000)

    def _launcher(self, env: Mapping[str, str]) -> Launcher:
        launcher = Launcher(env)
        self._stack.callback(launcher.stop)
        return launcher


def renamed(case: Case) -> Case:
    """A case of ours, as one of the vault's."""
    _, _, what = case.key.partition(".")
    return case._replace(key=f"library.vault_{what}", group=ONE if case.secrets == 1 else MANY)


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it would be in
        return False


def _run(*argv: str, env: Mapping[str, str], stdin: str = "") -> None:
    subprocess.run(  # noqa: S603 - our own argument lists
        argv, env=dict(env), input=stdin, text=True, check=True, capture_output=True, timeout=_PATIENCE
    )
