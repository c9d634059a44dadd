"""The rows on the machine: versions, desktop, engine, network. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tray.engine.doctor.facts import DesktopFacts, EngineFacts, NetworkFacts, System
from tray.view import format as fmt
from tray.view.doctor.row import ReportRow, good, note, warning

_ICONS = {
    "native": "the system's own",
    "status notifier": "StatusNotifierItem",
    "xembed": "XEmbed, which has no menu",
}


def system(facts: System) -> Iterator[ReportRow]:
    yield good("version", facts.tankful)
    yield good("Python", facts.python)
    yield good("system", facts.platform)


def desktop(facts: DesktopFacts) -> Iterator[ReportRow]:
    if facts.backend == "native":
        yield good("icon", _ICONS["native"])
        return
    if facts.name:
        yield note("desktop", fmt.plain(facts.name))
    yield note("display", ", ".join(facts.displays) or "none")
    yield note("session bus", "reachable" if facts.session_bus else "none")
    yield note("tray host", _host(facts))
    yield _icon(facts)


def _host(facts: DesktopFacts) -> str:
    found = [
        name
        for name, there in (("StatusNotifierWatcher", facts.watcher), ("XEmbed tray", facts.xembed))
        if there
    ]
    return " and ".join(found) or "none"


def _icon(facts: DesktopFacts) -> ReportRow:
    if facts.backend is None:
        return warning(
            "icon",
            "none: no desktop was found.",
            "Start tankful from a terminal inside your desktop, or run `tankful --headless`.",
        )
    if facts.waits:
        return warning(
            "icon",
            "no tray host is running; tankful would wait for one.",
            "Add a system tray to your panel; on GNOME, install the AppIndicator extension.",
        )
    return good("icon", _ICONS[facts.backend])


def engine(facts: EngineFacts, now: datetime) -> Iterator[ReportRow]:
    if facts.running is None:
        yield note("running", "not known on this system")
    elif not facts.running:
        yield note("running", "no")
    elif facts.kind in (None, "command"):
        yield good("running", "yes, but nothing is published yet")
    else:
        yield good("running", f"{facts.kind}, pid {facts.pid}")
    if facts.published_at is None:
        yield note("snapshot", "none yet")
    else:
        yield note("snapshot", f"last changed {fmt.age(now - facts.published_at)}")


def network(facts: NetworkFacts) -> Iterator[ReportRow]:
    yield note("set", ", ".join(facts.variables) or "no variable for a proxy or certificates")
    for name in facts.unsupported:
        yield warning(
            "proxy",
            f"{name} is not the address of a proxy that tankful can use.",
            f"Set {name} to an http://, https://, socks5:// or socks5h:// address.",
        )
