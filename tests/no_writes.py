"""Runs a program for which no file can be written, as over a used-up quota or on a broken disk.

    python -m tests.no_writes EDQUOT PROGRAM ARGUMENT…

As `tests.no_locks`, for what goes to anything but the three standard streams: files can be made, and stay empty.
"""

from __future__ import annotations

import errno
import os
import platform
import sys

from tests.no_locks import ALLOW, EQUAL, ERROR, LOAD, NUMBER, RETURN, install

_CALLS = {"x86_64": (1, 18, 77, 285), "aarch64": (64, 68, 46, 47)}  # write, pwrite64, ftruncate, fallocate
_FIRST_ARGUMENT, _GREATER, _STDERR = 16, 0x25, 2


def refuse_writes(number: int) -> None:
    """From now on, in this process and what it starts, each write fails with this error. Raises OSError."""
    calls = _CALLS[platform.machine()]
    install(
        [
            (LOAD, 0, 0, NUMBER),
            *((EQUAL, len(calls) - place, 0, call) for place, call in enumerate(calls)),
            (RETURN, 0, 0, ALLOW),
            (LOAD, 0, 0, _FIRST_ARGUMENT),
            (_GREATER, 1, 0, _STDERR),
            (RETURN, 0, 0, ALLOW),
            (RETURN, 0, 0, ERROR | number),
        ]
    )


if __name__ == "__main__":
    refuse_writes(getattr(errno, sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
