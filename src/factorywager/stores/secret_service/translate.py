"""What a D-Bus error of the Secret Service means here.

Source: Secret Service API draft, "Errors"; D-Bus Specification, "Error names"; GNOME Keyring 42 and KWallet 5.103 as
seen running.
"""

from __future__ import annotations

from typing import Final

from ...errors import (
    AccessDeniedError,
    DeadlineError,
    FactoryWagerError,
    LockedError,
    PlatformError,
    StorageFullError,
    UnavailableError,
)
from ...protocols import dbus
from ...protocols.received import Received

STORE: Final = "secret-service"

NO_DAEMON_HINT = "install and start gnome-keyring, KWallet or KeePassXC, or use --store vault"

EXPOSE_HINT = (
    "in KeePassXC, open a database and expose one of its groups: Database Settings, Secret Service Integration"
)


class StaleSessionError(Exception):
    """The daemon no longer knows our session (it was restarted, or mixed up its keys): connect anew, try once more."""


class VanishedError(Exception):
    """The object that was asked for is gone."""


_STALE = frozenset(
    {
        "org.freedesktop.Secret.Error.NoSession",
        # The daemon died between taking the call and answering it; nobody knows how far it came.
        "org.freedesktop.DBus.Error.NoReply",
        # KWallet, when writing: "Can't find session", also when it derived another key than we did.
        "org.qtproject.QtDBus.Error.InvalidObjectPath",
    }
)
# KWallet gives it the error name of an object that is gone.
_LOST_SESSION = "Can't find session"
_VANISHED = frozenset(
    {
        "org.freedesktop.Secret.Error.NoSuchObject",
        "org.freedesktop.DBus.Error.UnknownObject",
        # KeePassXC, of an item on its way out: "interface … was not found in object"
        "org.freedesktop.DBus.Error.UnknownInterface",
        # GNOME Keyring: "Object does not exist at path"
        "org.freedesktop.DBus.Error.UnknownMethod",
    }
)
_ABSENT = frozenset(
    {
        "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.NameHasNoOwner",
        "org.freedesktop.DBus.Error.Disconnected",
        "org.freedesktop.DBus.Error.NoServer",
    }
)
_SLOW = frozenset({"org.freedesktop.DBus.Error.Timeout", "org.freedesktop.DBus.Error.TimedOut"})


def checked(reply: Received) -> Received:
    """The reply, where it is a result.

    Raises:
        StaleSessionError, VanishedError: for the caller in this room to act on.
        StoreError: everything else.
    """
    name = dbus.error_name(reply)
    if name is None:
        return reply
    if name in _STALE or (name in _VANISHED and dbus.error_text(reply).startswith(_LOST_SESSION)):
        raise StaleSessionError(name)
    if name in _VANISHED:
        raise VanishedError(name)
    raise translate(name, dbus.error_text(reply))


def translate(name: str, text: str) -> FactoryWagerError:
    """The error for a D-Bus error name.  ``text`` is the daemon's own words, which hold no secret."""
    if name == "org.freedesktop.Secret.Error.IsLocked":
        return LockedError("the keyring is locked", hint="unlock it in your desktop's keyring program", store=STORE)
    if name in _ABSENT or name.startswith("org.freedesktop.DBus.Error.Spawn."):
        return UnavailableError("no secret service is running", hint=NO_DAEMON_HINT, store=STORE)
    if name in _SLOW:
        return DeadlineError(
            "the daemon did not answer", hint="see whether it hangs: `factorywager doctor`", store=STORE
        )
    if name in ("org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.AuthFailed"):
        return AccessDeniedError(
            "the session bus does not let this program talk to the secret service",
            hint="in a Flatpak or Snap, grant access to org.freedesktop.secrets",
            store=STORE,
        )
    if name == "org.freedesktop.DBus.Error.NoMemory":
        return StorageFullError("the daemon is out of memory", hint="restart the keyring daemon", store=STORE)
    return PlatformError(
        (text[:1].lower() + text[1:]) or "the daemon reported an error",
        hint="`factorywager doctor` looks closer",
        store=STORE,
        native=name,
    )
