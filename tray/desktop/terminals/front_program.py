"""The program at the front on macOS, by `lsappinfo`, which needs no consent and no loop of events."""

from __future__ import annotations

import re

from msgspec import Struct

from tray.desktop.terminals.tools import TerminalTools

_PID = re.compile(r'"pid"\s*=\s*(\d+)')
_BUNDLE = re.compile(r'"(?:CFBundleIdentifier|bundleid)"\s*=\s*"([^"]+)"', re.IGNORECASE)


class FrontProgram(Struct, frozen=True):
    """`bundle` is its identifier, "" if it has none."""

    pid: int
    bundle: str


def front_program(tools: TerminalTools) -> FrontProgram | None:
    """None where nobody says it, as on other systems."""
    lsappinfo = tools.find("lsappinfo")
    if lsappinfo is None:
        return None
    number = (tools.run((lsappinfo, "front"), {}) or "").strip()
    if not number.startswith("ASN:"):
        return None
    printed = tools.run((lsappinfo, "info", "-only", "pid", "-only", "bundleid", number), {}) or ""
    pid, bundle = _PID.search(printed), _BUNDLE.search(printed)
    return FrontProgram(int(pid[1]), bundle[1] if bundle else "") if pid else None
