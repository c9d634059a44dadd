"""`tankful statusline --format text`: what is left, in one line for a status bar, from the published snapshot.

A bar asks every few seconds and hides the text of a program that fails: so this imports nothing beyond the
standard library, exits 0, and says what is wrong in the line itself. Where nobody keeps the snapshot up to
date, it starts one round in the background and answers from what is there.
"""

from __future__ import annotations

import os
import sys
import time

from providers.domain import rules
from providers.domain.visible import visible
from providers.host.state_folder import is_trusted, state_folder
from tray.engine import published
from tray.engine.detached import start_round

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from tray.engine.published import Document

OK = 0
_LONGEST, _LONGEST_ERROR = 40, 200
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def answer(arguments: list[str]) -> int | None:
    """The fast path (see `tray.cli.commands`): passes on all but `--format text [--provider ID] [--max-age
    AGE]`.
    """
    options = {"--format": "", "--provider": "all", "--max-age": "5m"}
    rest = list(arguments)
    while len(rest) > 1 and rest[0] in options:
        options[rest[0]] = rest[1]
        del rest[:2]
    max_age, provider = age(options["--max-age"]), options["--provider"]
    if rest or options["--format"] != "text" or max_age is None or not _is_published(provider):
        return None
    return show(provider, max_age)


def _is_published(provider: str) -> bool:
    """Whether it certainly exists."""
    if provider == "all":
        return True
    try:
        snapshot = published.read(state_folder(os.environ)) or {"providers": []}
        return any(account["provider"] == provider for account in snapshot["providers"])
    except (OSError, *published.DAMAGED):
        return False


def show(provider: str, max_age: float) -> int:
    """Prints the line of this provider, or of "all"."""
    folder, now = state_folder(os.environ), time.time()
    try:
        if not is_trusted(os.environ):
            return _print("tankful's folder cannot be used: run tankful doctor")
        snapshot = published.read(folder)
        made = snapshot and published.as_of(snapshot, now)
        if made is None or not 0 <= now - published.epoch(made["generated_at"]) <= max_age:
            start_round(folder, now)
        text = line(made, provider, now) if made else "limits not known yet"
    except (OSError, *published.DAMAGED):  # the next round rewrites it
        start_round(folder, now)
        text = "limits not known yet"
    return _print(text)


def _print(text: str) -> int:
    if sys.stdout is not None:
        sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    return OK


def age(text: str) -> float | None:
    """Seconds of `90s`, `5m`, `2h` or a plain number of seconds; None for what is none."""
    number, unit = (text[:-1], _UNITS[text[-1]]) if text[-1:] in _UNITS else (text, 1)
    try:
        seconds = float(number) * unit
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def line(snapshot: Document, provider: str, now: float) -> str:
    """`Codex 5h 63 % · Weekly 38 % left | Claude 5h 12 % left`: of each provider the account with the least
    left.
    """
    tightest: dict[str, Document] = {}
    for account in snapshot["providers"]:
        if provider in ("all", account["provider"]):
            held = tightest.get(account["provider"])
            if held is None or tightness(account, now) < tightness(held, now):
                tightest[account["provider"]] = account
    return " | ".join(_account(account, now) for account in tightest.values()) or "no limits"


def tightness(account: Document, now: float) -> float:
    """What is left where it is tightest, less than 0 for who is blocked; more than 100 where nothing is known."""
    if account["blocked"] and not account["blocked"]["credits_left"]:
        return -1.0
    left = [
        rules.left_percent(window["used_percent"])
        for window in published.own_windows(account)
        if not published.is_past(window, now)
    ]
    return min(left, default=101.0)


def _account(account: Document, now: float) -> str:
    parts = [_window(window, now) for window in published.own_windows(account)]
    if parts and not published.is_past(published.own_windows(account)[-1], now):
        parts[-1] += " left"
    if account["blocked"]:
        until = account["blocked"]["until"]
        parts.append(f"blocked until {_clock(published.epoch(until), now)}" if until else "blocked")
    if not parts:
        error = account["error"]
        parts.append(error["message"][:_LONGEST_ERROR].rstrip(".") if error else "no limits")
    stale = [window["fetched_at"] for window in published.own_windows(account) if window["stale"]]
    if stale:
        parts.append(f"updated {_age(now - min(map(published.epoch, stale)))} ago")
    return plain(f"{account['title'][:_LONGEST]} {' · '.join(parts)}")


def _window(window: Document, now: float) -> str:
    title = window["title"][:_LONGEST]
    if published.is_past(window, now):
        return f"{title} –"
    left = rules.left_percent(window["used_percent"])
    return f"{title} {'< 1' if 0 < left < 1 else int(left + 1e-9)} %"


def _clock(at: float, now: float) -> str:
    at += 30  # to the nearest minute: a server that resets at 14:00 sends 13:59:59, too
    same_day = time.localtime(at)[:3] == time.localtime(now)[:3]
    return time.strftime("%H:%M" if same_day else "%a %H:%M", time.localtime(at))


def _age(seconds: float) -> str:
    minutes = max(0, int(seconds // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def plain(text: str) -> str:
    """On one line, without terminal control characters."""
    return visible(text).replace("\n", " ")
