"""The call forms of ``Bun.secrets``: what may be passed, what is checked in which order, and Bun's own messages.

Seen by running Bun 1.4.4 and kept by a test that asks Bun again.  The order of checks is: the options' type,
service and name, value, persist, emptiness, NUL bytes; ours adds UTF-8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from ..errors import ArgumentTypeError, ArgumentValueError
from ..model import Ref, Secret


class _Missing:
    """The type of ``MISSING``, which tells an argument left out from one that is ``None``."""

    def __repr__(self) -> str:
        return "<missing>"


# Any, so that it can stand as the default of parameters of every type
MISSING: Final[Any] = _Missing()

NEEDS_OPTIONS = "secrets.{verb} requires an options object"
NOT_AN_OBJECT = "Expected options to be an object"
NOT_STRINGS = "Expected service and name to be strings"
NO_VALUE = "Expected 'value' to be a string. To delete the secret, call secrets.delete instead."
VALUE_NOT_STRING = "Expected 'value' to be a string"
BAD_PERSIST = "The property 'options.persist' must be one of: `local`, `enterprise`"
EMPTY = "Expected service and name to not be empty"
HAS_NUL = "Expected service, name, and value to be strings without null bytes"
NOT_UTF8 = "Expected service, name, and value to be text that UTF-8 can encode"


class SetCall(NamedTuple):
    """A checked call of ``set``."""

    ref: Ref
    value: Secret
    persist: Literal["local", "enterprise"]
    unrestricted: bool


def read_ref(verb: str, service: object, name: object, bound: str | None = None) -> Ref:
    """The entry that a call of ``get``, ``delete`` and the like names.

    Args:
        verb: for the message that says so.
        service: a service, or a mapping of options, or `MISSING`.
        name: a name, or `MISSING`.
        bound: the facade's own service; then one positional string is the name.

    Raises:
        ArgumentTypeError, ArgumentValueError: as the module says.
    """
    service, name = _unpack(verb, service, name, bound)
    return _checked(service, name)


def read_set(
    service: object, name: object, value: object, persist: object, unrestricted: object, bound: str | None = None
) -> SetCall:
    """A call of ``set``; see `read_ref`.  A mapping may also hold ``value``, ``persist`` and the access flag.

    Raises:
        ArgumentTypeError, ArgumentValueError: as the module says.
    """
    if isinstance(service, Mapping):
        options = service
        if value is MISSING:
            value = options.get("value", MISSING)
        if persist is MISSING:
            persist = options.get("persist", MISSING)
        if unrestricted is MISSING:
            unrestricted = options.get("allowUnrestrictedAccess", options.get("allow_unrestricted_access", MISSING))
    elif bound is not None and value is MISSING and name is not MISSING and service is not MISSING:
        service, name, value = bound, service, name  # set("name", "value") on a facade with a service of its own
    service, name = _unpack("set", service, name, bound)
    if not isinstance(service, str) or not isinstance(name, str):
        raise ArgumentTypeError(NOT_STRINGS)
    if value is MISSING or value is None:
        raise ArgumentTypeError(NO_VALUE)
    if not isinstance(value, (str, Secret)):
        raise ArgumentTypeError(VALUE_NOT_STRING)
    if persist is MISSING:
        persist = "enterprise"
    if persist not in ("local", "enterprise"):
        raise ArgumentValueError(BAD_PERSIST)
    ref = _checked(service, name)
    return SetCall(
        ref,
        read_value(value),
        persist,
        unrestricted is not MISSING and bool(unrestricted),
    )


def read_value(value: object) -> Secret:
    """A value as a `Secret` that the caller may wipe: a given `Secret` is copied, so that it stays usable.

    Raises:
        ArgumentTypeError: neither text nor a `Secret`.
        ArgumentValueError: it holds a NUL, or cannot be encoded.
    """
    if isinstance(value, str):
        if "\0" in value:
            raise ArgumentValueError(HAS_NUL)
        return Secret(value)
    if not isinstance(value, Secret):
        raise ArgumentTypeError(VALUE_NOT_STRING)
    secret = Secret(value.bytes)
    if 0 in secret.bytes:
        secret.wipe()
        raise ArgumentValueError(HAS_NUL)
    return secret


def read_name(text: object) -> str:
    """A service or a name on its own, for verbs that take one of them.

    Raises:
        ArgumentTypeError, ArgumentValueError: as the module says.
    """
    if not isinstance(text, str):
        raise ArgumentTypeError(NOT_STRINGS)
    return _checked(text, text).service


def _unpack(verb: str, service: object, name: object, bound: str | None) -> tuple[object, object]:
    if isinstance(service, Mapping):
        options = service
        service = options.get("service", MISSING)
        if name is MISSING:
            name = options.get("name", MISSING)
    elif service is MISSING and name is MISSING:
        # Bun says it differently for set
        raise ArgumentTypeError(NOT_AN_OBJECT if verb == "set" else NEEDS_OPTIONS.format(verb=verb))
    elif name is MISSING:
        if not isinstance(service, str):
            raise ArgumentTypeError(NOT_AN_OBJECT)
        if bound is not None:
            service, name = MISSING, service
    if service is MISSING and bound is not None:
        service = bound
    return service, name


def _checked(service: object, name: object) -> Ref:
    if not isinstance(service, str) or not isinstance(name, str):
        raise ArgumentTypeError(NOT_STRINGS)
    if not service or not name:
        raise ArgumentTypeError(EMPTY)
    if "\0" in service or "\0" in name:
        raise ArgumentValueError(HAS_NUL)
    try:
        service.encode(), name.encode()
    except UnicodeEncodeError:
        raise ArgumentValueError(NOT_UTF8) from None
    return Ref(service, name)
