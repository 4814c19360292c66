"""``~/.npmrc``: npm's own INI dialect (its package `ini`) with ``${VAR}`` from the environment; a token a registry.

There is no parser of it for Python, so `ini`'s rules are here, and are held against npm's own by the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, NoReturn

from .document import Document, Path, bounded, cannot_hold, has_surrogate, joined, quoted, verified
from .found import Found, ends_with

name = "npmrc"

# what String.prototype.trim takes off; Python's own idea of white space is another
_SPACE: Final = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
_LINE: Final = re.compile(r"[^\r\n]+")
_HEADER: Final = re.compile(rf"\[([^\]]*)\][{_SPACE}]*")
# JavaScript's dot ends at two more line breaks than Python's
_PAIR: Final = re.compile(r"([^=]+)(=([^\u2028\u2029]*))?")
_UNESCAPED_COMMENT: Final = re.compile(r"(?:[^\\;#]|\\.|\\\Z)*", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\([\\;#])")
_VARIABLE: Final = re.compile(r"(?<!\\)(\\*)\$\{([^${}?]+)(\?)?\}")
_NO_TEXT: Final = ("true", "false", "null")


def recognizes(file: str) -> bool:
    """``.npmrc`` of a user or a project, and npm's global one."""
    return ends_with(file, ".npmrc", "npmrc")


class _Line(NamedTuple):
    path: Path
    raw: str  # before ${…} is replaced
    begin: int
    end: int
    tail: str  # the rest of the line


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every option that is a text, as npm's environment variables make it; arrays as ``name[0]``.

    Raises:
        CorruptError: a line is none that npm understands; npm leaves such a line out.
    """
    document = Document(raw, file)
    lines: dict[str, list[_Line]] = {}
    for line in _lines(document, environment):
        lines.setdefault(joined(line.path), []).append(line)
    founds = [_found(document, key, every, environment) for key, every in lines.items()]
    return verified(raw, founds, lambda changed: _values(Document(changed, file), environment))


def _found(document: Document, key: str, lines: list[_Line], environment: Mapping[str, str]) -> Found:
    last = lines[-1]
    value = _replaced(last.raw, environment)
    remarks = []
    if len(lines) > 1:
        numbers = ", ".join(str(document.line(line.begin)) for line in lines)
        remarks.append(f"it is set on lines {numbers}: the last one counts")
    for variable in _VARIABLE.finditer(last.raw):
        if len(variable[1]) % 2 == 0:
            known = "is taken from" if variable[2] in environment else "is not set in"
            remarks.append(f"its ${{{variable[2]}}} {known} the environment")
    places = tuple(
        document.place(line.begin, line.end, _writer(line.tail, environment)) for line in lines if line.raw == last.raw
    )
    return Found(key, value, document.line(last.begin), places, tuple(remarks))


def _values(document: Document, environment: Mapping[str, str]) -> dict[str, str]:
    return {joined(line.path): _replaced(line.raw, environment) for line in _lines(document, environment)}


def _lines(document: Document, environment: Mapping[str, str]) -> Iterator[_Line]:
    section: Path = ()
    counts: dict[Path, int] = {}
    count = 0
    for line in _LINE.finditer(document.text):
        content = line[0].strip(_SPACE)
        if not content or content[0] in ";#":
            continue
        header = _HEADER.fullmatch(line[0])
        if header is not None:
            section = (_unsafe(header[1]) or "",)
            continue
        pair = _PAIR.fullmatch(line[0])
        if pair is None:
            document.refuse(line.start(), "this is no option")
        option = _unsafe(pair[1])
        if option is None or pair[2] is None:
            continue  # a bare name is true, and no text
        option = _replaced(option, environment)
        path: Path = (*section, option)
        if len(option) > 2 and option.endswith("[]"):
            path = (*section, option[:-2], counts.get(path, 0))
            counts[(*section, option)] = counts.get((*section, option), 0) + 1
        value = _unsafe(pair[3])
        if value is None or value in _NO_TEXT:
            continue
        bounded(path, count, document)
        if has_surrogate(value):
            document.refuse(line.start(), "this value is no text: half of a surrogate pair")
        count += 1
        begin = line.start() + pair.start(3) + len(pair[3]) - len(pair[3].lstrip(_SPACE))
        end = begin + _written_length(pair[3].strip(_SPACE))
        yield _Line(path, value, begin, end, document.text[end : line.end()])


def _is_quoted(text: str) -> bool:
    return (text.startswith('"') and text.endswith('"')) or (text.startswith("'") and text.endswith("'"))


def _written_length(text: str) -> int:
    """How much of a line's value is the value, and not the comment behind it."""
    if _is_quoted(text):
        return len(text)
    found = _UNESCAPED_COMMENT.match(text)
    return len(found[0].rstrip(_SPACE)) if found else 0


def _unsafe(text: str) -> str | None:
    """What `ini` makes of a name or a value: ``None`` for what JSON makes something else than text of."""
    import json

    text = text.strip(_SPACE)
    if not _is_quoted(text):
        return _ESCAPE.sub(r"\1", text[: _written_length(text)]).strip(_SPACE)
    if text.startswith("'"):
        text = text[1:-1]
    try:
        value = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str) else None


def _refused(constant: str) -> NoReturn:
    """JSON has no NaN; Python's reading of it has."""
    raise ValueError(constant)


def _replaced(text: str, environment: Mapping[str, str]) -> str:
    """npm's `env-replace`, after its `parse-field` took white space off."""

    def value(found: re.Match[str]) -> str:
        escapes, variable, optional = found.groups()
        if len(escapes) % 2:
            return found[0][(len(escapes) + 1) // 2 :]
        return escapes[len(escapes) // 2 :] + environment.get(variable, "" if optional else f"${{{variable}}}")

    return _VARIABLE.sub(value, text.strip(_SPACE))


def _writer(tail: str, environment: Mapping[str, str]) -> Callable[[str], bytes]:
    """Writes before ``tail``, what follows the value on its line: with a comment behind it, quotes are no quotes."""

    def write(text: str) -> bytes:
        for candidate in _candidates(text):
            if "\n" not in candidate and "\r" not in candidate and _reads(candidate + tail, environment) == text:
                return candidate.encode()
        raise cannot_hold("an .npmrc file", "with spaces around it, or one that npm takes for true, false or null")

    return write


def _candidates(text: str) -> Iterator[str]:
    yield text
    escaped = _VARIABLE.sub(lambda found: f"{found[1] * 2}\\{found[0][len(found[1]) :]}", text)
    yield re.sub(r"([\\;#])", r"\\\1", escaped)
    yield quoted(escaped).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _reads(written: str, environment: Mapping[str, str]) -> str | None:
    """What npm reads when this stands behind the ``=``."""
    value = _unsafe(written)
    if value is None or value in _NO_TEXT or "\u2028" in written or "\u2029" in written:
        return None
    return _replaced(value, environment)
