"""``.env`` and its family, read as python-dotenv reads them: that is what the programs they were written for see.

Node (``--env-file``), Bun and docker compose read some lines otherwise; a remark says so.  All three readings were seen
by running them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any, Final, NamedTuple

from ...errors import CorruptError
from .document import Document, cannot_hold, verified
from .found import Found

name = "dotenv"

_LINE_BREAK: Final = re.compile(r"\r\n|\n|\r")
_ASSIGNMENT: Final = re.compile(r"\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+)[^\S\r\n]*=[^\S\r\n]*")
_QUOTED: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_COMMENT: Final = re.compile(r"\s+#.*")
_BEFORE_A_COMMENT: Final = re.compile(r"[^\S\r\n]+#")

_SAFE_BARE: Final = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
_SAFE_QUOTED: Final = re.compile(r"[^'\"`\\$\r]*")

# what docker compose replaces as python-dotenv does; it also knows ${A-x}, ${A:+x}, ${A:?x}, and refuses the rest
_EVERYBODYS: Final = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^${}]*)?\}")

_MOST_VARIABLES: Final = 100  # in a value; python-dotenv takes quadratic time for them

_HINT: Final = "is a quote left open? correct the line, or put # before it"


def recognizes(file: str) -> bool:
    """``.env``, ``.env.local``, ``.envrc``-like names that direnv's own ``.envrc`` is not among, ``production.env``."""
    last = file.replace("\\", "/").rpartition("/")[2]
    return last == ".env" or last.startswith(".env.") or last.endswith(".env")


class _Line(NamedTuple):
    """One assignment: what python-dotenv read, and where its value is written."""

    variable: str
    raw: str  # the value before ${…} is replaced
    value: str
    line: int
    span: tuple[int, int] | None
    unresolved: tuple[str, ...]
    inner: tuple[str, ...]  # variables of this file that ${…} asks for


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """All variables, in the order of their first lines; of several lines for one the last counts.

    Raises:
        CorruptError: it is not UTF-8 text, or a line is not an assignment.  python-dotenv leaves such a line out, and
            whoever then deletes the file has lost a secret.
    """
    document = Document(raw, file)
    lines: dict[str, list[_Line]] = {}
    for line in _lines(document, environment):
        lines.setdefault(line.variable, []).append(line)
    founds = [_found(document, every) for every in lines.values()]
    return verified(raw, founds, lambda changed: _values(Document(changed, file), environment))


def _values(document: Document, environment: Mapping[str, str]) -> dict[str, str]:
    return {line.variable: line.value for line in _lines(document, environment)}


def _lines(document: Document, environment: Mapping[str, str]) -> Iterator[_Line]:
    from dotenv.variables import Variable, parse_variables

    known = dict(environment)
    own: set[str] = set()
    for binding, begin, string in _bindings(document):
        if binding.key is None:
            continue
        if (binding.value or "").count("${") > _MOST_VARIABLES:
            document.refuse(begin, "this value has more ${…} than any has")
        atoms = list(parse_variables(binding.value or ""))
        asked = [atom for atom in atoms if isinstance(atom, Variable)]
        value = "".join(atom.resolve(known) for atom in atoms)
        yield _Line(
            binding.key,
            binding.value or "",
            value,
            document.line(begin + len(string) - len(string.lstrip())),
            None if binding.value is None else _span(begin, string),
            tuple(atom.name for atom in asked if atom.default is None and atom.name not in known),
            tuple(atom.name for atom in asked if atom.name in own),
        )
        known[binding.key] = value
        own.add(binding.key)


def _bindings(document: Document) -> Iterator[tuple[Any, int, str]]:
    """python-dotenv's bindings, each with its first character and its text in the document.

    python-dotenv opens a file with universal newlines, so values have ``\\n``; the second reading keeps what is there.
    """
    from dotenv.parser import parse_stream

    as_they_are = parse_stream(StringIO(document.text, newline=""))
    seen = parse_stream(StringIO(_LINE_BREAK.sub("\n", document.text))) if "\r" in document.text else None
    begin = 0
    for as_is in as_they_are:
        binding = as_is if seen is None else next(seen)
        string = as_is.original.string
        if binding.error or as_is.error:
            document.refuse(begin + len(string) - len(string.lstrip()), "this is no assignment", _HINT)
        yield binding, begin, string
        begin += len(string)


def _span(begin: int, string: str) -> tuple[int, int] | None:
    """Where the value is written, its quotes included."""
    assignment = _ASSIGNMENT.match(string)
    if assignment is None:
        return None
    at = assignment.end()
    quoted = _QUOTED.match(string, at)
    if quoted is not None:
        return begin + at, begin + quoted.end()
    if string.startswith("#", at) and string[at - 1] != "=":
        return begin + at, begin + at  # `KEY= # comment`
    rest = _LINE_BREAK.split(string[at:], maxsplit=1)[0]
    return begin + at, begin + at + len(_COMMENT.sub("", rest).rstrip())


def _found(document: Document, lines: list[_Line]) -> Found:
    last = lines[-1]
    spans = [line.span for line in lines if line.value == last.value and line.span is not None]
    places = tuple(document.place(*span, _writer(document.text, span[1])) for span in spans)
    return Found(last.variable, last.value, last.line, places, tuple(_remarks(document.text, lines)))


def _writer(text: str, end: int) -> Callable[[str], bytes]:
    # `KEY=# comment` would begin a value with #
    glue = " " if text.startswith("#", end) else ""
    return lambda value: (_written(value) + glue).encode()


def _written(value: str) -> str:
    """The value as every dialect reads it, if there is such a form, else as python-dotenv does.

    Raises:
        ArgumentValueError: python-dotenv has no way to write it: it replaces ``${…}`` in every kind of quotes.
    """
    if _SAFE_BARE.fullmatch(value):
        return value
    if _SAFE_QUOTED.fullmatch(value):
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    written = f'"{escaped}"'
    if _reads(written) != value:
        raise cannot_hold("a .env file", "with ${…}")
    return written


def _reads(written: str) -> str | None:
    """What python-dotenv reads when this is written; a quote on the next line would show one that is left open."""
    try:
        return _values(Document(f"X={written}\nY='\"'\n".encode(), ".env"), {}).get("X")
    except CorruptError:
        return None


# --- where others read something else ---------------------------------------------------------


def _remarks(text: str, lines: list[_Line]) -> Iterator[str]:
    last = lines[-1]
    if len(lines) > 1:
        yield f"it is set on lines {', '.join(str(line.line) for line in lines)}: the last one counts"
    if any(line.value != last.value for line in lines):
        yield "the other values of its earlier lines have no effect, and stay in the file"
    for variable in last.unresolved:
        yield f"nothing sets ${{{variable}}}, so that part is empty"
    for variable in last.inner:
        yield f"it takes in ${{{variable}}} of this file: its value changes with that one"
    if last.span is not None:
        begin, end = last.span
        yield from _dialects(text[begin:end])
        if begin == end and text.startswith("#", end):
            yield "docker compose takes the comment behind it for its value"


def _dialects(written: str) -> Iterator[str]:
    """How the others read a value that is written like this."""
    mark = written[:1] if written[:1] in ("'", '"') else ""
    if "${" in written:
        yield "Node does not replace ${…}" + (", nor does docker compose in single quotes" if mark == "'" else "")
        if mark != "'" and "${" in _EVERYBODYS.sub("", written):
            yield "docker compose reads a ${…} otherwise, or refuses it, that is not ${NAME} or ${NAME:-default}"
    if re.search(r"\$(?!\{)", written) and mark != "'":
        yield "Bun and docker compose replace $NAME without braces too"
    if not mark and "#" in written:
        yield "Node and Bun end the value at its #"
    if not mark and written[:1] == "`":
        yield "Node and Bun take ` for a quote"
    if "\\" in written.replace("\\n", "") if mark == '"' else "\\" in written and (mark or "$" in written):
        yield "Node, Bun and docker compose read its backslashes otherwise"
