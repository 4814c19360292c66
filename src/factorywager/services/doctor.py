"""The examination behind `factorywager doctor`: the system, each store, what ``auto`` chooses, a real round trip."""

from __future__ import annotations

import os
import secrets
import sys
import time
import warnings
from typing import Final, NamedTuple

from ..errors import FactoryWagerError, FallbackWarning, PlatformError
from ..flow import Flow
from ..model import Ref, Secret
from ..model.locked import LockedBuffer
from ..stores import native, registry
from ..stores.auto import AutoStore
from ..stores.store import Diagnoses, Finding, Terms
from ..stores.surroundings import here
from .operations import Operations

SERVICE: Final = "com.factorywager.doctor"

# The settings whose values are no secrets; of any other only the name is told.
_PLAIN_SETTINGS: Final = frozenset(
    f"FACTORYWAGER_{name}" for name in ("DEBUG", "HOME", "INTERACTIVE", "SERVICE", "STORE")
)


class Report(NamedTuple):
    """What was found, section by section, and why the chosen store does not work, if so."""

    sections: dict[str, list[Finding]]
    failure: FactoryWagerError | None


def examine(operations: Operations) -> Flow[Report]:
    """Look at everything.  Writes nothing but the throw-away entry of the round trip, which it deletes again."""
    sections = {"system": _system(operations), "surroundings": _surroundings(), "settings": _settings()}
    for name in registry.NAMES:
        if name in native.NAMES.values() and name != native.NAMES.get(sys.platform):
            continue  # another platform's
        store = registry.open_store(name)
        if isinstance(store, Diagnoses) and not isinstance(store, AutoStore):
            sections[name] = yield from store.examine(operations.terms())
        store.close()
    sections["auto"] = [(yield from _choice(operations.terms()))]
    began = time.perf_counter()
    failure = yield from _round_trip(operations)
    took = f"wrote, read back and deleted an entry in {1000 * (time.perf_counter() - began):.0f} ms"
    name = operations.store.name
    sections["round trip"] = [
        Finding("ok", name, took) if failure is None else Finding("problem", name, failure.message, failure.hint)
    ]
    return Report(sections, failure)


def _system(operations: Operations) -> list[Finding]:
    import platform

    probe = LockedBuffer(1)
    locked = probe.locked
    probe.wipe()
    return [
        Finding("ok", "platform", f"{platform.system()} {platform.release()} ({platform.machine()})"),
        Finding("ok", "python", f"{platform.python_version()} at {sys.executable}"),
        Finding("ok", "locked memory", "secrets are kept out of swap and core dumps")
        if locked
        else Finding("note", "locked memory", "the system refuses it; secrets may reach swap", "raise `ulimit -l`"),
        Finding("ok", "prompts", "may be shown")
        if operations.interactive
        else Finding("ok", "prompts", "are never shown (no terminal or display, or switched off)"),
    ]


def _surroundings() -> list[Finding]:
    return [
        Finding("ok" if place.advice is None else "note", place.name, f"told by {place.mark}", place.advice)
        for place in here()
    ] or [Finding("ok", "surroundings", "no container, WSL, SSH, CI or the like")]


def _settings() -> list[Finding]:
    names = sorted(name for name in os.environ if name.startswith("FACTORYWAGER_"))
    return [Finding("ok", name, os.environ[name] if name in _PLAIN_SETTINGS else "is set") for name in names] or [
        Finding("ok", "environment", "no FACTORYWAGER_ variable is set")
    ]


def _choice(terms: Terms) -> Flow[Finding]:
    auto = AutoStore()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FallbackWarning)  # this finding says it
            yield from auto.choose(terms)
        return Finding("ok", "choice", f"{auto.name}: {auto.reason}")
    except FactoryWagerError as error:
        return Finding("problem", "choice", error.message, error.hint)
    finally:
        auto.close()


def _round_trip(operations: Operations) -> Flow[FactoryWagerError | None]:
    ref = Ref(SERVICE, f"round-trip-{secrets.token_hex(8)}")
    value = Secret(secrets.token_hex(32))
    try:
        yield from operations.set(ref, Secret(value.bytes))
        try:
            stored = yield from operations.require(ref)
            same = stored == value
            stored.wipe()
        finally:
            deleted = yield from operations.delete(ref)
    except FactoryWagerError as error:
        return error
    if not same:
        return PlatformError("gave back something else than was written")
    return None if deleted else PlatformError("says that an entry it holds is not there to delete")
