"""`main`: from an argument list to an exit status.

Statuses are those of ``errors.py``, and besides: 0 done, 70 a bug in this program, 130 stopped by Ctrl-C,
141 whoever read the output went away.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Final, NoReturn

from ..errors import BestPracticeWarning, ExpiredWarning, FactoryWagerError, FallbackWarning, UnreadableWarning
from .output import Output, OutputClosed

BUG: Final = 70  # sysexits(3): EX_SOFTWARE
STOPPED: Final = 130  # 128 + SIGINT, as a shell reports it
OUTPUT_CLOSED: Final = 141  # 128 + SIGPIPE

_OURS = (BestPracticeWarning, ExpiredWarning, FallbackWarning, UnreadableWarning)


def program() -> NoReturn:
    """The console script: `main`, and the end of the process.

    A command lives for some 50 ms, of which collecting garbage while modules are imported would be 4, and taking the
    interpreter apart at the end 10.  The session is closed by then; what else there is, the kernel takes back.
    """
    import gc

    gc.set_threshold(50_000)
    os._exit(main())  # nothing of ours is buffered: see `output`


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and give its exit status; nothing is raised and nothing exits."""
    output = Output()
    try:
        return _run(sys.argv[1:] if argv is None else argv, output)
    except SystemExit as end:  # argparse, after --help
        return int(end.code or 0)
    except KeyboardInterrupt:
        return STOPPED
    except OutputClosed:
        return OUTPUT_CLOSED
    except FactoryWagerError as error:
        output.error(error)
        return error.exit_status
    except Exception as error:  # noqa: BLE001 - a bug is told like an error, without a traceback's values
        _tell_bug(error, output)
        return BUG


def _run(argv: Sequence[str], output: Output) -> int:
    if "_ARGCOMPLETE" in os.environ:
        from .completion import complete

        complete()
    from .line import take_apart, unknown_command
    from .registry import NAMES, load

    line = take_apart(argv)
    if line.command not in NAMES:
        from .help import answer

        return answer(line, unknown_command(line.command))
    from .arguments import Parser

    command = load(line.command)
    parser = Parser(prog=f"factorywager {line.command}", description=command.__doc__)
    command.arguments(parser)
    options = parser.read(line.arguments)
    output.quiet = options.quiet

    from .session import Session

    session = Session(options, output)
    with warnings.catch_warnings():
        for category in _OURS:
            warnings.simplefilter("always", category)
        _show = warnings.showwarning
        warnings.showwarning = lambda message, category, *place: (
            output.warning(str(message)) if issubclass(category, _OURS) else _show(message, category, *place)
        )
        try:
            return command.run(session)
        finally:
            session.close()


def _tell_bug(error: Exception, output: Output) -> None:
    """The kind of error and nothing of its text, which may hold a value."""
    if os.environ.get("FACTORYWAGER_DEBUG"):
        from traceback import format_tb

        for entry in format_tb(error.__traceback__):
            for row in entry.splitlines():
                output.note(row)
    output.failure(
        f"this is a bug in factorywager ({type(error).__name__})",
        "please report it, with what FACTORYWAGER_DEBUG=1 shows",
    )
