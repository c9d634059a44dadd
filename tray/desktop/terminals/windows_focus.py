"""Whether the window at the front on Windows is that of a program: only where its terminal runs nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable

from providers.domain.processes import ProcessTable
from tray.desktop.terminals.program import program_of

_CONSOLE_HOSTS = ("conhost", "openconsole")
_NO_TERMINALS = ("explorer", "services", "svchost", "winlogon", "userinit")
"""What has started all the others."""


def is_at_the_front(
    pid: int, table: ProcessTable, front: Callable[[], int | None] | None = None
) -> bool | None:
    """A window of the classic console is said to be of a program in it; that of Windows Terminal is its own, and
    has a child for each tab.
    """
    program, at_front = program_of(pid, table, lambda _pid: None, ()), (front or _front)()
    if program is None or at_front is None or at_front not in program.parents:
        return None
    name = table.processes[at_front].name.lower()
    if name.startswith(_NO_TERMINALS):
        return None
    others = [
        each
        for each in table.processes.values()
        if each.parent == at_front
        and each.pid not in program.parents
        and not each.name.lower().startswith(_CONSOLE_HOSTS)
    ]
    return None if others and at_front != pid else True


def _front() -> int | None:
    """The process of the window at the front."""
    if sys.platform != "win32":
        return None
    import ctypes
    from ctypes import wintypes

    user32 = ctypes.WinDLL("user32")
    user32.GetForegroundWindow.restype = wintypes.HWND
    user32.GetWindowThreadProcessId.argtypes = (wintypes.HWND, ctypes.POINTER(wintypes.DWORD))
    window, pid = user32.GetForegroundWindow(), wintypes.DWORD()
    if not window:  # while another is coming to the front
        return None
    user32.GetWindowThreadProcessId(window, ctypes.byref(pid))
    return pid.value or None
