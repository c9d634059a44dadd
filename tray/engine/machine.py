"""What this machine is called beside others: in exports, and where several machines are added up."""

from __future__ import annotations

from providers.setting import Setting, Text

MACHINE_NAME = Setting(
    "machine.name",
    Text(),
    "",
    "The name of this machine in exports and next to other machines; the host name if empty.",
)


def machine_name(named: str) -> str:
    """What it is `named` by the setting, or else the host's name."""
    if name := named.strip():
        return name
    import platform  # 3 ms, which few commands need

    return platform.node() or "unknown"
