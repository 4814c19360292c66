"""Every verb as a call, for failures that must look the same from all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.caller import Caller

SERVICE = "com.example.daemons"


def _lease(secrets: Caller) -> bytes:
    with secrets.lease(SERVICE, "token") as view:
        return bytes(view)


# what each gives when `token` holds "one" and the store is well
VERBS: dict[str, tuple[Callable[[Caller], Any], Any]] = {
    "get": (lambda s: s.get(SERVICE, "token"), "one"),
    "lease": (_lease, b"one"),
    "get_many": (lambda s: s.get_many(SERVICE), {"token": "one"}),
    "get_many of names": (lambda s: s.get_many(SERVICE, ["token"]), {"token": "one"}),
    "get_or_create": (lambda s: s.get_or_create(SERVICE, "token", lambda: "new"), "one"),
    "list": (lambda s: [info.name for info in s.list(SERVICE)], ["token"]),
    "list of all": (lambda s: SERVICE in {info.service for info in s.list()}, True),
    "set": (lambda s: s.set(SERVICE, "token", "one"), None),
    "set_many": (lambda s: s.set_many(SERVICE, {"token": "one"}), None),
    "delete": (lambda s: s.delete(SERVICE, "token"), True),
    "set of an empty value": (lambda s: s.set(SERVICE, "token", ""), None),
    "get of an absent entry": (lambda s: s.get(SERVICE, "absent"), None),
    "exists of an absent entry": (lambda s: s.exists(SERVICE, "absent"), False),
    "delete of an absent entry": (lambda s: s.delete(SERVICE, "absent"), False),
    "get_many of an absent name": (lambda s: s.get_many(SERVICE, ["absent"]), {}),
}
