"""A worker (worker.py): measures python-keyring, on the backend that it chooses, with entries of its own.

Run as ``python -m factorywager.services.bench.python_keyring SERVICE SIZE``; deletes what it wrote when it ends.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from itertools import cycle

import keyring
from keyring.errors import KeyringError

from .corner import WRITTEN, made_up, names
from .library import FIFTY, ONE, SET
from .measure import Case, CaseError, timed
from .worker import serve

WHO = "python-keyring"


def main(service: str, size: int) -> None:
    backend = keyring.get_keyring()
    entries = names(size)
    turn = cycle(entries)
    values = cycle([made_up(1), made_up(2)])

    def get() -> None:
        if backend.get_password(service, next(turn)) is None:
            raise CaseError("an entry is missing")

    def fifty() -> None:
        for _ in range(50):
            get()

    cases = [
        Case("keyring.get", ONE, WHO, lambda count: timed(get, count)),
        Case("keyring.set", SET, WHO, lambda n: timed(lambda: backend.set_password(service, WRITTEN, next(values)), n)),
    ]
    if size >= 50:
        cases.append(Case("keyring.get_50", FIFTY, WHO, lambda count: timed(fifty, count), secrets=50))
    try:
        for number, name in enumerate(entries):
            backend.set_password(service, name, made_up(number))
        serve(cases)
    finally:
        for name in [*entries, WRITTEN]:
            with suppress(KeyringError):
                backend.delete_password(service, name)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
