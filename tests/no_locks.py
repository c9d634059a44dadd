"""Runs a program for which the system has no file locks, as on some disks that are mounted over a network.

    python -m tests.no_locks ENOLCK PROGRAM ARGUMENT…

A filter of the kernel (seccomp) answers `flock` and the locks of `fcntl` with that error, whoever asks: Python,
SQLite, and what they start. Linux on x86-64 and arm64; needs no rights.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Sequence

_CALLS = {"x86_64": (72, 73), "aarch64": (25, 32)}  # the numbers of fcntl and flock
_LOCK_COMMANDS = (6, 7, 37, 38)  # F_SETLK, F_SETLKW, and those of open file descriptions
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERROR = 0x7FFF0000, 0x00050000
NUMBER, _SECOND_ARGUMENT = 0, 24  # offsets in what the filter sees of a call
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2


def is_possible() -> bool:
    return sys.platform == "linux" and platform.machine() in _CALLS


def refuse_locks(number: int) -> None:
    """From now on, in this process and what it starts, each lock fails with this error. Raises OSError."""
    fcntl, flock = _CALLS[platform.machine()]
    count = len(_LOCK_COMMANDS)
    install(
        [
            (LOAD, 0, 0, NUMBER),
            (EQUAL, count + 3, 0, flock),
            (EQUAL, 0, count + 1, fcntl),
            (LOAD, 0, 0, _SECOND_ARGUMENT),
            *((EQUAL, count - place, 0, command) for place, command in enumerate(_LOCK_COMMANDS)),
            (RETURN, 0, 0, ALLOW),
            (RETURN, 0, 0, ERROR | number),
        ]
    )


def install(program: Sequence[tuple[int, int, int, int]]) -> None:
    """A filter of system calls, for this process and what it starts. Raises OSError."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    described = struct.pack("HL", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(_SECCOMP, _FILTER, described, 0, 0):
        raise OSError(ctypes.get_errno(), "no filter can be set")


if __name__ == "__main__":
    refuse_locks(getattr(errno, sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
