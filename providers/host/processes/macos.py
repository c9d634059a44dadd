"""The processes of macOS: psutil, and `lsof` for open files, which says what is written.

What could hang are network volumes: lsof looks at all mounts to name devices, among them dead servers
and cloud folders, whose file provider it starts. `-b` has it call none of readlink, lstat and stat, and take the
devices from the mount table (dmnt.c of lsof 4.91 to 4.99); paths come from the kernel either way.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from providers.domain.processes import OpenFile
from providers.host.process.brief import Brief, run_briefly
from providers.host.processes.asked_files import AskedFiles
from providers.host.processes.psutil_table import PsutilProcesses, listening_ports

_LSOF = "/usr/sbin/lsof"
_SECONDS = 2.0
_ACCESS = {b"r": False, b"w": True, b"u": True}
_ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|[\\bfnrt])")
_ESCAPED = {b"\\": b"\\", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}

RunBriefly = Callable[..., Brief]


def macos_processes(psutil: Any, run: RunBriefly = run_briefly, program: str = _LSOF) -> PsutilProcesses:
    """`psutil` is the module."""
    files = AskedFiles(lambda pids: asked_lsof(pids, run, program))
    return PsutilProcesses(psutil, files, _ports, uid=os.geteuid())


def asked_lsof(
    pids: Sequence[int], run: RunBriefly = run_briefly, program: str = _LSOF
) -> Mapping[int, tuple[OpenFile, ...]] | None:
    """Of all of them by one lsof; None if it cannot be run or takes too long."""
    # Without names of hosts (-n) and ports (-P), and without warnings about what -b leaves out (-w); of the
    # descriptors those with numbers. Its exit code is 1 also where one process has just ended.
    command = [program, "-b", "-w", "-n", "-P", "-F", "pfatn", "-a", "-d", "0-65535", "-p"]
    try:
        found = run([*command, ",".join(map(str, pids))], seconds=_SECONDS, environ=_environ())
    except OSError:
        return None
    return None if found.code is None else read_lsof(found.out.splitlines())


def read_lsof(lines: Iterable[bytes]) -> dict[int, tuple[OpenFile, ...]]:
    """The regular files in its output of the fields p, f, a, t and n; the first letter of a line is the field."""
    found: dict[int, list[OpenFile]] = {}
    files: list[OpenFile] = []
    writes: bool | None = None
    is_regular = False
    for line in lines:
        field, value = line[:1], line[1:]
        if field == b"p":
            files = found.setdefault(int(value), []) if value.isdigit() else []
        elif field == b"f":
            writes, is_regular = None, False
        elif field == b"a":
            writes = _ACCESS.get(value)
        elif field == b"t":
            is_regular = value == b"REG"
        elif field == b"n" and is_regular and value.startswith(b"/"):
            files.append(OpenFile(os.fsdecode(_ESCAPE.sub(_unescaped, value)), writes))
    return {pid: tuple(files) for pid, files in found.items()}


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return _ESCAPED.get(code) or bytes.fromhex(code[1:].decode())


def _environ() -> Mapping[str, str]:
    """In the C locale it writes all but ASCII as \\xNN, which is read here whatever the person's locale is."""
    return {"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}


def _ports(psutil: Any, processes: Mapping[int, Any]) -> Mapping[int, tuple[int, ...]]:
    """One by one: a list of all connections needs an administrator here."""
    found = {}
    for pid, process in processes.items():
        with suppress(psutil.Error, OSError):
            found[pid] = listening_ports(process.net_connections("tcp"))
    return found
