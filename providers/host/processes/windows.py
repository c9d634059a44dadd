"""The processes of Windows, by psutil. Nothing says which files are written.

psutil's list of open files may take long, as each handle of a pipe blocks until a time-out of its own, and has
ended whole programs: it runs in a process of its own, which is killed at a deadline.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from providers.domain.processes import OpenFile
from providers.host.process.brief import Brief, run_briefly
from providers.host.processes.asked_files import AskedFiles
from providers.host.processes.psutil_table import PsutilProcesses, listening_ports

_PRINT_FILES = Path(__file__).with_name("print_open_files.py")
_SECONDS = 3.0
_FRESH_SECONDS = 15.0

RunBriefly = Callable[..., Brief]


def windows_processes(psutil: Any, run: RunBriefly = run_briefly) -> PsutilProcesses:
    """`psutil` is the module."""
    files = AskedFiles(lambda pids: asked_child(pids, run), fresh=_FRESH_SECONDS)
    return PsutilProcesses(psutil, files, _ports)


def asked_child(
    pids: Sequence[int], run: RunBriefly = run_briefly
) -> Mapping[int, tuple[OpenFile, ...]] | None:
    """The open files of those that it could ask before its deadline; None if of none, or without a Python."""
    if getattr(sys, "frozen", False) or not sys.executable:
        return None
    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)
    command = [sys.executable, "-I", "-S", str(_PRINT_FILES), paths, *map(str, pids)]
    try:
        found = run(command, seconds=_SECONDS, environ=os.environ)
    except OSError:
        return None
    answers = {}
    for line in found.out.split(b"\n")[:-1]:
        pid, files = json.loads(line)
        answers[pid] = tuple(OpenFile(path, None) for path in files)
    return answers if answers or found.code == 0 else None


def _ports(psutil: Any, processes: Mapping[int, Any]) -> Mapping[int, tuple[int, ...]]:
    """Of all by one table: the system has no other."""
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return {}
    of: dict[int, list[Any]] = defaultdict(list)
    for each in connections:
        of[each.pid].append(each)
    return {pid: listening_ports(of[pid]) for pid in processes}
