"""The programs themselves: what each of them reads in a file of its own, asked without any network but the loopback."""

from __future__ import annotations

import ast
import json
import os
import pwd
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from harness.parts import node_home, require

from .registry_double import RegistryDouble

REFERENCE = "fw://com.factorywager.cli/db-password"

# what a header can carry, and every program can keep
PLAIN = ("made-up", REFERENCE, "")
# what a file can hold and HTTP cannot
ANY = (*PLAIN, "two words", 'it\'s "quoted"', "back\\slash \\n", "#;:=%(x)s ${A}", "true", "1e3", "- a: b", "schön🔑")


class Place(NamedTuple):
    """Where a program works.

    Attributes:
        home: a directory of its own.
        registry: what stands for the servers of cargo and npm.
    """

    home: Path
    registry: RegistryDouble

    def run(self, *command: str, stdin: str = "", **environment: str) -> str:
        """What a program prints; it has to end well."""
        done = self.attempt(*command, stdin=stdin, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def attempt(self, *command: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        # a cargo that rustup put there looks for itself in the home it knows
        rustup = os.environ.get("RUSTUP_HOME", f"{pwd.getpwuid(os.getuid()).pw_dir}/.rustup")
        own = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LC_ALL": "C.UTF-8", "RUSTUP_HOME": rustup}
        return subprocess.run(
            command,
            input=stdin,
            cwd=self.home,
            env={**own, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def file(self, name: str, raw: bytes) -> str:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        path.chmod(0o600)
        return str(path)


class Program(NamedTuple):
    """A program and a file for it.

    Attributes:
        format: ours.
        sample: the file; ``{port}`` is the registry's.
        read: the secrets by key, as the program reads them; it fails if the program refuses the file.
        texts: what a secret may be replaced by.
    """

    format: str
    sample: str
    read: Callable[[Place, bytes], dict[str, str]]
    texts: tuple[str, ...] = PLAIN


def _kubectl(place: Place, raw: bytes) -> dict[str, str]:
    (kubectl,) = require("kubectl")
    shown = place.run(kubectl, "--kubeconfig", place.file("config", raw), "config", "view", "--raw", "-o", "json")
    users = {user["name"]: user["user"] for user in json.loads(shown)["users"]}
    return {
        "users.admin.user.token": users["admin"].get("token", ""),
        'users."some.body".user.password': users["some.body"].get("password", ""),
    }


def _kubectl_data(place: Place, raw: bytes) -> dict[str, str]:
    """Embedded keys, which kubectl decodes and prints as base64 again."""
    (kubectl,) = require("kubectl")
    shown = place.run(kubectl, "--kubeconfig", place.file("config", raw), "config", "view", "--raw", "-o", "json")
    data = json.loads(shown)["users"][0]["user"].get("client-key-data", "")
    decoded = b64decode(data).decode()
    return {"users.keyed.user.client-key-data": decoded if decoded.startswith("fw://") else data}


def _gh(place: Place, raw: bytes) -> dict[str, str]:
    (gh,) = require("gh")
    place.file("gh/config.yml", b"version: 1\n")  # newer versions bring an older directory up to date first
    place.file("gh/hosts.yml", raw)
    hosts = {"github.com": '"github.com".oauth_token', "git.example.com": '"git.example.com".oauth_token'}
    found = {}
    for host, key in hosts.items():
        done = place.attempt(gh, "auth", "token", "-h", host, GH_CONFIG_DIR=str(place.home / "gh"))
        assert done.returncode == 0 or "no oauth token" in done.stderr.lower(), done.stderr
        found[key] = done.stdout.removesuffix("\n")
    assert (place.home / "gh/hosts.yml").read_bytes() == raw
    return found


def _cargo(place: Place, raw: bytes) -> dict[str, str]:
    """The token that cargo sends; an index that is a repository serves every version of it."""
    cargo, git = require("cargo", "git")
    index = place.home / "index"
    if not index.exists():
        place.file("index/config.json", json.dumps({"dl": place.registry.url, "api": place.registry.url}).encode())
        identity = ("-c", "user.name=made up", "-c", "user.email=a@example.com")
        for arguments in (("init", "-q"), ("add", "."), ("commit", "-qm", "made up")):
            place.run(git, "-C", str(index), *identity, *arguments)
    place.file("cargo/config.toml", f'[registries.private]\nindex = "{index.as_uri()}"\n'.encode())
    place.file("cargo/credentials.toml", raw)
    place.registry.sent.clear()
    done = place.attempt(
        cargo, "owner", "--list", "--registry", "private", "made-up", CARGO_HOME=str(place.home / "cargo")
    )
    assert done.returncode == 0 or "token" in done.stderr, done.stderr  # an empty one is refused by name
    assert "parse" not in done.stderr, done.stderr
    return {"registries.private.token": next((header for header in place.registry.sent if header), "")}


def _npm(place: Place, raw: bytes) -> dict[str, str]:
    """The token that npm sends."""
    home = node_home()
    npm = str(home / "lib/node_modules/npm/bin/npm-cli.js")
    file = place.file(".npmrc", raw)
    place.registry.sent.clear()
    place.attempt(
        str(home / "bin/node"), npm, "whoami", f"--userconfig={file}", f"--registry={place.registry.url}/",
        "--no-update-notifier", "--fetch-retries=0",
    )  # fmt: skip
    headers = [header.removeprefix("Bearer ") for header in place.registry.sent if header]
    return {f'"//127.0.0.1:{place.registry.port}/:_authToken"': headers[-1] if headers else ""}


def _twine(place: Place, raw: bytes) -> dict[str, str]:
    from twine.utils import get_config

    repositories = get_config(place.file(".pypirc", raw))
    return {f"{name}.password": repositories[name].get("password") or "" for name in ("pypi", "private")}


def _pip(place: Place, raw: bytes) -> dict[str, str]:
    file = place.file("pip.conf", raw)
    shown = place.run(sys.executable, "-m", "pip", "config", "list", PIP_CONFIG_FILE=file)
    settings = dict(line.split("=", 1) for line in shown.splitlines())
    return {key: ast.literal_eval(settings[key]) for key in ("global.index-url", "global.extra-index-url")}


def _git(place: Place, raw: bytes) -> dict[str, str]:
    (git,) = require("git")
    file = place.file(".git-credentials", raw)
    found = {}
    for user, host in (("somebody", "github.com"), ("some@body", "git.example.com")):
        told = place.attempt(
            git, "-c", "credential.helper=", "-c", f"credential.helper=store --file={file}", "credential", "fill",
            stdin=f"protocol=https\nhost={host}\nusername={user}\n\n", GIT_TERMINAL_PROMPT="0",
        )  # fmt: skip
        assert told.returncode == 0 or "terminal prompts disabled" in told.stderr, told.stderr
        lines = dict(line.partition("=")[::2] for line in told.stdout.splitlines())
        found[f"https://{user.replace('@', '%40')}@{host}"] = lines.get("password", "")
    return found


def _aws(place: Place, raw: bytes) -> dict[str, str]:
    from botocore.credentials import SharedCredentialProvider

    file, found = place.file("credentials", raw), {}
    for profile in ("default", "work"):
        credentials = SharedCredentialProvider(file, profile).load()
        found[f"{profile}.aws_secret_access_key"] = credentials.secret_key
    return found


_INI = tuple(text for text in ANY if not text.startswith(("#", ";")))

PROGRAMS = {
    "kubectl": Program(
        "kube",
        "apiVersion: v1\nkind: Config\nusers:\n- name: admin\n  user: {token: made-up}\n"
        "- name: some.body\n  user:\n    username: some.body\n    password: 'it''s made up' # why\n",
        _kubectl,
        ANY,
    ),
    "kubectl, embedded": Program(
        "kube",
        "apiVersion: v1\nkind: Config\nusers:\n- name: keyed\n  user:\n"
        "    client-certificate-data: bWFkZSB1cA==\n    client-key-data: LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg==\n",
        _kubectl_data,
        (REFERENCE, "", "bWFkZSB1cA=="),
    ),
    "gh": Program(
        "gh",
        "github.com:\n    user: somebody\n    oauth_token: gho_made-up\n    git_protocol: https\n"
        "git.example.com:\n    oauth_token: 'gho_made-up-too'\n    user: another\n",
        _gh,
        tuple(text for text in ANY if text == text.strip()),
    ),
    "cargo": Program(
        "cargo", "[registry]\ntoken = \"cio-made-up\"\n\n[registries.private]\ntoken = 'Bearer made up'\n", _cargo
    ),
    "npm": Program("npmrc", "; made up\n//127.0.0.1:{port}/:_authToken = npm_made-up\n", _npm),
    "twine": Program(
        "pypirc",
        "[distutils]\nindex-servers =\n    pypi\n    private\n\n[pypi]\nusername = __token__\npassword = pypi-made-up\n"
        "[private]\nrepository: https://pypi.example.com\nusername: somebody\npassword: %(made)s up\n",
        _twine,
        _INI,
    ),
    "pip": Program(
        "pip",
        "[global]\ntimeout = 60\nindex-url = https://somebody:made-up@pypi.example.com/simple\nextra-index-url =\n"
        "    https://a:b%40c@one.example.com/simple\n    https://two.example.com/simple\n",
        _pip,
        _INI,
    ),
    "git": Program(
        "git-credentials",
        "https://somebody:hunter2@github.com\nhttps://some%40body:p%3Ass%2Fword@git.example.com\n",
        _git,
        ANY,
    ),
    "the AWS tools": Program(
        "aws",
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=wJalrXUtnFEMI/K7MDENG/made-up\n"
        "[work]\naws_access_key_id: AKIAIOSFODNN7EXAMPLE\naws_secret_access_key: two words ; no comment\n",
        _aws,
        _INI,
    ),
}
