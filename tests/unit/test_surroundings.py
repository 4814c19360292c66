"""Each place is known by its marks, and by no others; `auto` and `doctor` say what to do there."""

from __future__ import annotations

import pytest

from factorywager.stores.surroundings import places

_GRANTED = "[Session Bus Policy]\norg.freedesktop.secrets=talk\n"
_WSL2 = "5.15.167.4-microsoft-standard-WSL2\n"
_SESSION = {"XDG_RUNTIME_DIR": "/run/user/1000", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus"}


def _names(environ: dict[str, str], files: dict[str, str]) -> list[str]:
    return [place.name for place in places(environ, files.get)]


@pytest.mark.parametrize(
    ("environ", "files", "names", "advice"),
    [
        ({"WSL_DISTRO_NAME": "Debian", "WSL_INTEROP": "/run/WSL/8_interop"}, {}, ["WSL"], "vault init"),
        ({}, {"/proc/sys/kernel/osrelease": _WSL2}, ["WSL"], "gnome-keyring-daemon --unlock"),
        ({}, {"/proc/sys/kernel/osrelease": "4.4.0-19041-Microsoft\n"}, ["WSL"], "vault"),
        ({"container": "wsl"}, {"/proc/sys/kernel/osrelease": _WSL2, "/run/systemd/container": "wsl"}, ["WSL"], ""),
        ({"SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"}, {}, ["SSH"], "unlock it there first"),
        ({"SSH_TTY": "/dev/pts/1"}, {}, ["SSH"], "vault unlock"),
        ({}, {"/.dockerenv": ""}, ["container"], "on a volume"),
        ({}, {"/run/.containerenv": 'engine="podman-5"\n'}, ["container"], "FACTORYWAGER_HOME"),
        ({"container": "lxc"}, {}, ["container"], "volume"),
        ({"container": "systemd-nspawn"}, {"/run/systemd/container": "systemd-nspawn"}, ["container"], "volume"),
        ({}, {"/run/systemd/container": "docker\n"}, ["container"], "volume"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, {}, ["container"], "HybridConfig"),
        ({"container": "flatpak"}, {"/.flatpak-info": "[Application]\n"}, ["Flatpak"], "flatpak override --user"),
        ({"FLATPAK_ID": "org.example.App"}, {"/.flatpak-info": ""}, ["Flatpak"], "org.freedesktop.secrets org.example"),
        ({"SNAP": "/snap/x/1", "SNAP_NAME": "x"}, {}, ["Snap"], "snap connect x:password-manager-service"),
        ({"CI": "true"}, {}, ["CI"], "in the environment"),
        ({"CI": "true", "GITHUB_ACTIONS": "true"}, {"/.dockerenv": ""}, ["container", "CI"], "volume"),
        ({"JENKINS_URL": "https://ci.example"}, {}, ["CI"], "HybridConfig"),
        ({"TF_BUILD": "True"}, {}, ["CI"], "prompts"),
        ({"INVOCATION_ID": "0" * 32}, {}, ["systemd service"], "StateDirectory="),
    ],
)
def test_a_place_is_known_by_its_marks(
    environ: dict[str, str], files: dict[str, str], names: list[str], advice: str
) -> None:
    found = places(environ, files.get)
    assert [place.name for place in found] == names
    assert advice in (found[0].advice or "")
    assert found[0].where.split()[0] in ("in", "over")
    mark = found[0].mark
    assert mark.removeprefix("$") in environ if mark.startswith("$") else mark in files


@pytest.mark.parametrize(
    ("environ", "files"),
    [
        ({}, {}),
        (_SESSION, {"/proc/sys/kernel/osrelease": "6.1.0-44-amd64\n"}),
        ({**_SESSION, "INVOCATION_ID": "0" * 32}, {}),  # a terminal that the user's own systemd started
        ({"CI": "false"}, {}),
        ({"CI": ""}, {}),
        ({"SNAP": "something else's"}, {}),
        ({"container": "", "WSL_DISTRO_NAME": "", "SSH_TTY": ""}, {}),
    ],
)
def test_an_ordinary_session_is_no_such_place(environ: dict[str, str], files: dict[str, str]) -> None:
    assert _names(environ, files) == []


def test_a_flatpak_that_may_talk_to_the_secret_service_needs_nothing() -> None:
    (place,) = places({}, {"/.flatpak-info": _GRANTED}.get)
    assert place.advice is None
