"""What is left and what it cost in a few lines, to be copied or to be shown as a notice. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from providers.domain.limits import RateWindow, Sourced
from tray.engine.state import State
from tray.view import format as fmt
from tray.view.accounts import is_past, own_windows
from tray.view.error_words import IN_A_WORD
from tray.view.menu.account import Entry, entries
from tray.view.menu.cost import cost_line
from tray.view.menu.windows import Look, look_of, reset_text

_MOST = 4


def summary(state: State, now: datetime, zone: tzinfo, *, narrow: bool = False) -> str:
    """Two lines for each account, the worst first: its windows, and what its tokens would cost.

    `narrow`: for a notice, each window on a line of its own, and only as many accounts as fit on a screen.
    """
    if state.snapshot is None:
        return "Loading…"
    look = look_of(state)
    shown = entries(state.snapshot.accounts, now, look)
    most = _MOST if narrow else len(shown)
    lines = [line for entry in shown[:most] for line in _account(entry, now, zone, look, narrow=narrow)]
    if len(shown) > most:
        lines.append(f"And {len(shown) - most} more.")
    return "\n".join(lines) or "No limits to show."


def _account(entry: Entry, now: datetime, zone: tzinfo, look: Look, *, narrow: bool) -> Iterator[str]:
    usage = entry.usage
    parts = [_window(lane, now, zone, look) for lane in own_windows(usage)]
    if usage.error is not None:
        parts.append(IN_A_WORD[usage.error.kind])
    header, parts = entry.header.replace(fmt.DOT, " · "), parts or ["no limits known"]
    yield from (header, *parts) if narrow else (f"{header}: {', '.join(parts)}",)
    if (cost := cost_line(usage.cost)) is not None:
        yield cost


def _window(lane: Sourced[RateWindow], now: datetime, zone: tzinfo, look: Look) -> str:
    name = fmt.plain(lane.value.title)
    reset = reset_text(lane, now, zone, short=False)
    if is_past(lane, now):
        return f"{name} {reset}"
    value = fmt.reading(fmt.left_percent(lane.value.used_percent), used=look.used)
    return f"{name} {value}{f' ({reset})' if reset else ''}"
