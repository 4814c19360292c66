"""Every error this library raises, and every warning.

::

    FactoryWagerError (abstract)                 code                                exit
    ├── ArgumentError (abstract)
    │   ├── ArgumentTypeError    (TypeError)     ERR_INVALID_ARG_TYPE                2
    │   └── ArgumentValueError   (ValueError)    ERR_INVALID_ARG_VALUE               2
    ├── SecretReleasedError                      ERR_SECRETS_RELEASED                1
    └── StoreError (abstract)
        ├── NotFoundError        (LookupError)   ERR_SECRETS_NOT_FOUND               3
        ├── AccessError (abstract)
        │   ├── AccessDeniedError                ERR_SECRETS_ACCESS_DENIED           4
        │   ├── LockedError                      ERR_SECRETS_LOCKED                  5
        │   ├── CanceledError                    ERR_SECRETS_USER_CANCELED           6
        │   ├── AuthenticationError              ERR_SECRETS_AUTH_FAILED             7
        │   ├── InteractionNotAllowedError       ERR_SECRETS_INTERACTION_NOT_ALLOWED 8
        │   └── InteractionRequiredError         ERR_SECRETS_INTERACTION_REQUIRED    9
        ├── UnavailableError                     ERR_SECRETS_STORE_UNAVAILABLE       10
        ├── DeadlineError        (TimeoutError)  ERR_SECRETS_TIMEOUT                 11
        ├── ConflictError                        ERR_SECRETS_CONFLICT                12
        │   └── AmbiguousError                   ERR_SECRETS_AMBIGUOUS               13
        ├── CorruptError                         ERR_SECRETS_CORRUPT                 14
        ├── TooLongError                         ERR_SECRETS_TOO_LONG                15
        ├── StorageFullError                     ERR_SECRETS_STORAGE_FULL            16
        └── PlatformError                        ERR_SECRETS_PLATFORM_ERROR          17

    BestPracticeWarning   (UserWarning)   stored, but not as it should be
    UnreadableWarning     (UserWarning)   safe_get turned a failure into None
    ExpiredWarning        (UserWarning)   the entry is past its expiry date
    FallbackWarning       (UserWarning)   the vault serves because no OS store answered

The codes that Bun has are Bun's own (semantics of ``Bun.secrets``); the others have the same shape.
A message names the store and the entry and never holds a byte of a secret; what to do about it is in ``hint``.
"""

from __future__ import annotations

from typing import ClassVar


class FactoryWagerError(Exception):
    """Base of all errors raised here.  Abstract: raise one of its leaves.

    Attributes:
        code: stable, machine-readable; never changes between releases.
        exit_status: what the command line exits with.
        hint: what to do about it, one line, or ``None``.
        store: name of the store concerned, or ``None``.
        service, name: the entry concerned, or ``None``.
    """

    code: ClassVar[str] = ""
    exit_status: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        store: str | None = None,
        service: str | None = None,
        name: str | None = None,
        native: int | str | None = None,
    ) -> None:
        if not self.code:
            raise TypeError(f"{type(self).__name__} is abstract: raise one of its leaves")
        self.message = message
        self.hint = hint
        self.store = store
        self.service = service
        self.name = name
        self.native = native
        super().__init__(message)

    def __str__(self) -> str:
        entry = None if self.service is None else "/".join(filter(None, (self.service, self.name)))
        where = ": ".join(part for part in (self.store, entry, self.message) if part)
        # Bun ends a platform failure's message with the native code, in just this form.
        return where if self.native is None else f"{where} (code: {self.native})"

    def __reduce__(self) -> tuple[object, ...]:
        # Exception's own pickling would lose the keyword arguments (worker pools pickle errors).
        return (_rebuild, (type(self), self.message, dict(self.__dict__)))


def _rebuild(kind: type[FactoryWagerError], message: str, state: dict[str, object]) -> FactoryWagerError:
    error = kind(message)
    error.__dict__.update(state)
    return error


# --- what the caller passed -------------------------------------------------------------------


class ArgumentError(FactoryWagerError):
    """The call itself is wrong; raised before anything is awaited.  Abstract."""

    exit_status = 2


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument is missing or of the wrong type."""

    code = "ERR_INVALID_ARG_TYPE"


class ArgumentValueError(ArgumentError, ValueError):
    """An argument has the right type and a value that cannot be used."""

    code = "ERR_INVALID_ARG_VALUE"


class SecretReleasedError(FactoryWagerError):
    """A secret was used after it was wiped, or in a forked child, where its memory is wiped."""

    code = "ERR_SECRETS_RELEASED"


# --- what a store answered --------------------------------------------------------------------


class StoreError(FactoryWagerError):
    """A store could not do what it was asked.  Abstract; ``safe_get`` turns these into ``None``.

    Attributes:
        stored: after ``set_many`` failed in part, the names that are stored nevertheless; else empty.
    """

    stored: tuple[str, ...] = ()


class NotFoundError(StoreError, LookupError):
    """Something that has to be there is not.  ``get`` never raises this: it gives ``None``."""

    code = "ERR_SECRETS_NOT_FOUND"
    exit_status = 3


class AccessError(StoreError):
    """The store is there and would not let us in.  Abstract."""


class AccessDeniedError(AccessError):
    """The store, or the file system below it, refused this user."""

    code = "ERR_SECRETS_ACCESS_DENIED"
    exit_status = 4


class LockedError(AccessError):
    """The store is locked and was not unlocked."""

    code = "ERR_SECRETS_LOCKED"
    exit_status = 5


class CanceledError(AccessError):
    """The user dismissed the prompt (macOS -128)."""

    code = "ERR_SECRETS_USER_CANCELED"
    exit_status = 6


class AuthenticationError(AccessError):
    """The passphrase, key or password was wrong (macOS -25293)."""

    code = "ERR_SECRETS_AUTH_FAILED"
    exit_status = 7


class InteractionNotAllowedError(AccessError):
    """A prompt would be needed and this caller may not be shown one (macOS -25308)."""

    code = "ERR_SECRETS_INTERACTION_NOT_ALLOWED"
    exit_status = 8


class InteractionRequiredError(AccessError):
    """The store insists on the user's presence (macOS -25315)."""

    code = "ERR_SECRETS_INTERACTION_REQUIRED"
    exit_status = 9


class UnavailableError(StoreError):
    """There is no such store here, or it went away."""

    code = "ERR_SECRETS_STORE_UNAVAILABLE"
    exit_status = 10


class DeadlineError(StoreError, TimeoutError):
    """The store did not answer, or the prompt was not answered, before the deadline."""

    code = "ERR_SECRETS_TIMEOUT"
    exit_status = 11


class ConflictError(StoreError):
    """What is in the store contradicts what was asked; nothing was changed."""

    code = "ERR_SECRETS_CONFLICT"
    exit_status = 12


class AmbiguousError(ConflictError):
    """Several items with different values match one entry, and nothing says which is meant."""

    code = "ERR_SECRETS_AMBIGUOUS"
    exit_status = 13


class CorruptError(StoreError):
    """What the store holds is damaged, or is not what it says it is."""

    code = "ERR_SECRETS_CORRUPT"
    exit_status = 14


class TooLongError(StoreError):
    """The value or the name is longer than the store can hold."""

    code = "ERR_SECRETS_TOO_LONG"
    exit_status = 15


class StorageFullError(StoreError):
    """The disk is full; nothing was changed."""

    code = "ERR_SECRETS_STORAGE_FULL"
    exit_status = 16


class PlatformError(StoreError):
    """Any other failure of the platform, with its native code where there is one."""

    code = "ERR_SECRETS_PLATFORM_ERROR"
    exit_status = 17


# --- warnings ---------------------------------------------------------------------------------


class BestPracticeWarning(UserWarning):
    """The entry was stored, in a way that will be regretted; the text says what to do instead."""


class UnreadableWarning(UserWarning):
    """``safe_get`` gave ``None`` because the store failed, not because the entry is missing."""


class ExpiredWarning(UserWarning):
    """The value was read, and is past the expiry date it was stored with."""


class FallbackWarning(UserWarning):
    """No OS store answered, so the embedded vault serves."""
