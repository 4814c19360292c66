"""Every verb as a call, for failures that must look the same from all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from harness.caller import Caller

SERVICE = "com.example.daemons"

Verb: TypeAlias = tuple[Callable[[Caller], Any], Any]


def verbs_on(service: str) -> dict[str, Verb]:
    """Each verb that needs an open store, and what it gives when `token` holds "one" and the store is well."""

    def lease(secrets: Caller) -> bytes:
        with secrets.lease(service, "token") as view:
            return bytes(view)

    return {
        "get": (lambda s: s.get(service, "token"), "one"),
        "lease": (lease, b"one"),
        "get_many": (lambda s: s.get_many(service), {"token": "one"}),
        "get_many of names": (lambda s: s.get_many(service, ["token"]), {"token": "one"}),
        "get_or_create": (lambda s: s.get_or_create(service, "token", lambda: "new"), "one"),
        "list": (lambda s: [info.name for info in s.list(service)], ["token"]),
        "list of all": (lambda s: service in {info.service for info in s.list()}, True),
        "set": (lambda s: s.set(service, "token", "one"), None),
        "set_many": (lambda s: s.set_many(service, {"token": "one"}), None),
        "delete": (lambda s: s.delete(service, "token"), True),
        "set of an empty value": (lambda s: s.set(service, "token", ""), None),
        "get of an absent entry": (lambda s: s.get(service, "absent"), None),
        "exists of an absent entry": (lambda s: s.exists(service, "absent"), False),
        "delete of an absent entry": (lambda s: s.delete(service, "absent"), False),
        "get_many of an absent name": (lambda s: s.get_many(service, ["absent"]), {}),
    }


def every_verb_on(service: str) -> dict[str, Verb]:
    """Those too that a locked store may serve, and the one that turns a failure into ``None``."""

    def watch(secrets: Caller) -> None:
        """Begun and ended: what comes in between has no end, and so no deadline."""
        facade = secrets.wrapped
        secrets.settle(facade._drive(facade.operations.watch(service))).close()

    return {
        **verbs_on(service),
        "exists": (lambda s: s.exists(service, "token"), True),
        "safe_get": (lambda s: s.safe_get(service, "token"), "one"),
        "watch": (watch, None),
    }


VERBS = verbs_on(SERVICE)
