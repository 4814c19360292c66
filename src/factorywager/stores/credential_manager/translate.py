"""What a Windows error code means here.

Source: wincred.h's functions as Microsoft documents them ("Return value"), winerror.h, and what a real advapi32 has
been reported to answer beyond that.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ...errors import (
    AccessDeniedError,
    CanceledError,
    CorruptError,
    DeadlineError,
    PlatformError,
    StorageFullError,
    StoreError,
    TooLongError,
    UnavailableError,
)

STORE: Final = "credential-manager"

NOT_FOUND: Final = 1168  # ERROR_NOT_FOUND: no such credential, which is an answer and no failure

SEALED_HINT: Final = (
    "keep it in the vault, which has no such limit and can have its key here: "
    "`factorywager vault init --mode sealed`, then --store vault"
)


class _Meaning(NamedTuple):
    kind: type[StoreError]
    message: str
    hint: str


_DENIED: Final = _Meaning(
    AccessDeniedError,
    "Windows does not let this program use the user's credentials",
    "run it as the user whose credentials they are, outside any sandbox",
)
_FULL: Final = _Meaning(
    StorageFullError,
    "Windows has no room for another credential",
    "free some disk space, or delete credentials that are no longer used; nothing was changed",
)
_STOPPED: Final = _Meaning(
    UnavailableError,
    "the Credential Manager service does not answer",
    "start the service VaultSvc (`sc start VaultSvc`), or use the vault: --store vault",
)
_MISSING: Final = _Meaning(
    UnavailableError,
    "this Windows has no Credential Manager",
    "use the vault: --store vault",
)
_UNDECRYPTABLE: Final = _Meaning(
    CorruptError,
    "Windows cannot decrypt the credential",
    "after a password reset by an administrator the old credentials stay sealed: log in with the old password, "
    "or store the value again",
)
_REJECTED: Final = _Meaning(
    PlatformError,
    "Windows did not accept the entry's name or value",
    "use a shorter, simpler name, or the vault: --store vault",
)

_MEANINGS: Final[dict[int, _Meaning]] = {
    # ERROR_NO_SUCH_LOGON_SESSION: such a session has no credential set, whoever the user is
    1312: _Meaning(
        UnavailableError,
        "this logon session has no credentials: it came over the network (SSH, WinRM, a scheduled task), "
        "or a policy forbids to keep them",
        "log in at the machine or by Remote Desktop, or use the vault: --store vault",
    ),
    # RPC_X_BAD_STUB_DATA: what a blob of more than 2,560 bytes ends with
    1783: _Meaning(TooLongError, "the value is longer than Windows keeps in a credential", SEALED_HINT),
    111: _Meaning(TooLongError, "the name is longer than Windows can hold", SEALED_HINT),  # ERROR_BUFFER_OVERFLOW
    206: _Meaning(TooLongError, "the name is longer than Windows can hold", SEALED_HINT),  # ERROR_FILENAME_EXCED_RANGE
    5: _DENIED,  # ERROR_ACCESS_DENIED
    1260: _DENIED,  # ERROR_ACCESS_DISABLED_BY_POLICY
    1314: _DENIED,  # ERROR_PRIVILEGE_NOT_HELD
    1223: _Meaning(CanceledError, "the user dismissed Windows' prompt", "try again, and answer it"),  # ERROR_CANCELLED
    8: _FULL,  # ERROR_NOT_ENOUGH_MEMORY
    14: _FULL,  # ERROR_OUTOFMEMORY
    39: _FULL,  # ERROR_HANDLE_DISK_FULL
    112: _FULL,  # ERROR_DISK_FULL
    1450: _FULL,  # ERROR_NO_SYSTEM_RESOURCES
    1816: _FULL,  # ERROR_NOT_ENOUGH_QUOTA
    1058: _STOPPED,  # ERROR_SERVICE_DISABLED
    1062: _STOPPED,  # ERROR_SERVICE_NOT_ACTIVE
    1115: _STOPPED,  # ERROR_SHUTDOWN_IN_PROGRESS
    1722: _STOPPED,  # RPC_S_SERVER_UNAVAILABLE
    1723: _STOPPED,  # RPC_S_SERVER_TOO_BUSY
    1726: _STOPPED,  # RPC_S_CALL_FAILED
    1727: _STOPPED,  # RPC_S_CALL_FAILED_DNE
    50: _MISSING,  # ERROR_NOT_SUPPORTED
    120: _MISSING,  # ERROR_CALL_NOT_IMPLEMENTED
    126: _MISSING,  # ERROR_MOD_NOT_FOUND
    127: _MISSING,  # ERROR_PROC_NOT_FOUND
    1460: _Meaning(  # ERROR_TIMEOUT
        DeadlineError, "Windows did not answer in time", "try again; `factorywager doctor` looks closer"
    ),
    13: _UNDECRYPTABLE,  # ERROR_INVALID_DATA
    0x80090003: _UNDECRYPTABLE,  # NTE_BAD_KEY
    0x80090005: _UNDECRYPTABLE,  # NTE_BAD_DATA
    0x8009000B: _UNDECRYPTABLE,  # NTE_BAD_KEY_STATE
    NOT_FOUND: _REJECTED,  # only from CredWriteW
    87: _REJECTED,  # ERROR_INVALID_PARAMETER
    123: _REJECTED,  # ERROR_INVALID_NAME
    1315: _REJECTED,  # ERROR_INVALID_ACCOUNT_NAME
    2202: _REJECTED,  # ERROR_BAD_USERNAME
}

CODES: Final = frozenset(_MEANINGS)


def translate(code: int) -> StoreError:
    """The error to raise for a code of ``GetLastError``; any code has one."""
    meaning = _MEANINGS.get(code)
    if meaning is None:
        return PlatformError(
            "Windows Credential Manager reported an error",
            hint=f"`net helpmsg {code}` tells what it is",
            store=STORE,
            native=code,
        )
    return meaning.kind(meaning.message, hint=meaning.hint, store=STORE, native=code)
