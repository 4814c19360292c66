"""What `factorywager doctor` says about the Secret Service."""

from __future__ import annotations

import os
import subprocess

from ...errors import FactoryWagerError
from ...flow import Deadline, Flow, Work
from ...protocols import secret_service as api
from ...transports.bus import session_bus_addresses
from ..store import Finding, Terms
from .daemon import Daemon
from .link import Link, Links
from .translate import EXPOSE_HINT, NO_DAEMON_HINT, StaleSessionError, VanishedError, checked


def examine(links: Links, terms: Terms) -> Flow[list[Finding]]:
    """Findings from the bus upwards; stops at the first thing without which the rest cannot be seen."""
    findings: list[Finding] = []
    try:
        address = session_bus_addresses()[0].replace("\0", "@")
        findings.append(Finding("ok", "session bus", address))
        link = yield from links.obtain(terms.deadline)
        findings.append(Finding("ok", "session", f"encrypted (Diffie-Hellman, AES-128), daemon at {link.owner}"))
        findings.append((yield from _daemon(link, terms.deadline)))
        findings += yield from _collections(link, terms.deadline)
    except FactoryWagerError as error:
        findings.append(Finding("problem", "secret service", error.message, error.hint))
    except (StaleSessionError, VanishedError) as error:
        findings.append(Finding("problem", "secret service", f"the daemon answered {error}", "run doctor again"))
    return findings


def _daemon(link: Link, deadline: Deadline) -> Flow[Finding]:
    daemon = link.daemon
    pid = daemon.pid
    if not daemon.name:
        return Finding("note", "daemon", "in another process namespace, so its program cannot be seen")
    version = yield Work(lambda: _version(pid), deadline)
    return Finding("ok", "daemon", f"{daemon.title} (process {pid}{', ' + version if version else ''})")


def _version(pid: int) -> str:
    """What the daemon's program prints for ``--version``: one line, or nothing where it prints none in time."""
    try:
        program = os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115 - as everywhere here
        printed = subprocess.run(  # noqa: S603 - the program that already holds the secrets
            [program, "--version"], capture_output=True, timeout=5, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    lines = printed.stdout.decode(errors="replace").splitlines()
    return lines[0].strip() if lines else ""


def _unlock_hint(daemon: Daemon) -> str:
    if daemon.is_kwallet:
        return "a login that KWallet shares its password with opens it; else KWallet prompts when it is used"
    if daemon.is_keepassxc:
        return "unlock the database in KeePassXC; else it prompts when it is used"
    return "it is unlocked by a prompt when used"


def _collections(link: Link, deadline: Deadline) -> Flow[list[Finding]]:
    daemon = link.daemon
    default = yield from link.default_collection(deadline)
    if default is None:
        hint = EXPOSE_HINT if daemon.is_keepassxc else f"log in to the desktop once, or: {NO_DAEMON_HINT}"
        return [Finding("problem", "default collection", "there is none, so nothing can be stored", hint)]
    locked = api.property_value(checked((yield from link.ask(api.collection_locked(default), deadline))), "b")
    if locked:
        return [Finding("note", "default collection", f"{default} is locked", _unlock_hint(daemon))]
    search = yield from link.ask(api.search(api.attributes_of_service(None)), deadline)
    count = sum(map(len, api.found(search)))
    return [Finding("ok", "default collection", f"{default} is unlocked, {count} entries of Bun's and ours")]
