"""Which format a path has, and the formats' names."""

from __future__ import annotations

import pytest

from factorywager.errors import ArgumentValueError
from factorywager.protocols.formats.registry import NAMES, by_name, recognize

from .tools import TOOLS


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".env", "dotenv"),
        ("/srv/app/.env.production", "dotenv"),
        ("deploy/prod.env", "dotenv"),
        ("C:\\work\\.env.local", "dotenv"),
        ("/home/x/.aws/credentials", "aws"),
        ("~/.aws/config", "aws"),
        ("/home/x/.npmrc", "npmrc"),
        ("/home/x/.pypirc", "pypirc"),
        ("/home/x/.netrc", "netrc"),
        ("C:\\Users\\x\\_netrc", "netrc"),
        ("/home/x/.docker/config.json", "docker"),
        ("/run/user/1000/containers/auth.json", "docker"),
        ("/home/x/.git-credentials", "git-credentials"),
        ("/home/x/.config/git/credentials", "git-credentials"),
        ("/home/x/.kube/config", "kube"),
        ("prod.kubeconfig", "kube"),
        ("/home/x/.cargo/credentials.toml", "cargo"),
        ("/home/x/.config/gh/hosts.yml", "gh"),
        ("/home/x/.config/pip/pip.conf", "pip"),
        ("bitwarden_export_20261123.json", "bitwarden"),
        ("export.1pux", "1password"),
        ("Passwords.kdbx", "keepass"),
        ("setup.cfg", "ini"),
        ("appsettings.json", "json"),
        ("secrets.yaml", "yaml"),
        ("secrets.toml", "toml"),
        ("passwords.CSV", "csv"),
        ("config", None),
        ("environment", None),
        ("myenv", None),
        ("credentials", None),
    ],
)
def test_a_path_tells_the_format(path: str, name: str | None) -> None:
    form = recognize(path)
    assert (None if form is None else form.name) == name


@pytest.mark.parametrize("name", NAMES)
def test_every_format_has_its_name(name: str) -> None:
    assert by_name(name).name == name


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(ArgumentValueError) as caught:
        by_name("dotnev")
    assert all(name in (caught.value.hint or "") for name in NAMES)


def test_every_format_with_places_is_held_against_its_tool() -> None:
    assert {tool.format for tool in TOOLS} == set(NAMES) - {"ini", "1password", "keepass"}  # aws, pypirc, pip are INI
