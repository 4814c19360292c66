"""Where this program runs, told by the marks that such places leave: what ``auto`` and ``doctor`` go by.

A mark is an environment variable or a file.  Sources: Flatpak's ``flatpak-metadata(5)`` (``/.flatpak-info``), snapd's
environment variables, WSL's kernel release, ``systemd.exec(5)``, ``sshd(8)``, the container interface of systemd
(``$container``), Docker's ``/.dockerenv``, Podman's ``/run/.containerenv``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

# The text of a small file, or ``None`` where there is none that can be read.
Read: TypeAlias = Callable[[str], str | None]


class Place(NamedTuple):
    """One thing about the surroundings that decides which stores can work.

    Attributes:
        name: ``WSL``, ``container``, …
        where: as a part of a sentence: ``in WSL``.
        mark: what it was told by.
        advice: what to do about credentials there; ``None`` where nothing has to be done.
    """

    name: str
    where: str
    mark: str
    advice: str | None


def here() -> list[Place]:
    """The places this process is in, the innermost first; an ordinary login session is none."""
    return places(os.environ, _read)


def places(environ: Mapping[str, str], read: Read) -> list[Place]:
    """As `here`, for any environment and files."""
    found = [look(environ, read) for look in (_flatpak, _snap, _container, _wsl, _ci, _ssh, _service)]
    return [place for place in found if place is not None]


def _flatpak(environ: Mapping[str, str], read: Read) -> Place | None:
    info = read("/.flatpak-info")
    if info is None:
        return None
    app = environ.get("FLATPAK_ID") or "APP"
    granted = "org.freedesktop.secrets=talk" in info or "org.freedesktop.secrets=own" in info
    advice = None if granted else f"run: flatpak override --user --talk-name=org.freedesktop.secrets {app}"
    return Place("Flatpak", "in a Flatpak", "/.flatpak-info", advice)


def _snap(environ: Mapping[str, str], read: Read) -> Place | None:
    # $SNAP alone is also what other programs call their own things
    name = environ.get("SNAP_NAME")
    if not name or not environ.get("SNAP"):
        return None
    return Place(
        "Snap", "in a Snap", "$SNAP_NAME", f"run: snap connect {name}:password-manager-service, or use --store vault"
    )


# Values of $container that are no containers in the sense that matters here.
_NO_CONTAINERS: Final = frozenset({"flatpak", "snap", "wsl"})


def _container(environ: Mapping[str, str], read: Read) -> Place | None:
    kind = environ.get("container", "")
    systemd = (read("/run/systemd/container") or "").strip()
    if kind and kind not in _NO_CONTAINERS:
        mark = "$container"
    elif environ.get("KUBERNETES_SERVICE_HOST"):
        mark = "$KUBERNETES_SERVICE_HOST"
    elif systemd and systemd not in _NO_CONTAINERS:
        mark = "/run/systemd/container"
    else:
        files = [path for path in ("/.dockerenv", "/run/.containerenv") if read(path) is not None]
        if not files:
            return None
        mark = files[0]
    return Place(
        "container",
        "in a container",
        mark,
        "keep the vault on a volume (FACTORYWAGER_HOME), or its entries go with the container; "
        "or give secrets in the environment, which `HybridConfig` reads too",
    )


def _wsl(environ: Mapping[str, str], read: Read) -> Place | None:
    if environ.get("WSL_DISTRO_NAME"):
        mark = "$WSL_DISTRO_NAME"
    elif "microsoft" in (read("/proc/sys/kernel/osrelease") or "").lower():
        mark = "/proc/sys/kernel/osrelease"
    else:
        return None
    return Place(
        "WSL",
        "in WSL",
        mark,
        "no login unlocks a keyring here: use the vault (`factorywager vault init --mode passphrase`), or start "
        "a keyring: `printf %s PASSWORD | gnome-keyring-daemon --unlock --components=secrets`",
    )


_CI: Final = (
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "BUILDKITE",
    "CIRCLECI",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "TF_BUILD",
    "TRAVIS",
    "CI",
)


def _ci(environ: Mapping[str, str], read: Read) -> Place | None:
    marks = [name for name in _CI if environ.get(name, "").lower() not in ("", "0", "false")]
    if not marks:
        return None
    return Place(
        "CI",
        "in CI",
        f"${marks[0]}",
        "nobody answers prompts here, and a vault lasts as long as the job: give secrets in the environment, from "
        "the CI system's own store; `HybridConfig` reads them",
    )


def _ssh(environ: Mapping[str, str], read: Read) -> Place | None:
    marks = [name for name in ("SSH_CONNECTION", "SSH_TTY") if environ.get(name)]
    if not marks:
        return None
    return Place(
        "SSH",
        "over SSH",
        f"${marks[0]}",
        "a locked keyring asks on the desktop's screen, not here: unlock it there first, or use --store vault "
        "(`factorywager vault unlock` asks on this terminal)",
    )


def _service(environ: Mapping[str, str], read: Read) -> Place | None:
    # programs of a login session may have $INVOCATION_ID too, from their user's own systemd; those have the rest
    if not environ.get("INVOCATION_ID") or environ.get("XDG_RUNTIME_DIR") or environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return None
    return Place(
        "systemd service",
        "in a systemd service without a login session",
        "$INVOCATION_ID",
        "set StateDirectory= in the unit, FACTORYWAGER_HOME to that directory and FACTORYWAGER_STORE=vault",
    )


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - pathlib costs 10 ms at start-up
            return file.read(65536)
    except OSError:
        return None
