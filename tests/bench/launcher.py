"""Runs a program and prints what it took as JSON: wall and CPU time in ms, peak memory in MB, its exit code.

    python -S launcher.py FILE COMMAND ...

Its output goes to FILE. It imports next to nothing: a child's peak memory begins with its parent's.
"""

import os
import sys
import time


def main(out: str, command: list[str]) -> None:
    file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    began = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, file, 1)])
    _, status, used = os.wait4(child, 0)
    wall = (time.perf_counter() - began) * 1000
    cpu = (used.ru_utime + used.ru_stime) * 1000
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    code = os.waitstatus_to_exitcode(status)
    print(f'{{"wall_ms": {wall}, "cpu_ms": {cpu}, "peak_mb": {peak}, "code": {code}}}')


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
