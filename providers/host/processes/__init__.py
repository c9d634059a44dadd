"""The processes of this machine: on Linux from /proc, elsewhere by psutil and what it lacks."""

from __future__ import annotations

import sys

from providers.domain.processes import Processes


def system_processes() -> Processes:
    """Those of this system."""
    if sys.platform == "linux":
        from providers.host.processes.linux import LinuxProcesses

        return LinuxProcesses()

    import psutil

    if sys.platform == "darwin":
        from providers.host.processes.macos import macos_processes

        return macos_processes(psutil)

    from providers.host.processes.windows import windows_processes

    return windows_processes(psutil)
