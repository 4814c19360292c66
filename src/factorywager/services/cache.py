"""`Cache`: values kept at hand, in secret memory, for as long as the store has not changed.

It is coherent, not merely timed: a store that takes part gives a `Pulse` whose beat changes with every change to the
store, and a value is given only while the beat is the one under which it was read.  Any change at all empties the
whole cache, because "was it this entry?" cannot always be answered, and a credential store changes seldom.

What is promised: a change that another process made is seen within the delay of the store's signal (Secret Service)
or at once (vault, memory), and in any case after ``seconds``.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from time import monotonic
from typing import Any, NamedTuple

from ..flow import Flow
from ..model import Ref, Secret
from ..model.arena import Arena
from ..stores.store import Coherent, Pulse, Store, Terms

_ARENA_BYTES = 1024 * 1024


class Moment(NamedTuple):
    """The state of the store, and of the cache, before a read."""

    beat: float
    generation: int


_Entry = tuple[slice, float, int]  # where the value lies, until when it counts, in which generation it was put


class Cache:
    """Values by entry.

    Args:
        seconds: how long a value is kept at most.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._arena: Arena | None = None
        self._entries: dict[Any, _Entry] = {}
        self._pulse: Pulse | None = None
        self._beat = float("nan")
        self._generation = 0
        self._lock = threading.Lock()
        _everyone.add(self)

    def look(self, key: Any) -> str | None:
        """The value of ``(service, name)``, if it is here and still counts; asks nobody, waits for nothing."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        place, until, generation = entry
        pulse, arena = self._pulse, self._arena
        if pulse is None or arena is None or pulse.beat != self._beat or monotonic() > until:
            self.clear()
            return None
        text = arena.text(place)
        # Another thread may have cleared, and put another value in this place, while we read it.
        return text if generation == self._generation else None

    def begin(self, store: Store, terms: Terms) -> Flow[Moment]:
        """To be called before the store is read: what is read is kept if nothing changes from here on."""
        if self._pulse is None and isinstance(store, Coherent):
            self._pulse = yield from store.pulse(terms)
        return Moment(float("nan") if self._pulse is None else self._pulse.beat, self._generation)

    def clear(self) -> None:
        """Wipe every value; what is being read right now is not kept either."""
        with self._lock:
            self._empty()

    def close(self) -> None:
        """Clear, and follow the store no longer."""
        self.clear()
        pulse, self._pulse = self._pulse, None
        if pulse is not None:
            pulse.close()

    def keep(self, ref: Ref, secret: Secret, moment: Moment) -> None:
        """Keep a value that was read since ``moment``, if it is text and still holds."""
        pulse = self._pulse
        if pulse is None:
            return
        if pulse.beat != moment.beat:
            if pulse.beat != pulse.beat:  # NaN: it is dead, and the next read follows the store anew
                self.close()
            return
        with self._lock:
            if moment.generation != self._generation:
                return
            if moment.beat != self._beat:
                self._empty()
                self._beat = moment.beat
            if self._arena is None:
                self._arena = Arena(_ARENA_BYTES)
            with secret.bytes as view:
                place = self._arena.put(view)
                if place is None:  # full: begin anew, with this one
                    self._empty()
                    place = self._arena.put(view)
            if place is not None and _is_text(self._arena, place):
                self._entries[ref] = (place, monotonic() + self._seconds, self._generation)

    def _empty(self) -> None:
        self._generation += 1  # before anything is zeroed: see `look`
        self._entries = {}
        if self._arena is not None:
            self._arena.clear()

    def _after_fork(self) -> None:
        """In a forked child there are no values, and no thread that would hear of changes."""
        self._entries = {}
        self._pulse = None
        self._lock = threading.Lock()
        if self._arena is not None:
            self._arena.disown()
            self._arena = None


def _is_text(arena: Arena, place: slice) -> bool:
    try:
        arena.text(place)
    except UnicodeDecodeError:
        return False
    return True


def shortcut(
    slow: Callable[..., Any], cache: Cache, bound: str | None, missing: object, give: Callable[[str], Any]
) -> Callable[..., Any]:
    """``get`` with a look into the cache first; ``give`` makes of a value what the facade returns."""
    look = cache.look

    def get(service: Any = missing, name: Any = missing) -> Any:
        try:
            value = look((service, name) if name is not missing else (bound, service))
        except TypeError:  # a mapping of options is no key
            value = None
        return slow(service, name) if value is None else give(value)

    return get


def shortcut_many(
    slow: Callable[..., Any], cache: Cache, bound: str | None, give: Callable[[dict[str, str]], Any]
) -> Callable[..., Any]:
    """``get_many`` of names with a look into the cache first: all of them, or none."""
    look = cache.look

    def get_many(service: Any = None, names: Any = None) -> Any:
        if isinstance(names, (list, tuple)):
            owner = bound if service is None else service
            found: dict[str, str] = {}
            for name in names:
                value = look((owner, name))
                if value is None:
                    break
                found[name] = value
            else:
                return give(found)
        return slow(service, names)

    return get_many


_everyone: weakref.WeakSet[Cache] = weakref.WeakSet()


def _after_fork() -> None:
    for cache in list(_everyone):
        cache._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
