"""The pre-commit hook: made with one command, never over another one."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

from ...errors import AccessDeniedError, ArgumentValueError, ConflictError, PlatformError

_MARK: Final = "# made by `factorywager scan --install-hook`"
_PATIENCE: Final = 30.0  # seconds


def install() -> Path:
    """Write the hook of the repository that the current directory is in; where it is.

    Raises:
        ArgumentValueError: this is no repository.
        ConflictError: there is a hook already, and it is not ours.
        AccessDeniedError, PlatformError: it cannot be written.
    """
    path = _hooks() / "pre-commit"
    line = f"{shlex.quote(sys.executable)} -m factorywager scan --staged"
    try:
        if path.exists() and _MARK not in path.read_text(errors="replace"):
            raise ConflictError(f"{path}: there is a hook already, which was left as it is", hint=f"add to it: {line}")
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".pre-commit.{os.getpid()}")
        made.write_text(f"#!/bin/sh\n{_MARK}\nexec {line}\n")
        made.chmod(0o755)
        made.replace(path)
    except PermissionError:
        raise AccessDeniedError(f"{path}: this file cannot be written by you") from None
    except OSError as error:
        raise PlatformError(f"{path}: {error.strerror}", native=error.errno) from None
    return path


def _hooks() -> Path:
    """Where git looks for hooks: ``core.hooksPath`` included."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--path-format=absolute", "--git-path", "hooks"],  # noqa: S607 - the user's own git
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise PlatformError("git cannot be run", hint="install git") from None
    if done.returncode:
        raise ArgumentValueError("this is no git repository", hint="go into one, then run this again")
    return Path(os.fsdecode(done.stdout.rstrip(b"\n")))
