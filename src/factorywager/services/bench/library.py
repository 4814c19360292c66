"""This library's own cases, over facades that the caller makes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import cycle
from typing import Final, Protocol

from .corner import WRITTEN, made_up
from .measure import Case, CaseError, each_of, timed

ONE: Final = "one secret"
FIFTY: Final = "50 secrets"
SET: Final = "set"

US: Final = "factorywager"


class Blocking(Protocol):
    """What is used of `factorywager.blocking.Secrets`."""

    def get(self, service: str, name: str) -> str | None: ...
    def set(self, service: str, name: str, value: str) -> None: ...
    def get_many(self, service: str, names: Sequence[str]) -> Mapping[str, str]: ...


class Asynchronous(Protocol):
    """What is used of `factorywager.AsyncSecrets`."""

    def get(self, service: str, name: str) -> Awaitable[str | None]: ...
    def get_many(self, service: str, names: Sequence[str]) -> Awaitable[Mapping[str, str]]: ...


class _Cases:
    def __init__(self, service: str, names: Sequence[str]) -> None:
        self.service = service
        self.fifty = names[:50]
        self.names = names
        self._turn = cycle(self.fifty)

    def next_name(self) -> str:
        """Not always the same entry: nobody is to be faster for having read it last."""
        return next(self._turn)

    def whole(self, found: int, wanted: Sequence[str]) -> None:
        if found != len(wanted):
            raise CaseError(f"{found} entries instead of {len(wanted)}")


class BlockingCases(_Cases):
    """Cases of the blocking facade."""

    def __init__(self, secrets: Blocking, service: str, names: Sequence[str]) -> None:
        super().__init__(service, names)
        self._secrets = secrets

    def warm_up(self) -> None:
        """Read each entry once: what is remembered of an entry is remembered then."""
        for _ in self.fifty:
            self._get()

    def get(self) -> Case:
        return Case("library.get", ONE, f"{US}, blocking", lambda count: timed(self._get, count))

    def get_many(self, count: int = 50) -> Case:
        wanted = self.names[:count]
        return Case(
            f"library.get_many_{count}",
            f"{count} secrets",
            f"{US}, get_many",
            lambda samples: timed(lambda: self._get_many(wanted), samples),
            secrets=count,
        )

    def set(self) -> Case:
        values = cycle([made_up(1), made_up(2)])
        return Case(
            "library.set",
            SET,
            f"{US}, blocking",
            lambda count: timed(lambda: self._secrets.set(self.service, WRITTEN, next(values)), count),
        )

    def cached(self) -> list[Case]:
        """For a facade with a cache.  A read from memory is shorter than looking at the clock: fifty make a sample."""
        return [
            Case("library.cached_get", ONE, f"{US}, cached", self._measure_cached),
            Case(
                "library.cached_get_many_50",
                FIFTY,
                f"{US}, get_many, cached",
                lambda samples: timed(lambda: self._get_many(self.fifty), samples),
                secrets=50,
            ),
        ]

    def _get(self) -> None:
        if self._secrets.get(self.service, self.next_name()) is None:
            raise CaseError("an entry is missing")

    def _get_many(self, wanted: Sequence[str]) -> None:
        self.whole(len(self._secrets.get_many(self.service, wanted)), wanted)

    def _measure_cached(self, count: int) -> list[float]:
        get, service, names = self._secrets.get, self.service, self.fifty
        return [each_of(lambda: [get(service, name) for name in names], len(names)) for _ in range(count)]


class AsyncCases(_Cases):
    """Cases of the asyncio facade, on a loop of their own."""

    def __init__(self, secrets: Asynchronous, service: str, names: Sequence[str]) -> None:
        super().__init__(service, names)
        self._secrets = secrets
        self._loop = asyncio.new_event_loop()

    def warm_up(self) -> None:
        """As `BlockingCases.warm_up`."""
        self._run(self._get, len(self.fifty))

    def close(self) -> None:
        self._loop.close()

    def get(self) -> Case:
        return Case("library.async_get", ONE, f"{US}, asyncio", lambda count: self._run(self._get, count))

    def gather(self, count: int = 50) -> Case:
        wanted = self.names[:count]

        async def gather() -> None:
            found = await asyncio.gather(*[self._secrets.get(self.service, name) for name in wanted])
            self.whole(len([value for value in found if value is not None]), wanted)

        group = FIFTY if count == 50 else f"{count:,} secrets asked for at once"
        return Case(
            f"library.gather_{count}",
            group,
            f"{US}, asyncio.gather",
            lambda samples: self._run(gather, samples),
            secrets=count,
        )

    async def _get(self) -> None:
        if await self._secrets.get(self.service, self.next_name()) is None:
            raise CaseError("an entry is missing")

    def _run(self, operation: Callable[[], Awaitable[None]], count: int) -> list[float]:
        async def measure() -> list[float]:
            clock = time.perf_counter_ns
            samples: list[float] = []
            for _ in range(count):
                began = clock()
                await operation()
                samples.append(clock() - began)
            return samples

        return self._loop.run_until_complete(measure())
