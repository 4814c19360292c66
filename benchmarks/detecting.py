"""Secrets nobody has stored, found by ours, Kingfisher and detect-secrets: ``python benchmarks/detecting.py [TREE]``.

    pip install kingfisher-bin detect-secrets

Made-up credentials of twenty kinds are planted in four notations, among lines that only look like them; and a TREE
without credentials (default: this Python's standard library, its tests left out: they hold real keys) is searched
too.  What counts is a file's line.  The table is the one of docs/guides/scan.md.
"""

# ruff: noqa: T201, S603 - a program for the terminal, with argument lists of its own

from __future__ import annotations

import base64
import json
import os
import random
import secrets
import shutil
import string
import subprocess
import sys
import sysconfig
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

EACH = 5  # plants of a kind in a notation
PATIENCE = 1200.0  # seconds for any program
LETTERS = string.ascii_letters + string.digits

Place = tuple[str, int]  # a file below the tree, and its line


def main() -> None:
    noise_from = Path(sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("stdlib"))
    with tempfile.TemporaryDirectory(prefix="fw-detecting-") as directory:
        planted, noise, home = (Path(directory, name) for name in ("planted", "noise", "home"))
        planted.mkdir(), home.mkdir()
        plants = plant(planted)
        left_out = shutil.ignore_patterns("test", "tests", "site-packages", "__pycache__", "*.so", "*.pyc", "*.a")
        shutil.copytree(noise_from, noise, symlinks=True, ignore=left_out)
        size = sum(file.stat().st_size for file in noise.rglob("*") if file.is_file())
        print(f"{len(plants)} plants of {len(KINDS)} kinds; {noise_from.name}: {size / 1e6:.1f} MB\n")
        print("| who | found of the planted | wrong lines beside them | wrong lines in the tree | seconds |")
        print("| --- | --- | --- | --- | --- |")
        for name, search in SEARCHES.items():
            if shutil.which(name, path=_path()) is None:
                print(f"left out: {name} (not installed)", file=sys.stderr)
                continue
            began = time.perf_counter()
            found, wrong = search(planted, home), search(noise, home)
            seconds = time.perf_counter() - began
            missed = sorted({plants[place] for place in plants.keys() - found})
            right = len(plants.keys() & found)
            wrongly = len({place for place in found if place not in plants})
            print(f"| {name} | {right} ({right / len(plants):.1%}) | {wrongly} | {len(wrong)} | {seconds:.1f} |")
            print(f"  {name} missed some of: {', '.join(missed) or 'nothing'}", file=sys.stderr)
            if os.environ.get("DETECTING_SHOW"):
                print(*(f"  {file}:{line}" for file, line in sorted(wrong)), sep="\n", file=sys.stderr)


# --- what is planted ------------------------------------------------------------------------------


def _text(length: int, alphabet: str = LETTERS) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _checked(prefix: str, length: int) -> str:
    """With the checksum that GitHub's and npm's tokens end with: CRC-32 in base 62, six digits."""
    body = _text(length)
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[digit] + digits
    return prefix + body + digits


def _jwt() -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": _text(8), "iat": 1_700_000_000})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join([*encoded, secrets.token_urlsafe(32)])


def _password() -> str:
    return _text(16) + secrets.choice("!%*-_+") + _text(4) + secrets.choice(string.digits) + secrets.choice("abcd")


HEX = "0123456789abcdef"
URL_SAFE = LETTERS + "-_"
KINDS: dict[str, tuple[str, Callable[[], str]]] = {
    "GitHub": ("GITHUB_TOKEN", lambda: _checked("ghp_", 30)),
    "GitLab": ("GITLAB_TOKEN", lambda: "glpat-" + _text(20, URL_SAFE)),
    "AWS id": ("AWS_ACCESS_KEY_ID", lambda: "AKIA" + _text(16, string.ascii_uppercase + "234567")),
    "AWS secret": ("AWS_SECRET_ACCESS_KEY", lambda: _text(40, LETTERS + "+/")),
    "Slack": ("SLACK_BOT_TOKEN", lambda: f"xoxb-{_text(12, string.digits)}-{_text(12, string.digits)}-{_text(24)}"),
    "Stripe": ("STRIPE_KEY", lambda: "sk_live_" + _text(24)),
    "npm": ("NPM_TOKEN", lambda: _checked("npm_", 30)),
    "PyPI": ("PYPI_TOKEN", lambda: "pypi-AgEIcHlwaS5vcmc" + _text(140, URL_SAFE)),
    "Google": ("GOOGLE_API_KEY", lambda: "AIza" + "Sy" + _text(33, URL_SAFE)),
    "Anthropic": ("ANTHROPIC_API_KEY", lambda: "sk-ant-api03-" + _text(93, URL_SAFE) + "AA"),
    "Hugging Face": ("HF_TOKEN", lambda: "hf_" + _text(34, string.ascii_letters)),
    "SendGrid": ("SENDGRID_API_KEY", lambda: f"SG.{_text(22, URL_SAFE)}.{_text(43, URL_SAFE)}"),
    "Twilio": ("TWILIO_API_KEY", lambda: "SK" + _text(32, HEX)),
    "Telegram": ("TELEGRAM_TOKEN", lambda: f"{_text(10, '123456789')}:AA{_text(33, URL_SAFE)}"),
    "DigitalOcean": ("DIGITALOCEAN_TOKEN", lambda: "dop_v1_" + _text(64, HEX)),
    "JWT": ("SESSION_JWT", _jwt),
    "database URL": ("DATABASE_URL", lambda: f"postgresql://app:{_text(18)}@db.internal:5432/app"),
    "password": ("DB_PASSWORD", _password),
    "hex key": ("SECRET_KEY", lambda: _text(64, HEX)),
    "random token": ("SERVICE_TOKEN", lambda: secrets.token_urlsafe(32)),
}

NOTATIONS: dict[str, Callable[[str, str], str]] = {
    "settings.env": lambda key, value: f"{key}={value}",
    "settings.py": lambda key, value: f'{key} = "{value}"',
    "settings.yaml": lambda key, value: f'{key.lower()}: "{value}"',
    "settings.json": lambda key, value: f'"{key.lower()}": "{value}",',
}


def _look_alikes() -> Iterator[tuple[str, str]]:
    """Settings that are no secrets, though their names or values look it."""
    yield "TOKEN_URL", "https://auth.example.org/oauth/token"
    yield "PASSWORD_MIN_LENGTH", "12"
    yield "API_KEY", "changeme"
    yield "DB_PASSWORD", "${DB_PASSWORD}"
    yield "SECRET_KEY", "your-secret-key-here"
    yield "AUTH_TOKEN", "<token>"
    yield "SECRET_NAME", "production/database/password"
    yield "PASSWORD_FILE", "/run/secrets/db_password"
    yield "KEY_ALGORITHM", "ecdsa-sha2-nistp256"
    yield "COMMIT", _text(40, HEX)
    yield "IMAGE_DIGEST", "sha256:" + _text(64, HEX)
    yield "INTEGRITY", "sha512-" + base64.b64encode(secrets.token_bytes(64)).decode()
    yield "REQUEST_ID", "-".join(_text(length, HEX) for length in (8, 4, 4, 4, 12))
    yield "PUBLIC_KEY", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + _text(43)
    yield "CSRF_COOKIE_NAME", "csrftoken"
    yield "LOGO", "data:image/png;base64,iVBORw0KGgo" + base64.b64encode(secrets.token_bytes(96)).decode()


def plant(tree: Path) -> dict[Place, str]:
    """Write the files; the kind that stands in each place."""
    plants: dict[Place, str] = {}
    for file, written in NOTATIONS.items():
        for number in range(EACH):
            lines = [(kind, written(key, make())) for kind, (key, make) in KINDS.items()]
            lines += [("", written(key, value)) for key, value in _look_alikes()]
            random.shuffle(lines)
            path = f"service-{number}/{file}"
            (tree / path).parent.mkdir(exist_ok=True)
            (tree / path).write_text("".join(f"{line}\n" for _, line in lines))
            plants |= {(path, at): kind for at, (kind, _) in enumerate(lines, 1) if kind}
    return plants


# --- who searches -----------------------------------------------------------------------------------


def _ours(tree: Path, home: Path) -> set[Place]:
    env = {"FACTORYWAGER_HOME": str(home / "vault"), "FACTORYWAGER_STORE": "vault"}
    argv = ["factorywager", "scan", "--unknown", "--places", "none", "--json", "--quiet", "."]
    return {_place(tree, row["path"], row["line"]) for row in json.loads(_run(tree, argv, env, 20))["found"]}


def _kingfisher(tree: Path, home: Path) -> set[Place]:
    argv = ["kingfisher", "scan", "--no-validate", "--no-dedup", "--format", "json", "--no-update-check", "--quiet"]
    text = _run(tree, [*argv, "."], {"HOME": str(home)}, 200)
    rows = json.loads(text)["findings"]
    return {_place(tree, row["finding"]["path"], row["finding"]["line"]) for row in rows}


def _detect_secrets(tree: Path, home: Path) -> set[Place]:
    text = _run(tree, ["detect-secrets", "scan", "--all-files", "--no-verify", "."], {"HOME": str(home)}, 0)
    files = json.loads(text)["results"]
    return {_place(tree, file, row["line_number"]) for file, rows in files.items() for row in rows}


SEARCHES: dict[str, Callable[[Path, Path], set[Place]]] = {
    "factorywager": _ours,
    "kingfisher": _kingfisher,
    "detect-secrets": _detect_secrets,
}


def _place(tree: Path, file: str, line: int) -> Place:
    return os.path.relpath(tree / file, tree), line


def _path() -> str:
    return os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])


def _run(tree: Path, argv: list[str], env: dict[str, str], found_status: int) -> str:
    done = subprocess.run(
        argv,
        cwd=tree,
        env={**os.environ, "PATH": _path(), **env},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode not in (0, found_status):
        raise SystemExit(f"{argv[0]} failed: {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
