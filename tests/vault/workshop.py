"""What the vault's tests share: how to drive a store, and processes that die at a chosen moment."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import factorywager.stores.vault as room
from factorywager.flow import Deadline
from factorywager.flow.blocking import run
from factorywager.model import Ref, Secret
from factorywager.stores.store import Options, Store, Terms
from factorywager.stores.vault.admin import VaultAdmin
from factorywager.stores.vault.store import VaultStore

__all__ = ["SERVICE", "VaultAdmin", "VaultStore", "admin", "run"]

SERVICE = "com.example.vault"


def terms(seconds: float | None = 20.0, *, interactive: bool = False) -> Terms:
    return Terms(Deadline(seconds), interactive)


def admin(store: VaultStore) -> VaultAdmin:
    return VaultAdmin(store)


def put(store: Store, name: str, value: str, seconds: float = 20.0) -> None:
    run(store.set(Ref(SERVICE, name), Secret(value), terms(seconds), Options()))


def read(store: Store, name: str) -> str | None:
    secret = run(store.get(Ref(SERVICE, name), terms()))
    return None if secret is None else secret.reveal()


def ask(passphrase: str) -> Callable[[], Secret]:
    return lambda: Secret(passphrase)


def problems(store: VaultStore) -> list[str]:
    return [
        f"{finding.what}: {finding.detail}" for finding in run(store.examine(terms())) if finding.state == "problem"
    ]


def database(home: Path) -> Path:
    (path,) = home.glob("vault-*.db")
    return path


def key_file(home: Path) -> Path:
    (path,) = home.glob("vault-*.key")
    return path


# --- processes --------------------------------------------------------------------------------


def fork(work: Callable[[], Any]) -> int:
    """Run ``work`` in a forked child; its process id.  An error there is printed and gives status 1."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return pid


def status_of(pid: int) -> int:
    """How a child ended: its exit status, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def die_at_line(number: int) -> None:
    """From here on, this process is killed before it runs the vault's ``number``-th line of code."""
    directory = os.path.dirname(room.__file__)
    left = number

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(directory):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
