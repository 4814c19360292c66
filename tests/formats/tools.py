"""For each format a file as people have them, the tool's own reading of any such file, and which texts it can hold."""

from __future__ import annotations

import configparser
import json
import netrc
import re
import tempfile
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from factorywager.protocols.formats.document import joined

from .node import node

SAMPLES = Path(__file__).with_name("samples")
BOM = b"\xef\xbb\xbf"


class Tool(NamedTuple):
    """A format as its tool sees it.

    Attributes:
        samples: files of the format; every value in them is made up.
        read: the values by key; raises what the tool raises.
        holds: whether the format has any way to write this text for the value with this key.
    """

    format: str
    samples: tuple[bytes, ...]
    read: Callable[[bytes], dict[str, str]]
    holds: Callable[[str, str], bool]


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


def _json(raw: bytes) -> dict[str, str]:
    return flat(json.loads(raw.decode("utf-8-sig"), parse_int=str))


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

    document = flat(json.loads(Path(file).read_text(), parse_int=str))
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


def _ini_holds(key: str, text: str) -> bool:
    """Lines are stripped, those that begin like a comment are left out, and empty ones at the end."""
    lines = text.split("\n")
    return (
        "\r" not in text
        and all(line == line.strip() for line in lines)
        and not any(line.startswith(("#", ";")) for line in lines[1:])
        and (len(lines) == 1 or bool(lines[-1]))
    )


def _npm(raw: bytes) -> dict[str, str]:
    """By npm's own code, in one Node that stays for all the tests."""
    document = node().ask("npmrc", raw.decode("utf-8"))
    return {key: value for key, value in flat(document).items() if value not in ("true", "false", "null")}


def _npm_holds(key: str, text: str) -> bool:
    space = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
    if text != text.strip(space) or text in ("true", "false", "null"):
        return False
    # with a comment behind it a value cannot be quoted
    return "username" not in key or re.search("[\r\n\u2028\u2029]", text) is None


def _yaml(raw: bytes) -> dict[str, str]:
    """Every text as PyYAML's tree has it, and numbers and dates as they are written."""
    import yaml

    class AsWritten(yaml.SafeLoader):
        pass

    for kind in ("int", "float", "timestamp"):
        AsWritten.add_constructor(f"tag:yaml.org,2002:{kind}", lambda loader, node: node.value)
    return flat(yaml.load(raw, AsWritten))


def _kube(raw: bytes) -> dict[str, str]:
    """By its rules: of lists whose members have distinct names the name stands for the number."""
    found = {}
    every = _yaml(raw)
    for key, value in every.items():
        listed = re.match(r"(clusters|contexts|users)\[(\d)\]\.", key)
        if listed:
            title = every[f"{listed[0]}name"]
            if title != "twin":
                if key == f"{listed[0]}name":
                    continue
                key = f"{joined((listed[1], title))}.{key[listed.end() :]}"
        if key.endswith("-data") and value.startswith("Znc6Ly"):  # base64 of fw:/
            value = b64decode(value).decode()
        found[key] = value
    return found


def _toml(raw: bytes) -> dict[str, str]:
    import tomllib

    def texts(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: texts(child) for name, child in value.items()}
        if isinstance(value, list):
            return [texts(child) for child in value]
        return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value

    return flat(texts(tomllib.loads(raw.decode("utf-8-sig"))))


def _csv(raw: bytes) -> dict[str, str]:
    """For files with these columns."""
    import csv
    import io

    header, *rows = [row for row in csv.reader(io.StringIO(raw.decode(), newline="")) if row]
    titles = [row[0] for row in rows]
    found = {}
    for at, row in enumerate(rows):
        earlier = titles[:at].count(row[0])
        title = (at,) if not row[0] else (row[0],) if titles.count(row[0]) == 1 else (row[0], earlier)
        for column, text in list(enumerate(row))[1:]:
            found[joined((*title, header[column] if column < len(header) else column))] = text
    return found


def _bitwarden(raw: bytes) -> dict[str, str]:
    """For the sample's names."""
    called = {
        "items[0]": "GitHub[0]", "items[1]": "GitHub[1]", "items[2]": "Card", "items[3]": "[3]",
        "GitHub[0].fields[0]": "GitHub[0].PAT", "GitHub[0].fields[1]": "GitHub[0][1]",
    }  # fmt: skip
    document = json.loads(raw, parse_int=str)
    for item in document["items"]:
        del item["name"]
        for field in item.get("fields", []):
            del field["name"]
    found = {}
    for key, value in flat(document).items():
        for prefix, name in called.items():
            if key.startswith(f"{prefix}.") and (".fields[" not in prefix or key.endswith(".value")):
                key = name + key[len(prefix) :]
        found[key] = value
    return found


def _samples(form: str) -> tuple[bytes, ...]:
    """The files of this format in `samples`, also with the line ends of Windows and a byte-order mark if it may be."""
    raws = [path.read_bytes() for path in sorted(SAMPLES.glob(f"{form}-*"))]
    variants = list(raws)
    if form != "git-credentials":
        variants += [raw.replace(b"\n", b"\r\n") for raw in raws]
    if form in ("dotenv", "npmrc", "bitwarden", "json", "yaml", "csv"):
        variants += [BOM + raw.removeprefix(BOM) for raw in raws]
    return tuple(dict.fromkeys(variants))


def _tool(
    form: str, read: Callable[[bytes], dict[str, str]], holds: Callable[[str], bool] = lambda key, text: True
) -> Tool:
    return Tool(form, _samples(form), read, holds)


TOOLS = (
    _tool("dotenv", _in_a_file(_dotenv), lambda key, text: re.search(r"\$\{[^}:]*(:-[^}]*)?\}", text) is None),
    _tool("aws", _in_a_file(_botocore), _ini_holds),
    _tool("pypirc", _in_a_file(_configparser), _ini_holds),
    _tool("pip", _in_a_file(_configparser), _ini_holds),
    _tool("npmrc", _npm, _npm_holds),
    _tool("netrc", _in_a_file(_netrc), lambda key, text: re.search("[\r\n]", text) is None),
    _tool("docker", _in_a_file(_docker)),
    _tool("git-credentials", _git),
    _tool("kube", _kube),
    _tool("cargo", _toml),
    _tool("gh", _yaml),
    _tool("bitwarden", _bitwarden),
    _tool("json", _json),
    _tool("yaml", _yaml),
    _tool("toml", _toml),
    _tool("csv", _csv),
)
