"""snapshot.json as others read it: with the standard library alone, and judged by the reader's own clock.

What is published are facts: percentages with the time they were read at. Whether one is stale, its window past,
the account blocked or ahead of even use is judged here, anew at each reading, so that yesterday's "3 % left" of a
window that has reset since is never shown as today's.
"""

from __future__ import annotations

import json
import os
import time

from providers.domain import rules
from providers.domain.work_days import ALL, work_spans
from tray.engine.iso_time import epoch, iso
from tray.engine.published_settings import work_days

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from datetime import tzinfo
    from typing import Any

    Document = dict[str, Any]

FILE = "snapshot.json"
SCHEMA = "tankful.snapshot/1"
SIZE_LIMIT = 1 << 24
KEPT_SECONDS = 660.0
"""An owner writes its snapshot again before it is that old, whether anything has changed or not."""
_PAGES = ("credits_history", "usage_breakdown", "plan_limit_history")
_PAGE_STALE_SECONDS = 3 * 3600.0  # they are asked for once an hour
DAMAGED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a snapshot of another make, or a damaged one, may raise where its members are read."""


def read(state_folder: str) -> Document | None:
    """The newest snapshot that was published; None where there is none, or none that can be read."""
    try:
        with open(os.path.join(state_folder, FILE), "rb", opener=_without_waiting) as file:
            raw = file.read(SIZE_LIMIT)
        document = json.loads(raw, parse_constant=_refuse)
    except (OSError, TypeError, ValueError, RecursionError):  # a pipe that is open has no bytes: a TypeError
        return None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return None
    return document if isinstance(document.get("providers"), list) else None


def is_behind(state_folder: str, seconds: float = 0.0) -> bool:
    """Whether something was saved since it was published, and more than so many seconds ago: readings of an
    account or of the status line, or counted logs.
    """
    saved = ("ledger.sqlite3", "ledger.sqlite3-wal")
    names = [
        name
        for name in os.listdir(state_folder)
        if name in saved or (name.startswith("account-") and name.endswith(".json"))
    ]
    published, now = _written_ns(os.path.join(state_folder, FILE)), time.time_ns()
    newest = max(
        (
            _written_ns(path)
            for path in (*(os.path.join(state_folder, name) for name in names), *_sessions(state_folder))
        ),
        default=0,
    )
    ahead = published > now + rules.CLOCK_SLACK_SECONDS * 1e9  # by a clock that has been set back since
    return ahead or (newest > published and (not seconds or now - newest >= seconds * 1e9))


def _sessions(state_folder: str) -> list[str]:
    """Where the readings of status lines are kept: a folder changes with each of them."""
    above = os.path.join(state_folder, "statusline")
    try:
        return [os.path.join(above, name) for name in os.listdir(above)]
    except OSError:
        return []


def usage(document: Document, now: float) -> Document:
    """The document of `tankful usage --json` out of a snapshot, as of `now` (epoch s)."""
    from tray.engine import published_budgets  # bars have no use for it

    return {
        "schema": "tankful.usage/1",
        "generated_at": document.get("generated_at"),
        "providers": as_of(document, now)["providers"],
        "budgets": published_budgets.as_of(document, now),
    }


def as_of(document: Document, now: float, days: str | None = None, zone: tzinfo | None = None) -> Document:
    """The same facts, each account judged as of `now` (epoch s).

    `days` are the work days, those of the document's own settings if not given; `zone` is where their midnights
    are, the system's own if not given.
    """
    days = work_days(document) if days is None else days
    accounts = document["providers"]
    if "owner" in document and not is_kept(document, now):
        accounts = _of_nobody(accounts)
    judged = [
        {**account_as_of(account, now, days, zone), "cost": _cost_as_of(account, document, now, zone)}
        for account in accounts
    ]
    return {**document, "providers": judged}


def _cost_as_of(account: Document, document: Document, now: float, zone: tzinfo | None) -> Document | None:
    cost, written = account.get("cost"), document.get("generated_at")
    if cost is None or written is None:
        return cost
    from tray.engine import published_costs  # a guard shows none

    is_fresh = 0 <= now - epoch(written) < rules.FRESH_SECONDS
    current = "owner" not in document or is_fresh or is_kept(document, now)
    return published_costs.as_of(cost, epoch(written), now, zone, current=current)


def is_kept(document: Document, now: float) -> bool:
    """Whether somebody still keeps this snapshot up to date: its owner writes it again every few minutes."""
    owner, written = document.get("owner"), document.get("generated_at")
    if not isinstance(owner, dict) or owner.get("kind") == "command" or written is None:
        return False
    return abs(now - epoch(written)) < KEPT_SECONDS


def _of_nobody(accounts: list[Document]) -> list[Document]:
    """Without the interval of who refreshed them: there is none any more."""
    return [{**account, "refresh_seconds": rules.REFRESH_SECONDS} for account in accounts]


def account_as_of(account: Document, now: float, days: str = ALL, zone: tzinfo | None = None) -> Document:
    """An account with `stale` and `pace` of each lane, `blocked`, and the early resets that are still news."""
    judged: Document = {}
    every = _refresh_seconds(account)
    for member, value in account.items():
        if member == "windows":
            judged[member] = [_window_as_of(window, now, every, days, zone) for window in value]
        elif member in ("credits", "spend", "resets") and value is not None:
            ends = value.get("resets_at") or value.get("expires_at")
            judged[member] = {
                **value,
                "stale": rules.is_stale(now - epoch(value["fetched_at"]), _until(ends, now), every),
            }
        elif member in _PAGES and value is not None:
            age = now - epoch(value["fetched_at"])
            judged[member] = {**value, "stale": not -rules.CLOCK_SLACK_SECONDS <= age <= _PAGE_STALE_SECONDS}
        elif member == "early_resets":
            news = rules.EARLY_RESET_SECONDS
            judged[member] = [reset for reset in value if now - epoch(reset["at"]) < news]
        else:
            judged[member] = value
    judged["blocked"] = _blocked(account, now)
    return judged


def is_past(window: Document, now: float) -> bool:
    """Whether the window has refilled since it was read."""
    return rules.is_past(_until(window["resets_at"], now))


def own_windows(account: Document) -> list[Document]:
    """The windows that limit all use, shortest first; where there are none, the others stand in for them."""
    own = [window for window in account["windows"] if window.get("scope") == "account"]
    return own or list(account["windows"])


def _written_ns(path: str) -> int:
    """0 for what is not there, as SQLite's journal when its last user has just closed it."""
    try:
        return os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return 0


def _until(text: str | None, now: float) -> float | None:
    return None if text is None else epoch(text) - now


def _refresh_seconds(account: Document) -> float:
    """How often it was refreshed when it was published."""
    every: float = account.get("refresh_seconds", rules.REFRESH_SECONDS)
    return every


def _window_as_of(window: Document, now: float, every: float, days: str, zone: tzinfo | None) -> Document:
    until = _until(window["resets_at"], now)
    minutes = window["window_minutes"]
    return {
        **window,
        "stale": rules.is_stale(now - epoch(window["fetched_at"]), until, every),
        "pace": _pace(window, now, minutes * 60, until, days, zone)
        if until is not None and minutes
        else None,
    }


def _pace(
    window: Document, now: float, duration: float, until: float, days: str, zone: tzinfo | None
) -> Document | None:
    rate = _rate(window.get("rate"), now)
    work = work_spans(now, until - duration, until, days, zone)
    found = rules.pace(window["used_percent"], duration, until, rate, work)
    if found is None:
        return None
    expected, verdict, runs_out, between = found
    pace: Document = {
        "expected_percent": round(expected, 1),
        "delta_percent": round(window["used_percent"] - expected, 1),
        "runs_out_at": _after(now, runs_out),
        "verdict": verdict,
        "basis": "history" if rate else "window",
    }
    if between is not None:
        pace["runs_out_between"] = [_after(now, each) for each in between]
    return pace


def _rate(rate: Document | None, now: float) -> rules.Rate | None:
    if rate is None or not rules.is_rate_current(rate["over_minutes"] * 60, now - epoch(rate["at"])):
        return None
    return rate["percent_per_hour"], rate["slowest"], rate["fastest"]


def _after(now: float, seconds: float | None) -> str | None:
    """Rounded to microseconds, as datetime's own arithmetic is."""
    return None if seconds is None else iso(round(now + seconds, 6))


def _blocked(account: Document, now: float) -> Document | None:
    every = _refresh_seconds(account)
    by = [window for window in account["windows"] if _blocks(window, now, every)]
    if not by and not _is_refused(account, now):
        return None
    ends = [window["resets_at"] for window in by]
    until = max(ends, key=epoch) if ends and None not in ends else None
    return {
        "by": [window["id"] for window in by],
        "window": by[-1]["id"] if by else None,
        "until": until,
        "reason": "spent" if by else "refused",
        "credits_left": credits_left(account),
    }


def _blocks(window: Document, now: float, every: float) -> bool:
    age = now - epoch(window["fetched_at"])
    until = _until(window["resets_at"], now)
    return rules.blocks(window["used_percent"], window["scope"], age, until, every)


def _is_refused(account: Document, now: float) -> bool:
    at = account.get("limit_reached_at")
    if at is None:
        return False
    windows = [
        (window["used_percent"], now - epoch(window["fetched_at"]), resets_in)
        for window in account["windows"]
        if (resets_in := _until(window["resets_at"], now)) is not None
    ]
    return rules.is_refusal_current(now - epoch(at), windows, _refresh_seconds(account))


def credits_left(account: Document) -> bool | None:
    """Whether credits or paid extra usage carry on once a limit is used up; None if not known."""
    spend, bought = account.get("spend"), account.get("credits")
    carries_on: bool | None = spend.get("carries_on") if spend else False
    if carries_on or not bought:
        return carries_on
    if not bought.get("carries_on", True):
        return False
    return bool(bought["unlimited"] or float(bought["balance"] or 0) > 0)


def _refuse(constant: str) -> float:
    """NaN and the infinities are no JSON, and no figures of ours."""
    raise ValueError(constant)


def _without_waiting(path: str, flags: int) -> int:
    """A pipe of that name must keep nobody waiting."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
