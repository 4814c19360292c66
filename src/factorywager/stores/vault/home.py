"""`Home`: the vault's directory, who may look into it, and the one rename that commits a new key.

::

    vault.header               the commit point: names the generation that is in force
    vault-<generation>.db      the database; beside it, SQLite's rollback journal
    vault-<generation>.key     key-file mode's key
    vault-<generation>.header  a header on its way: shows that the generation's files are not in force yet

Everything of a new generation is on disk before its header takes the place of ``vault.header`` in one step, and
everything of the old one goes only after that.  A process killed anywhere leaves the one or the other in force.
"""

# pathlib costs 5 ms at start-up, and knows no descriptors
# ruff: noqa: PTH103, PTH104, PTH105, PTH108, PTH111, PTH116, PTH117, PTH120, PTH123, PTH208

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from typing import NamedTuple, TypeAlias

from ...errors import AccessDeniedError, CorruptError, UnavailableError
from ...model.locked import LockedBuffer
from ...protocols.vault import KEY_BYTES, Header, decode_header, encode_header
from .translate import STORE, translate

_HEADER = "vault.header"
_LARGEST_HEADER = 16 * 1024  # bytes
_LONGEST_READ = 2.0  # seconds; a header is read in microseconds
_O_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)  # Windows has none
_O_BINARY = getattr(os, "O_BINARY", 0)

# Tells one file from its successor under the same name.
Identity: TypeAlias = tuple[int, int, int, int]


class InForce(NamedTuple):
    """The header in force, and the file it was read from."""

    header: Header
    identity: Identity


class Home:
    """The directory that holds one vault.

    Args:
        path: absolute or not; ``None`` for ``FACTORYWAGER_HOME``, else the platform's place for a user's data.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._given = path
        self._path: str | None = None

    @property
    def path(self) -> str:
        """The directory, free of symbolic links: below it none is followed.

        Raises:
            UnavailableError: there is nowhere to put it.
        """
        if self._path is None:
            self._path = os.path.realpath(self._given or os.environ.get("FACTORYWAGER_HOME") or _platform_home())
        return self._path

    def file(self, name: str) -> str:
        return f"{self.path}{os.sep}{name}"

    # --- the header ---------------------------------------------------------------------------

    def identity(self) -> Identity | None:
        """What `read` would give as the header's identity, for two microseconds."""
        try:
            return _identity(os.lstat(self.file(_HEADER)))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise translate(error, self.file(_HEADER)) from None

    def read(self) -> InForce | None:
        """The header in force, or ``None`` where no vault was ever made.

        Raises:
            CorruptError: the header is damaged, or gone while its database is there.
            AccessDeniedError: others may look into the directory or the file.
        """
        path = self.path
        try:
            descriptor = os.open(self.file(_HEADER), os.O_RDONLY | _O_NOFOLLOW | _O_BINARY)
        except FileNotFoundError:
            self._refuse_to_forget(path)
            return None
        except OSError as error:
            raise translate(error, self.file(_HEADER)) from None
        try:
            _check_private(os.stat(path), path)
            found = os.fstat(descriptor)
            _check_private(found, self.file(_HEADER))
            return InForce(decode_header(os.read(descriptor, _LARGEST_HEADER)), _identity(found))
        except OSError as error:
            raise translate(error, self.file(_HEADER)) from None
        except (CorruptError, UnavailableError) as error:
            error.store = STORE
            raise
        finally:
            os.close(descriptor)

    def _refuse_to_forget(self, path: str) -> None:
        """A lost header must not pass for a vault that was never made: its entries would silently be missing.

        A database without a header is what a killed `init` leaves too, but that has its own header beside it.
        """
        try:
            names = os.listdir(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise translate(error, path) from None
        for name in names:
            # In this order, because others may be making a vault just now: a proposal goes only after its header
            # has come into force, or after its database has gone.
            if (
                name.startswith("vault-")
                and name.endswith(".db")
                and not os.path.lexists(self.file(f"{name[:-3]}.header"))
                and os.path.lexists(self.file(name))
                and not os.path.lexists(self.file(_HEADER))
            ):
                raise CorruptError(
                    f"{self.file(_HEADER)} is missing, and {name} cannot be opened without it",
                    hint=f"restore vault.header from a backup, or move {name} away to begin anew",
                    store=STORE,
                )

    def prepare(self) -> None:
        """Make the directory if it is not there; nobody else may look into it."""
        path = self.path
        try:
            os.makedirs(path, 0o700, exist_ok=True)
            _check_private(os.stat(path), path)
        except OSError as error:
            raise translate(error, path) from None

    def propose(self, header: Header) -> None:
        """Write ``header`` to disk under its generation's name; it is not in force yet."""
        create_private(self.file(_proposal(header)), encode_header(header))

    def commit_first(self, header: Header) -> bool:
        """Put a proposed header in force where there is none; ``False`` when another process was faster."""
        proposal = self.file(_proposal(header))
        try:
            _sync_directory(self.path)
            if os.name == "nt":
                os.rename(proposal, self.file(_HEADER))  # refuses to replace, there
                return True
            os.link(proposal, self.file(_HEADER))  # refuses to replace, everywhere
        except FileExistsError:
            return False
        except OSError as error:
            raise translate(error, self.file(_HEADER)) from None
        self._settle(proposal)
        return True

    def commit_over(self, header: Header) -> None:
        """Put a proposed header in force in the place of the present one."""
        try:
            _sync_directory(self.path)
            _replace(self.file(_proposal(header)), self.file(_HEADER))
        except OSError as error:
            raise translate(error, self.file(_HEADER)) from None
        self._settle(None)

    def _settle(self, proposal: str | None) -> None:
        """Make a commit last, and tidy.  It has happened: nothing here may make it look as if it had not."""
        with contextlib.suppress(OSError):  # an unused copy of the header stays until the next rekey
            if proposal is not None:
                os.unlink(proposal)
            _sync_directory(self.path)

    # --- files of a generation ------------------------------------------------------------------

    def others(self, *generations: str) -> list[str]:
        """Names of the files that belong to generations other than these: a killed init or rekey left them."""
        kept = tuple(f"vault-{generation}." for generation in generations)
        return [name for name in os.listdir(self.path) if name.startswith("vault-") and not name.startswith(kept)]

    def proposed(self, name: str) -> Header | None:
        """The header that a left-over file holds, if it does."""
        if not name.endswith(".header"):
            return None
        try:
            with open(self.file(name), "rb") as file:
                return decode_header(file.read(_LARGEST_HEADER))
        except (OSError, CorruptError, UnavailableError):
            return None

    def remove(self, generation: str) -> None:
        """Remove a generation's files, as far as they can be (Windows keeps a file that somebody has open)."""
        try:
            names = [name for name in os.listdir(self.path) if name.startswith(f"vault-{generation}.")]
        except OSError:
            return
        # the proposal goes last: without it a database looks like a vault that lost its header
        for name in sorted(names, key=lambda name: name.endswith(".header")):
            self.discard(name)

    def discard(self, name: str) -> None:
        with contextlib.suppress(OSError):  # swept by the next rekey
            os.unlink(self.file(name))


# --- files ------------------------------------------------------------------------------------


def create_private(path: str, data: bytes | memoryview) -> None:
    """Write a new file that only this user may read, and make it last.

    Raises:
        FileExistsError: there is one.
    """
    try:
        # the mode is given at creation: a chmod afterwards would leave a moment for others to open it
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _O_NOFOLLOW | _O_BINARY, 0o600)
    except FileExistsError:
        raise
    except OSError as error:
        raise translate(error, path) from None
    try:
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, "short write")
        os.fsync(descriptor)
    except OSError as error:
        os.unlink(path)
        raise translate(error, path) from None
    finally:
        os.close(descriptor)


def create_whole(path: str, data: bytes | memoryview) -> bool:
    """As `create_private`, for a name that others may look for: it appears with all its contents.

    Gives ``False``, and changes nothing, where there is such a file.
    """
    draft = f"{path}.{os.urandom(8).hex()}"
    create_private(draft, data)
    try:
        os.link(draft, path)
        _sync_directory(os.path.dirname(path))
    except FileExistsError:
        return False
    except OSError as error:
        raise translate(error, path) from None
    finally:
        os.unlink(draft)
    return True


def read_key_file(path: str) -> LockedBuffer | None:
    """The 32 bytes of a key file, in locked memory; ``None`` where there is no such file.

    Raises:
        AccessDeniedError: others may read it.
        CorruptError: it holds fewer bytes, or more.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _O_NOFOLLOW | _O_BINARY)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise translate(error, path) from None
    try:
        found = os.fstat(descriptor)
        _check_private(found, path)
        key = LockedBuffer(KEY_BYTES)
        with os.fdopen(os.dup(descriptor), "rb", buffering=0) as file:
            read = file.readinto(key.view)
        if found.st_size != KEY_BYTES or read != KEY_BYTES:
            raise CorruptError(
                f"{path} holds {found.st_size} bytes, and a key has {KEY_BYTES}",
                hint="restore the key file from a backup; nothing else opens the vault",
                store=STORE,
            )
        return key
    except OSError as error:
        raise translate(error, path) from None
    finally:
        os.close(descriptor)


def check_private(path: str) -> None:
    """Refuse a file that others may use.

    Raises:
        FileNotFoundError: there is none.
        AccessDeniedError: it is another user's, or others may read or write it, or it is a symbolic link.
    """
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        raise AccessDeniedError(f"{path} is a symbolic link", hint="move the file itself there", store=STORE)
    _check_private(found, path)


def _check_private(found: os.stat_result, path: str) -> None:
    if os.name == "nt":
        return  # the profile directory's access list does this; st_mode says nothing
    if found.st_uid != os.geteuid():
        raise AccessDeniedError(
            f"{path} belongs to user {found.st_uid}, not to you (user {os.geteuid()})",
            hint=f"run: sudo chown -R {os.geteuid()} {path}  or use a directory of your own with FACTORYWAGER_HOME",
            store=STORE,
        )
    if found.st_mode & 0o077:
        mode = "700" if stat.S_ISDIR(found.st_mode) else "600"
        raise AccessDeniedError(
            f"others may use {path} (mode {stat.S_IMODE(found.st_mode):04o})",
            hint=f"run: chmod {mode} {path}",
            store=STORE,
        )


def _identity(found: os.stat_result) -> Identity:
    # ctime cannot be set back, and a reused inode has a new one
    return found.st_dev, found.st_ino, found.st_ctime_ns, found.st_size


def _proposal(header: Header) -> str:
    return f"vault-{header.generation}.header"


def _replace(source: str, target: str) -> None:
    """rename(2); on Windows, which refuses it while somebody has ``target`` open, again until its reader is done."""
    give_up = time.monotonic() + _LONGEST_READ
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if os.name != "nt" or time.monotonic() > give_up:
                raise
            time.sleep(0.001)


def _sync_directory(path: str) -> None:
    """Make new names in a directory last (fsync(2): the file's own sync does not); Windows has no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _platform_home() -> str:
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME", "")
        # XDG base directory specification: a relative path is to be ignored
        if not base.startswith("/"):
            base = os.path.expanduser("~/.local/share")
    if not os.path.isabs(base):  # expanduser leaves "~" where nothing says what it is
        raise UnavailableError(
            "this user has no home directory to keep a vault in",
            hint="set FACTORYWAGER_HOME to a directory of yours",
            store=STORE,
        )
    return f"{base}{os.sep}factorywager"
