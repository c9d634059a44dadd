"""How terminals are asked: by their own programs, each with a deadline, and the tty of a process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from providers.host.files import read_small

SECONDS = 3.0
_LARGEST = 1 << 22


class TerminalTools(Struct, frozen=True, kw_only=True):
    """`find` is the path of a program, None where there is none. `run` is what it prints, None where it failed."""

    environ: Mapping[str, str]
    find: Callable[[str], str | None]
    run: Callable[[Sequence[str], Mapping[str, str]], str | None]
    tty_of: Callable[[int], str | None]


def system_tools(environ: Mapping[str, str]) -> TerminalTools:
    def run(command: Sequence[str], more: Mapping[str, str]) -> str | None:
        return _printed(command, {**environ, **more})

    return TerminalTools(
        environ=environ,
        find=lambda name: shutil.which(name, path=environ.get("PATH")),
        run=run,
        tty_of=_tty_of,
    )


def _printed(command: Sequence[str], environ: Mapping[str, str]) -> str | None:
    try:
        done = subprocess.run(
            command,
            env=dict(environ),
            cwd=os.path.expanduser("~"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout[:_LARGEST].decode("utf-8", "replace") if done.returncode == 0 else None


def _tty_of(pid: int) -> str | None:
    """The path of its controlling terminal, such as /dev/pts/3. Not by psutil, which lists the terminals once and
    finds none that was opened later (7.2.2).
    """
    if sys.platform == "linux":
        try:
            stat = read_small(Path(f"/proc/{pid}/stat"), 4096)
            return _linux_tty(int(stat.rpartition(b")")[2].split()[4]))
        except (OSError, ValueError, IndexError):
            return None
    if sys.platform == "win32":
        return None
    name = (_printed(("ps", "-o", "tty=", "-p", str(pid)), os.environ) or "").strip()
    return f"/dev/{name}" if name.startswith("tty") else None


def _linux_tty(number: int) -> str | None:
    """The kernel's number of a device; those from 136 on are of terminals in windows."""
    major, minor = number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00
    if 136 <= major < 144:
        return f"/dev/pts/{(major - 136) * 256 + minor}"
    return f"/dev/tty{minor}" if major == 4 else None
