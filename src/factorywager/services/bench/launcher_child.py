"""Runs programs and tells how long each took and how much memory it had; see launcher.py, and run with -I -S.

Imports next to nothing: Linux counts the memory that a process has before execve(2) towards the peak of the program
that it becomes, so no program can be seen to take less than this one.
"""

import os
import sys
import time

if sys.platform == "win32":
    import ctypes
    import subprocess

    _QUIET = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)

    class _Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS (psapi.h)."""

        _fields_ = (
            ("size", ctypes.c_uint32),
            ("faults", ctypes.c_uint32),
            *(
                (name, ctypes.c_size_t)
                for name in ("peak", "now", "pools1", "pools2", "pools3", "pools4", "file", "top")
            ),
        )

    def run(argv: list[str]) -> tuple[int, int, int]:
        """Nanoseconds, bytes at its peak, and its status."""
        began = time.perf_counter_ns()
        process = subprocess.Popen(argv, **_QUIET)  # noqa: S603 - what launcher.py asks for
        status = process.wait()
        taken = time.perf_counter_ns() - began
        counters = _Counters(size=ctypes.sizeof(_Counters))
        handle = ctypes.c_void_p(int(process._handle))
        ctypes.WinDLL("kernel32").K32GetProcessMemoryInfo(handle, ctypes.byref(counters), counters.size)
        return taken, counters.peak, status

else:
    _NULL = os.open(os.devnull, os.O_RDWR)
    _QUIET = [(os.POSIX_SPAWN_DUP2, _NULL, number) for number in (0, 1, 2)]

    def run(argv: list[str]) -> tuple[int, int, int]:
        """Nanoseconds, bytes at its peak, and its status."""
        began = time.perf_counter_ns()
        pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=_QUIET)
        _, status, usage = os.wait4(pid, 0)
        return time.perf_counter_ns() - began, usage.ru_maxrss * 1024, os.waitstatus_to_exitcode(status)


for line in sys.stdin:
    directory, count, *argv = line.rstrip("\n").split("\x1f")
    os.chdir(directory)
    runs = []
    failed = 0
    for _ in range(int(count)):
        taken, peak, status = run(argv)
        runs.append([taken, peak])
        failed = failed or status
    answer = f'"error": "ended with status {failed}"' if failed else f'"runs": {runs}'
    sys.stdout.write(f"{{{answer}}}\n")
    sys.stdout.flush()
