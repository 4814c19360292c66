"""Best practices that can be checked when an entry is stored (the guide and Bun's documentation, "Best practices").

The value is looked at where it lies, in locked memory: a regular expression reads a buffer, a parser would copy it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..model import Ref, Secret

_LONGEST_CREDENTIAL = 4096  # bytes

# Service-account files, key sets and PEM blocks are documents and credentials at once.
_CREDENTIAL_DOCUMENT = re.compile(
    rb"-----BEGIN |(?i:\"(private_key|client_secret|refresh_token|access_token|auths|keys|d)\"\s*:)"
)
_JSON_OPENING = re.compile(rb"\s*(?:(\{)\s*\"|\[\s*[\[{\"\d])")
_JSON_MEMBER = re.compile(rb"\"\s*:")
_TOML_LINE = re.compile(rb"\s*(\[\[?[\w.\" -]+\]\]?|[\w.\"-]+\s*=\s*\S.*|#.*|[\]\[{}\"'\d,].*)\s*")
_YAML_LINE = re.compile(rb"\s*(---|[\w.\"'-]+:(\s.*)?|-\s.*|#.*)")
_LINE = re.compile(rb"[^\r\n]+")
_PROSE = re.compile(rb"\S\s+\S+\s+\S")


def advice(ref: Ref, value: Secret) -> Iterator[str]:
    """Whatever will be regretted about storing ``value`` under ``ref``, a sentence each."""
    if "." not in ref.service:
        yield (
            f"the service name {ref.service!r} is too generic and may collide with other programs: "
            "use a reverse-domain name such as 'com.example.tool'"
        )
    with value.bytes as view:
        kind = _configuration(view)
    if kind is not None:
        yield (
            f"the value of {ref} looks like {kind}, not a credential: "
            "keep configuration in a file and store only the secrets in it"
        )


def _configuration(view: memoryview) -> str | None:
    """What kind of configuration the value seems to be, if any."""
    if _CREDENTIAL_DOCUMENT.search(view):
        return None
    if _is_json(view):
        return "a JSON document"
    if _every_line(_TOML_LINE, view):
        return "a TOML or INI document"
    if _every_line(_YAML_LINE, view):
        return "a YAML document"
    if len(view) > _LONGEST_CREDENTIAL and _PROSE.search(view):
        return f"{len(view) // 1024} KiB of text"
    return None


def _is_json(view: memoryview) -> bool:
    """Whether it opens, and closes, as a JSON object or array; in linear time, which one expression would not take."""
    opening = _JSON_OPENING.match(view)
    if opening is None:
        return False
    last = len(view) - 1
    while view[last] in b" \t\r\n":
        last -= 1
    if opening[1]:
        return view[last] == ord("}") and _JSON_MEMBER.search(view, opening.end()) is not None
    return view[last] == ord("]")


def _every_line(shape: re.Pattern[bytes], view: memoryview) -> bool:
    """Whether there are several lines and each has the shape; matched by position, so that no line is copied."""
    lines = 0
    for line in _LINE.finditer(view):
        if not shape.fullmatch(view, line.start(), line.end()):
            return False
        lines += 1
    return lines > 1
