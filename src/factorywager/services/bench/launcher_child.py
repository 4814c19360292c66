"""Runs programs and tells how long each took and how much memory it had; see launcher.py, and run with -I -S.

Imports next to nothing: Linux counts the memory that a process has before execve(2) towards the peak of the program
that it becomes, so no program can be seen to take less than this one.
"""

import os
import sys
import time

null = os.open(os.devnull, os.O_RDWR)
for line in sys.stdin:
    directory, count, *argv = line.rstrip("\n").split("\x1f")
    os.chdir(directory)
    runs = []
    failed = 0
    for _ in range(int(count)):
        began = time.perf_counter_ns()
        actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
        pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        runs.append([time.perf_counter_ns() - began, usage.ru_maxrss * 1024])
        failed = failed or status
    answer = f'"error": "ended with status {os.waitstatus_to_exitcode(failed)}"' if failed else f'"runs": {runs}'
    sys.stdout.write(f"{{{answer}}}\n")
    sys.stdout.flush()
