"""`Cache`: values kept at hand, in secret memory, for as long as the store has not changed.

It is coherent, not merely timed: a store that takes part gives a `Pulse` whose beat changes with every change to the
store, and a value is given only while the beat is the one under which it was read.  Any change at all empties the
whole cache, because "was it this entry?" cannot always be answered, and a credential store changes seldom.

What is promised: a change that another process made is seen within the delay of the store's signal (Secret Service)
or at once (vault, memory), and in any case after ``seconds``.  Two changes GNOME Keyring tells nobody of, so that they
are seen only after ``seconds``: a value set through an item itself (``SetSecret``: Seahorse does, Bun and secret-tool
do not), and another default collection, where both hold the entry.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Sequence
from itertools import count
from math import isnan, nan
from time import monotonic
from typing import Any, NamedTuple

from ..flow import Flow, Gate
from ..model import Ref, Secret
from ..model.arena import Arena
from ..stores.store import Coherent, Pulse, Store, Terms

_ARENA_BYTES = 1024 * 1024


class Moment(NamedTuple):
    """The state of the store, and of the cache, before a read; reads are numbered as they begin."""

    beat: float
    clears: int
    number: int


class _Entry:
    """Where a value lies, until when it counts, and whether its place has been, or is about to be, wiped."""

    __slots__ = ("gone", "place", "until")

    def __init__(self, place: slice, until: float) -> None:
        self.place = place
        self.until = until
        self.gone = False


class Cache:
    """Values by entry.

    Args:
        seconds: how long a value is kept at most.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._clears = 0
        self._begin()
        _everyone.add(self)

    def _begin(self) -> None:
        self._arena: Arena | None = None
        self._entries: dict[Any, _Entry] = {}
        self._numbers = count()
        self._not_before: dict[Ref, int] = {}  # what was read by one that began earlier is not kept
        self._pulse: Pulse | None = None
        self._beat = nan
        self._alarm: threading.Timer | None = None
        self._lock = threading.Lock()
        self._starting = Gate("the cache, beginning to follow the store,")

    def look(self, key: Any) -> str | None:
        """The value of ``(service, name)``, if it is here and still counts; asks nobody, waits for nothing."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        pulse, arena = self._pulse, self._arena
        if pulse is None or arena is None:
            return None
        beat = pulse.beat
        if beat != self._beat:
            self._follow(beat)
            return None
        if monotonic() >= entry.until:
            self._sweep()
            return None
        try:
            text = arena.text(entry.place)
        except UnicodeDecodeError:  # it is none; or of another value, see below
            return None
        # Another thread may have wiped, and put another value in this place, while we read it.
        return None if entry.gone else text

    def look_all(self, service: Any, names: Sequence[Any]) -> dict[str, str] | None:
        """The values of all these names, or ``None``; the pulse is felt once, which on a vault is most of the cost."""
        if self.look((service, names[0])) is None:
            return None
        arena, entries, now = self._arena, self._entries, monotonic()
        seen: list[_Entry] = []
        values: dict[str, str] = {}
        try:
            for name in names:
                entry = entries.get((service, name))
                if entry is None or arena is None or now >= entry.until:
                    return None
                values[name] = arena.text(entry.place)
                seen.append(entry)
        except UnicodeDecodeError:
            return None
        # As in `look`: what has been wiped meanwhile may have been read as something else.
        return None if any(entry.gone for entry in seen) else values

    def begin(self, store: Store, terms: Terms) -> Flow[Moment]:
        """To be called before the store is read: what is read is kept if nothing changes from here on."""
        pulse = self._pulse
        if (pulse is None or isnan(pulse.beat)) and isinstance(store, Coherent):
            yield self._starting.enter(terms.deadline)  # one pulse, not one for each of those who read at first
            try:
                if self._pulse is pulse:
                    self._pulse = yield from store.pulse(terms)
                    if pulse is not None:
                        pulse.close()
            finally:
                self._starting.leave()
        pulse = self._pulse
        clears, number = self._clears, next(self._numbers)
        return Moment(nan if pulse is None else self._follow(pulse.beat), clears, number)

    def clear(self) -> None:
        """Wipe every value; what is being read right now is not kept either."""
        with self._lock:
            self._clears += 1
            self._empty()

    def close(self) -> None:
        """Clear, and follow the store no longer."""
        self.clear()
        pulse, self._pulse = self._pulse, None
        if pulse is not None:
            pulse.close()
        alarm, self._alarm = self._alarm, None
        if alarm is not None:
            alarm.cancel()

    def keep(self, ref: Ref, secret: Secret, moment: Moment) -> None:
        """Keep a value that was read since ``moment``, if nothing has changed meanwhile.

        A reader never goes back to an older value.  The store's signal may still be on its way when the first reads
        see a change, and of reads at the same time nobody knows which saw the newer state.  So where one cannot be
        kept or disagrees with what is, only those count from then on that began after it.
        """
        with self._lock, secret.bytes as view:
            if len(view) > _ARENA_BYTES:
                return
            if self._arena is None:
                self._arena = Arena(_ARENA_BYTES)
            now = monotonic()
            entry = self._entries.get(ref)
            known = entry is not None and now < entry.until
            if entry is not None and known and self._arena.holds(entry.place, view):
                return
            if entry is not None:
                self._drop(ref)
            stale = moment.clears != self._clears or moment.beat != self._beat
            if known or stale or moment.number < self._not_before.get(ref, 0):
                self._not_before[ref] = next(self._numbers)
                return
            place = self._arena.put(view)
            if place is None:  # full: begin anew, with this one
                self._empty()
                place = self._arena.put(view)
            assert place is not None
            self._entries[ref] = _Entry(place, now + self._seconds)
            self._set_alarm()

    def _follow(self, beat: float) -> float:
        """Wipe what was read under another beat; NaN says nothing, and is no reason to."""
        with self._lock:
            if beat != self._beat and not isnan(beat):
                self._empty()
                self._beat = beat
        return beat

    def _empty(self) -> None:
        entries, self._entries = self._entries, {}
        self._not_before.clear()
        for entry in entries.values():
            entry.gone = True  # before anything is zeroed: see `look`
        if self._arena is not None:
            self._arena.clear()

    def _drop(self, key: Any) -> None:
        entry = self._entries.pop(key)
        entry.gone = True
        if self._arena is not None:
            self._arena.wipe(entry.place)

    def _sweep(self) -> None:
        """Wipe what is too old."""
        with self._lock:
            now = monotonic()
            for key in [key for key, entry in self._entries.items() if entry.until <= now]:
                self._drop(key)

    def _set_alarm(self) -> None:
        """Have the oldest value wiped when its time is up, also where nobody looks any more."""
        if self._alarm is None and self._entries:
            left = min(entry.until for entry in self._entries.values()) - monotonic()
            self._alarm = threading.Timer(max(0.0, left), _wake, (weakref.ref(self),))
            self._alarm.daemon = True
            self._alarm.start()

    def _ring(self) -> None:
        self._sweep()
        with self._lock:
            self._alarm = None
            self._set_alarm()

    def _after_fork(self) -> None:
        """In a forked child there are no values, and no thread that would hear of changes."""
        if self._arena is not None:
            self._arena.disown()
        self._begin()


def _wake(reference: weakref.ref[Cache]) -> None:
    cache = reference()
    if cache is not None:
        cache._ring()


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
    look_all = cache.look_all

    def get_many(service: Any = None, names: Any = None) -> Any:
        if names and isinstance(names, (list, tuple)):
            try:
                found = look_all(bound if service is None else service, names)
            except TypeError:  # what is no key is no name either, and `slow` says so
                found = None
            if found is not None:
                return give(found)
        return slow(service, names)

    return get_many


_everyone: weakref.WeakSet[Cache] = weakref.WeakSet()


def _after_fork() -> None:
    for cache in list(_everyone):
        cache._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
