"""`Watched`: the memory store, counting what reaches it; `Clock`: one that a test moves."""

from __future__ import annotations

from collections.abc import Callable

from factorywager import MemoryStore
from factorywager.flow import Deadline, Flow, Work, blocking
from factorywager.model import Ref, Secret
from factorywager.stores.store import Options, Terms

SERVICE = "com.example.cache"


class Watched(MemoryStore):
    """Counts what reaches it, and may hold its readers up."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.pulses = 0
        self.before: Callable[[], object] | None = None
        self.after: Callable[[], object] | None = None

    def get(self, ref: Ref, terms: Terms) -> Flow[Secret | None]:
        self.reads += 1
        if self.before is not None:
            yield Work(self.before, terms.deadline)
        value = yield from super().get(ref, terms)
        if self.after is not None:
            yield Work(self.after, terms.deadline)
        return value

    def get_many(self, service, names, terms):
        self.reads += 1
        return (yield from super().get_many(service, names, terms))

    def pulse(self, terms):
        self.pulses += 1
        yield Work(lambda: None, terms.deadline)
        return (yield from super().pulse(terms))

    def put(self, name: str, value: str | bytes) -> None:
        """As another program would."""
        blocking.run(super().set(Ref(SERVICE, name), Secret(value), Terms(Deadline(5), False), Options()))

    def remove(self, name: str) -> None:
        blocking.run(super().delete(Ref(SERVICE, name), Terms(Deadline(5), False)))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
