"""INI files as `configparser.RawConfigParser` reads them: the AWS tools, pip and twine all read theirs with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from ...errors import CorruptError
from .document import Document, cannot_hold, joined, verified, without_places
from .found import Found

name = "ini"

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_HEADER: Final = re.compile(r"\[(.+)\]")
_OPTION: Final = re.compile(r"(?P<option>.*?)\s*(?P<delimiter>[=:])\s*(?P<value>.*)")
_COMMENT: Final = ("#", ";")


def recognizes(file: str) -> bool:
    """``.ini`` and ``.cfg``."""
    return file.lower().endswith((".ini", ".cfg"))


def read(raw: bytes, file: str, environment: Mapping[str, str]) -> list[Found]:
    """Every option of every section, as ``section.option``; options in lower case, as the tools see them.

    Raises:
        CorruptError: `configparser` cannot read it, or an option stands twice in a section.
    """
    document = Document(raw, file)
    values = _values(document)
    founds = []
    for option in _options(document.text):
        key = joined((option.section, option.name))
        if key in values:
            place = document.place(option.begin, option.end, _writer(option.indent))
            found = Found(key, values[key], document.line(option.begin), (place,))
            founds.append(without_places(found) if option.commented else found)
    return verified(raw, founds, lambda changed: _values(Document(changed, file)))


def _values(document: Document) -> dict[str, str]:
    """Every option by its key.

    Raises:
        CorruptError: see `read`.
    """
    import configparser

    parser = configparser.RawConfigParser(default_section="\0")  # no file can name that section, so none is special
    try:
        # text files are opened with universal newlines
        parser.read_string(document.text.replace("\r\n", "\n").replace("\r", "\n"))
    except configparser.DuplicateOptionError as error:
        document.refuse_line(error.lineno or 1, f"the option {error.option} stands twice in its section")
    except configparser.DuplicateSectionError as error:
        document.refuse_line(error.lineno or 1, f"the section {error.section} stands twice")
    except configparser.MissingSectionHeaderError as error:
        document.refuse_line(error.lineno, "this stands before the first [section]")
    except configparser.ParsingError as error:
        document.refuse_line(error.errors[0][0] if error.errors else 1, "this is no option")
    except (configparser.Error, AttributeError):  # 3.11 to 3.13 trip over a continued line after a broken one
        raise CorruptError(f"{document.file}: this is no INI file") from None
    return {
        joined((section, option)): value for section in parser.sections() for option, value in parser.items(section)
    }


class _Option(NamedTuple):
    """Where one option's value stands, of a file that `configparser` could read."""

    section: str
    name: str
    begin: int
    end: int
    indent: str  # what stands before its name
    commented: bool  # there are comments between the lines of the value, which a new value would remove


def _options(text: str) -> Iterator[_Option]:
    section = ""
    indent = ""
    option: _Option | None = None
    comment_since = False
    for line in _LINE.finditer(text):
        content = line[0].strip()
        if not content:
            continue
        if content.startswith(_COMMENT):
            comment_since = True
            continue
        begin = line.start() + len(line[0]) - len(line[0].lstrip())
        end = begin + len(content)
        before = text[line.start() : begin]
        if option is not None and len(before) > len(indent):
            option = option._replace(end=end, commented=option.commented or comment_since)
            continue
        if option is not None:
            yield option
            option = None
        indent, comment_since = before, False
        header = _HEADER.match(content)
        if header is not None:
            section = header[1]
        else:
            pair = _OPTION.fullmatch(content)
            if pair is not None:
                at = begin + pair.start("value")
                option = _Option(section, pair["option"].lower(), at, end, indent, False)
    if option is not None:
        yield option


def _writer(indent: str) -> Callable[[str], bytes]:
    return lambda text: _written(text, indent).encode()


def _written(text: str, indent: str) -> str:
    """Further lines are indented deeper than the first, which makes them part of the value.

    Raises:
        ArgumentValueError: `configparser` would read something else: it strips lines and leaves comments out.
    """
    import configparser

    written = text.replace("\n", f"\n{indent}\t")
    parser = configparser.RawConfigParser(default_section="\0")
    try:
        parser.read_string(f"[s]\n{indent}o = {written}\n{indent}p = 1\n".replace("\r\n", "\n").replace("\r", "\n"))
        same = dict(parser.items("s")) == {"o": text, "p": "1"}
    except (configparser.Error, AttributeError):
        same = False
    if not same:
        raise cannot_hold("an INI file", "with spaces around a line, or with an empty or commented line")
    return written
