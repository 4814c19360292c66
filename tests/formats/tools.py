"""For each format a file as people have them, the tool's own reading of any such file, and which texts it can hold."""

from __future__ import annotations

import base64
import configparser
import json
import netrc
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from factorywager.protocols.formats.document import joined


class Tool(NamedTuple):
    """A format as its tool sees it.

    Attributes:
        samples: files of the format; every value in them is made up.
        read: the values by key; raises what the tool raises.
        holds: whether the format has any way to write this text.
    """

    format: str
    samples: tuple[bytes, ...]
    read: Callable[[bytes], dict[str, str]]
    holds: Callable[[str], bool] = lambda text: True


def _in_a_file(read: Callable[[str], dict[str, str]]) -> Callable[[bytes], dict[str, str]]:
    """For tools that open their file themselves."""

    def of_bytes(raw: bytes) -> dict[str, str]:
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(raw)
            return read(file.name)

    return of_bytes


def flat(value: Any, *path: str | int) -> dict[str, str]:
    """Every text of nested values by its key."""
    if isinstance(value, dict):
        return {key: text for name, child in value.items() for key, text in flat(child, *path, str(name)).items()}
    if isinstance(value, list):
        return {key: text for at, child in enumerate(value) for key, text in flat(child, *path, at).items()}
    return {joined(path): value} if isinstance(value, str) else {}


def _dotenv(file: str) -> dict[str, str]:
    from dotenv import dotenv_values

    return {name: value or "" for name, value in dotenv_values(file).items()}


def _botocore(file: str) -> dict[str, str]:
    from botocore.configloader import raw_config_parse

    return flat(raw_config_parse(file, parse_subsections=False))


def _configparser(file: str) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read(file)
    return flat({section: dict(parser.items(section)) for section in parser.sections()})


def _netrc(file: str) -> dict[str, str]:
    found = {}
    for host, (login, account, password) in netrc.netrc(file).hosts.items():
        fields = {"login": login, "account": account, "password": password}
        found |= {joined((host, field)): text for field, text in fields.items() if text}
    return found


def _docker(file: str) -> dict[str, str]:
    from docker.auth import load_config

    document = flat(json.loads(Path(file).read_text()))
    accounts = load_config(file).auths
    for host, account in accounts.items():
        if joined(("auths", host, "auth")) in document:
            document[joined(("auths", host, "auth"))] = account["password"]
    return document


def _git(raw: bytes) -> dict[str, str]:
    """By the rules; `test_programs.py` asks git itself."""
    from urllib.parse import unquote, urlsplit

    found: dict[str, str] = {}
    for line in raw.decode().split("\n"):
        if "@" in line:
            url = urlsplit(line)
            found.setdefault(f"{url.scheme}://{url.username}@{line.partition('@')[2]}", unquote(url.password or ""))
    return found


def _ini_holds(text: str) -> bool:
    lines = re.split(r"\r\n|\n|\r", text)
    return (
        "\r" not in text
        and all(line == line.strip() for line in lines)
        and (all(line and line[0] not in "#;" for line in lines[1:]))
    )


def _basic(account: str) -> str:
    return base64.b64encode(account.encode()).decode()


DOTENV = rb"""# what the service needs
PLAIN=hunter2
export EXPORTED = spaced out   # and why
SINGLE='it\'s # not a comment'
DOUBLE="line one\nline \"two\"" # after it
'quoted name'=yes
MULTI="first
  second
third"
EMPTY=
NOTHING= # but a comment
BARE
TWICE=old
URL=postgres://app:${PLAIN}@db/app
TWICE=new
SAME=1
SAME=1
LAST=no line end"""

DOTENVS = (
    DOTENV,
    DOTENV.replace(b"\n", b"\r\n"),
    b"\xef\xbb\xbf" + DOTENV.replace(b"hunter2", "hüntér🔑".encode()),
    b"\n\n  A = 1\n\tB='2'\n\n",
    b"A=${B}\nB=${NOBODY:-none}\nC=$A\nD=`x`\n",
)

INI = """\
# made up
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY

[profile work]
  region : eu-central-1
  output=
  ; why
  role_arn = arn:aws:iam::1:role/a = b   ; no comment
s3 =
  max_concurrent_requests = 20
  # a comment
  max_queue_size = 10

[profile "schön"]
credential_process = /bin/x
  y
""".encode()

PYPIRC = b"""[distutils]
index-servers =
    pypi
    private

[pypi]
username = __token__
password = pypi-made-up
[private]
repository: https://pypi.example.com
username: somebody
password: %(made)s up
"""

PIP = b"""[global]
timeout = 60
index-url = https://somebody:made-up@pypi.example.com/simple
extra-index-url =
    https://a:b%40c@one.example.com/simple
    https://two.example.com/simple
"""

NETRC = rb"""# made up
machine github.com login somebody password hunter2
machine "api.example.com"
    login "some body"
    account main
    password "with \"quotes\" and \\ and spaces" # after
macdef init
cd /pub
machine not.an.entry

default login anonymous password me\ too"""

DOCKER = json.dumps(
    {
        "auths": {
            "https://index.docker.io/v1/": {"auth": _basic("somebody:hunter2")},
            "ghcr.io": {"auth": _basic("somebody:with:colon"), "email": "a@example.com"},
            "empty.example.com": {},
        },
        "credsStore": "none",
        "HttpHeaders": {"User-Agent": "Docker \u00fc\n"},
    },
    indent="\t",
).encode()

GIT = b"""https://somebody:hunter2@github.com
https://some%40body:p%3Ass%2Fword@git.example.com/path
https://somebody:other@github.com
http://a:b@localhost:8080
"""

JSON = """{
  "name": "made up", "tokens": ["one", "tw\\u00f6", {"deep": "\\"quoted\\" \\\\ \\/"}],
  "dotted.name": {"": "empty name", "grün": "schön 🔑"}, "none": null, "on": true, "empty": [{}, []],
  "twice": "old", "twice": "new"}""".encode()

TOOLS = (
    Tool("dotenv", DOTENVS, _in_a_file(_dotenv), lambda text: re.search(r"\$\{[^}:]*(:-[^}]*)?\}", text) is None),
    Tool("aws", (INI, INI.replace(b"\n", b"\r\n")), _in_a_file(_botocore), _ini_holds),
    Tool("pypirc", (PYPIRC,), _in_a_file(_configparser), _ini_holds),
    Tool("pip", (PIP,), _in_a_file(_configparser), _ini_holds),
    Tool(
        "netrc", (NETRC, NETRC.replace(b"\n", b"\r\n")), _in_a_file(_netrc), lambda text: not re.search("[\r\n]", text)
    ),
    Tool("docker", (DOCKER,), _in_a_file(_docker)),
    Tool("git-credentials", (GIT,), _git),
    Tool("json", (JSON, b"\xef\xbb\xbf" + JSON), lambda raw: flat(json.loads(raw.decode("utf-8-sig")))),
)
