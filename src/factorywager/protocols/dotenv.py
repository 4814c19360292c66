"""What a ``.env`` file says, read as python-dotenv reads it: that is what the programs it was written for see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from typing import NamedTuple

from ..errors import CorruptError

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class Assignment(NamedTuple):
    """One variable of the file, as it is in the end: of several lines the last one counts.

    Attributes:
        value: empty for a bare ``NAME`` and for ``NAME=``.
        line: where it stands, counted from 1; ``None`` for a variable of the environment.
        earlier: lines that assigned it before, without effect.
        unresolved: variables that ``${…}`` in the value asks for and nobody sets; they became empty.
    """

    variable: str
    value: str
    line: int | None = None
    earlier: tuple[int, ...] = ()
    unresolved: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Assignment({self.variable!r}, line={self.line})"


def parse(text: str, environment: Mapping[str, str], file: str) -> dict[str, Assignment]:
    """The variables of a file, in its order.

    Args:
        environment: where ``${NAME}`` is looked up when the file does not set it further up.
        file: its name, for errors.

    Raises:
        CorruptError: a line is not an assignment.  python-dotenv leaves such a line out, and whoever then deletes
            the file has lost a secret.
    """
    from dotenv.parser import parse_stream
    from dotenv.variables import Variable, parse_variables

    found: dict[str, Assignment] = {}
    known = dict(environment)
    for binding in parse_stream(StringIO(text, newline="")):
        line = binding.original.line + _leading_breaks(binding.original.string)
        if binding.error:
            raise CorruptError(
                f"{file}, line {line}: this is no assignment",
                hint="is a quote left open? correct the line, or put # before it; nothing was migrated",
            )
        if binding.key is None:
            continue
        atoms = list(parse_variables(binding.value or ""))
        unresolved = [
            atom.name
            for atom in atoms
            if isinstance(atom, Variable) and atom.default is None and atom.name not in known
        ]
        before = found.get(binding.key)
        found[binding.key] = Assignment(
            binding.key,
            "".join(atom.resolve(known) for atom in atoms),
            line,
            (*before.earlier, before.line) if before is not None and before.line is not None else (),
            tuple(unresolved),
        )
        known[binding.key] = found[binding.key].value
    return found


def _leading_breaks(text: str) -> int:
    """python-dotenv counts blank lines to the statement behind them."""
    return len(_LINE_BREAK.findall(text[: len(text) - len(text.lstrip())]))
