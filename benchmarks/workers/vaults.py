"""A worker: one of the vault's peers, with a thousand entries.  Arguments: MODULE FILE PHRASE SERVICE."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import cycle

from factorywager.services.bench.corner import made_up, names
from factorywager.services.bench.measure import Case, CaseError, timed
from factorywager.services.bench.worker import serve

NAMES = names(1000)


def encrypted_keyring(file: str, phrase: str, service: str) -> tuple[str, str, Callable[[str], str | None]]:
    """python-keyring's encrypted file."""
    from keyrings.alt.file import EncryptedKeyring

    keyring = EncryptedKeyring()
    keyring.file_path, keyring.keyring_key = file, phrase
    for number, name in enumerate(NAMES):
        keyring.set_password(service, name, made_up(number))
    return "encrypted", "python-keyring's EncryptedKeyring", lambda name: keyring.get_password(service, name)


def keepass(file: str, phrase: str, service: str) -> tuple[str, str, Callable[[str], str | None]]:
    """A KeePass database, opened once."""
    from pykeepass import create_database

    database = create_database(file, phrase)
    for number, name in enumerate(NAMES):
        database.add_entry(database.root_group, name, service, made_up(number), force_creation=True)
    database.save()
    return "pykeepass", "pykeepass", lambda name: database.find_entries(title=name, first=True).password


def main(module: str, file: str, phrase: str, service: str) -> None:
    make = {"keyrings.alt": encrypted_keyring, "pykeepass": keepass}[module]
    key, who, read = make(file, phrase, service)
    turn = cycle(NAMES)

    def get() -> None:
        if read(next(turn)) is None:
            raise CaseError("an entry is missing")

    def thousand() -> None:
        for _ in NAMES:
            get()

    serve(
        [
            Case(f"{key}.get", "vault: one secret", who, lambda count: timed(get, count)),
            Case(f"{key}.get_1000", "vault: 1,000 secrets", who, lambda count: timed(thousand, count), secrets=1000),
        ]
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
