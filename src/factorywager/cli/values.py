"""Where a secret comes from: the argument list, a pipe, or a hidden prompt."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from ..errors import ArgumentValueError, TooLongError
from ..facade.arguments import read_value
from ..flow import Deadline
from ..flow.descriptor import read_into
from ..model import Secret
from ..model.locked import LockedBuffer
from ..model.utf8 import is_utf8

if TYPE_CHECKING:
    from .session import Session

LONGEST: Final = 1 << 20  # bytes; a credential is never that long, a file piped in by mistake is

_STDIN = 0

_NEWLINE: Final = b"\n\r" if os.name == "nt" else b"\n"  # from its end

_UNWISE = (
    "a secret in the argument list stays in the shell's history and can be seen with `ps`: "
    "pipe it in, or leave it out and type it when asked"
)


def read_secret(session: Session, given: str | None, question: str) -> Secret:
    """The value for an entry: ``given``; from stdin for ``-`` or when stdin is no terminal; else asked for.

    Raises:
        ArgumentValueError: it is empty, holds a NUL, or is not UTF-8 text.
        TooLongError: more than `LONGEST` bytes came in.
        DeadlineError: stdin did not end in time.
        InteractionNotAllowedError, CanceledError: see `Prompts`.
    """
    if given is not None and given != "-":
        session.output.warning(_UNWISE)
        raw = Secret(given)
    elif os.isatty(_STDIN):
        raw = session.prompts.secret(question)
    else:
        raw = Secret.adopt(_read_stdin(Deadline(session.options.timeout)))
    return checked(raw)


def checked(raw: Secret) -> Secret:
    """``raw``, when every program that shares the store can read it.

    An empty value deletes in Bun's interface.  Here it is a mistake: what was piped in had probably failed.
    """
    try:
        if raw.empty:
            raise ArgumentValueError(
                "the value is empty: nothing was stored", hint="`factorywager delete NAME` removes an entry"
            )
        with raw.bytes as view:
            if not is_utf8(view):
                raise ArgumentValueError(
                    "the value is not UTF-8 text: nothing was stored", hint="encode binary values, as base64 or hex"
                )
        return read_value(raw)
    finally:
        raw.wipe()


def _read_stdin(deadline: Deadline) -> LockedBuffer:
    """All of stdin without one trailing newline (two bytes on Windows), in locked memory that grows with it."""
    buffer, size = LockedBuffer(4096), 0
    try:
        while size <= LONGEST + 1 and (count := _read_some(buffer.view[size:], deadline)):
            size += count
            if size == len(buffer.view):
                larger = LockedBuffer(2 * size)
                larger.view[:size] = buffer.view
                buffer.wipe()
                buffer = larger
        for byte in _NEWLINE:
            if not size or buffer.view[size - 1] != byte:
                break
            size -= 1
        if size > LONGEST:
            raise TooLongError(f"more than {LONGEST:,} bytes came in on standard input: nothing was stored")
        buffer.shrink(size)
        return buffer
    except BaseException:
        buffer.wipe()
        raise


def _read_some(into: memoryview, deadline: Deadline) -> int:
    with into:
        try:
            size = read_into(_STDIN, into, deadline)
        except OSError as error:
            raise ArgumentValueError(f"cannot read standard input: {error.strerror}") from None
    if size is None:
        raise deadline.error("standard input did not end", hint="close it, or raise the limit with --timeout")
    return size
