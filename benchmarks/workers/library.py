"""A worker: this library's cases on one store.  Arguments: STORE SERVICE SIZE, and which cases."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import cache

from factorywager.aio import AsyncSecrets
from factorywager.blocking import Secrets
from factorywager.services.bench.beside import Environment
from factorywager.services.bench.corner import names
from factorywager.services.bench.floor import Floor
from factorywager.services.bench.library import AsyncCases, BlockingCases
from factorywager.services.bench.measure import Case
from factorywager.services.bench.worker import serve

_CACHE = 3600  # seconds; longer than a benchmark takes


def main(store: str, service: str, size: int, *kinds: str) -> None:
    entries = names(size)
    blocking = BlockingCases(Secrets(store), service, entries)
    asynchronous = AsyncCases(AsyncSecrets(store), service, entries)
    cases: list[Case] = []
    floor = cache(Floor)
    with ExitStack() as stack:
        for kind in kinds:
            match kind.split("_"):
                case ["get"]:
                    blocking.warm_up()
                    cases.append(blocking.get())
                case ["async", "get"]:
                    asynchronous.warm_up()
                    cases.append(asynchronous.get())
                case ["get", "many", count]:
                    cases.append(blocking.get_many(int(count)))
                case ["gather", count]:
                    cases.append(asynchronous.gather(int(count)))
                case ["set"]:
                    cases.append(blocking.set())
                case ["environment"]:
                    cases += stack.enter_context(Environment()).cases()
                case ["ping"]:
                    cases.append(floor().ping())
                case ["daemon", "get"]:
                    cases.append(floor().get_secret(service, entries[0]))
                case ["daemon", "get", count]:
                    cases.append(floor().get_secrets(service, entries[: int(count)]))
                case ["cached"]:
                    cases += BlockingCases(Secrets(store, cache=_CACHE), service, entries).cached()
        serve(cases)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
