"""`KeychainDouble`: a double of macOS's Security and Core Foundation, compiled from tests/keychain/double.

It is not macOS: it has the same functions with the same calling convention, and answers as Apple documents.  What it
adds is severity: a wrong type, a key that a call does not take, an object released twice or by one who does not own
it end the process.
"""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path
from typing import Any

from .parts import require
from .process import PATIENCE, eventually

SOURCES = Path(__file__).parents[1] / "keychain" / "double"

OURSELVES = "this-python"
"""The application that this process is, as far as the double is concerned."""


def compile_double(directory: Path) -> Path:
    """The two libraries, in ``directory``; skips the test where there is no compiler."""
    (compiler,) = require("gcc")
    options = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-g", "-shared", "-fPIC"]
    foundation, security = directory / "libCoreFoundation.so", directory / "libSecurity.so"
    _run(compiler, *options, "-o", foundation, SOURCES / "core_foundation.c")
    linked = [f"-L{directory}", "-lCoreFoundation", f"-Wl,-rpath,{directory}"]
    _run(compiler, *options, "-o", security, SOURCES / "security.c", SOURCES / "items.c", *linked)
    return directory


def _run(*argv: object) -> None:
    done = subprocess.run([str(each) for each in argv], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


class KeychainDouble:
    """One user's keychains, in a directory that several processes may share, and this process's way to them.

    Args:
        libraries: where `compile_double` put them.
        directory: the keychain's; empty for a new one.
    """

    def __init__(self, libraries: Path, directory: Path, application: str = OURSELVES) -> None:
        self.libraries = libraries
        self.directory = directory
        self.paths = (str(libraries / "libCoreFoundation.so"), str(libraries / "libSecurity.so"))
        directory.mkdir(exist_ok=True)
        self.foundation: Any = ctypes.CDLL(self.paths[0])
        self.foundation.CFDataCreate.restype = ctypes.c_void_p
        self.foundation.CFRelease.argtypes = (ctypes.c_void_p,)
        for name in ("released", "live", "unwiped"):
            getattr(self.foundation, f"double_{name}").restype = ctypes.c_long
        self._security: Any = ctypes.CDLL(self.paths[1])
        self.become(application)
        self.forgive()

    def open(self) -> Any:
        """A store on it."""
        from factorywager.stores.keychain.store import KeychainStore

        return KeychainStore(*self.paths)

    # --- what the user does ---------------------------------------------------------------------------

    def set(self, **settings: object) -> None:
        """``locked=1``, ``no_default=1``, ``answer="cancel"`` (to dialogs: ``allow``, ``refuse``, ``wait``),
        ``signature="adhoc"``; ``failing="SecItemAdd", status=-61`` lets that function fail."""
        for name, value in settings.items():
            path = self.directory / f"set-{name.replace('_', '-')}"
            fresh = path.with_name(f"{path.name}.fresh")
            fresh.write_text(str(value))
            fresh.replace(path)

    @property
    def dialogs(self) -> int:
        """How many dialogs were shown."""
        path = self.directory / "set-dialogs"
        return len(path.read_text()) if path.exists() else 0

    @property
    def locked(self) -> bool:
        path = self.directory / "set-locked"
        return path.exists() and path.read_text() == "1"

    @property
    def interaction_allowed(self) -> bool:
        """Whether this process may be shown dialogs."""
        allowed = ctypes.c_ubyte()
        self._security.SecKeychainGetUserInteractionAllowed(ctypes.byref(allowed))
        return bool(allowed.value)

    @interaction_allowed.setter
    def interaction_allowed(self, allowed: bool) -> None:
        self._security.SecKeychainSetUserInteractionAllowed(ctypes.c_ubyte(allowed))

    def become(self, application: str) -> None:
        """From here on this process is that application, as by another code signature."""
        self._security.double_open(str(self.directory).encode(), application.encode())

    # --- what became of the objects -------------------------------------------------------------------

    @property
    def live(self) -> int:
        """Objects that nobody has released for good yet."""
        return self.foundation.double_live()

    @property
    def released(self) -> int:
        """Calls of CFRelease."""
        return self.foundation.double_released()

    @property
    def unwiped(self) -> int:
        """Data that still held bytes other than zero when it was released for good."""
        return self.foundation.double_unwiped()

    def check_balance(self, *, within: float = PATIENCE) -> None:
        """Everything that was created is released, and no data was given back with a secret in it."""
        eventually(lambda: self.live == 0, f"every object is released ({self.live} are not)", within=within)
        assert self.unwiped == self._unwiped, "data was released with bytes in it"

    def forgive(self) -> None:
        """Count unwiped data from here on."""
        self._unwiped = self.unwiped

    def stop(self) -> None:
        """End any dialog that is still open, and check the balance."""
        self.set(answer="cancel")
        self.check_balance()
