"""Run as a program: print the open files of processes, a line of JSON for each: [pid, [path, …]].

`print_open_files.py PATHS PID …`, started with `-I -S`; psutil is imported from PATHS. A process that may not be
asked has no line.
"""

from __future__ import annotations

import json
import os
import sys


def main(paths: str, *pids: str) -> None:
    sys.path[:] = [*paths.split(os.pathsep), *sys.path]
    import psutil

    for pid in map(int, pids):
        try:
            files = [each.path for each in psutil.Process(pid).open_files()]
        except (psutil.Error, OSError):
            continue
        print(json.dumps([pid, files]), flush=True)  # noqa: T201 - its whole purpose


if __name__ == "__main__":
    main(*sys.argv[1:])
