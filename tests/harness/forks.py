"""Children of the test itself, and how they die: for work that is killed at a step of its own code."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any


def fork(work: Callable[[], Any]) -> int:
    """Run ``work`` in a forked child; its process id.  An error there is printed and gives status 1."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return pid


def status_of(pid: int) -> int:
    """How a child ended: its exit status, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def die_at_line(number: int, room: ModuleType) -> None:
    """From here on, this process is killed before it runs the ``number``-th line of code of a package."""
    assert room.__file__ is not None
    directory = os.path.dirname(room.__file__)
    left = number

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(directory):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
