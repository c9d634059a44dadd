"""A snapshot → what a bar says of it. Pure; snapshots are those of `published.as_of`, times epoch seconds."""

from __future__ import annotations

from providers.domain import rules
from tray.engine import published
from tray.engine.iso_time import epoch
from tray.engine.published_settings import hides_email, shows_used
from tray.faces.bars import words
from tray.view.error_words import IN_A_WORD

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Literal

    from tray.engine.published import Document

    Level = Literal["ok", "warning", "critical", "blocked", "stale", "error"]

_LONGEST_ERROR = 200
_MOST_ACCOUNTS = 8


class BarLine:
    """`text` is for a bar with room, `short` for one without, `tooltip` has lines; none of them is escaped.

    `level` is that of the account with the least left, and `left` the whole percentage of its tightest window,
    None where that is not known.
    """

    __slots__ = ("left", "level", "short", "text", "tooltip")

    def __init__(self, text: str, short: str, tooltip: str, level: Level, left: int | None) -> None:
        self.text = text
        self.short = short
        self.tooltip = tooltip
        self.level = level
        self.left = left


def problem(text: str) -> BarLine:
    """Of a snapshot that cannot be read."""
    return BarLine(text, text, text, "error", None)


def bar_line(snapshot: Document, provider: str, now: float) -> BarLine:
    """Of this provider, or of "all"."""
    accounts = [each for each in snapshot["providers"] if provider in ("all", each["provider"])]
    if not accounts:
        return BarLine("no limits", "no limits", "no limits", "ok", None)
    shown, used = glance(accounts, now), shows_used(snapshot)
    first = min(shown, key=lambda account: tightness(account, now))
    tightest = tightest_window(first, now)
    return BarLine(
        text=" | ".join(_account(account, now, used=used) for account in shown),
        short=_short(shown, now, used=used),
        tooltip=_tooltip(accounts, now, used=used, hide_email=hides_email(snapshot)),
        level=level(first),
        left=None if tightest is None else words.whole(rules.left_percent(tightest["used_percent"])),
    )


def glance(accounts: list[Document], now: float) -> list[Document]:
    """Of each provider the account with the least left."""
    tightest: dict[str, Document] = {}
    for account in accounts:
        held = tightest.get(account["provider"])
        if held is None or tightness(account, now) < tightness(held, now):
            tightest[account["provider"]] = account
    return list(tightest.values())


def tightness(account: Document, now: float) -> float:
    """What is left where it is tightest, less than 0 for who is blocked; more than 100 where nothing is known."""
    known = [each["used_percent"] for each in _current_windows(account, now)]
    return rules.tightness(known, blocked=_is_blocked(account))


def tightest_window(account: Document, now: float) -> Document | None:
    """The window with the least left, of those that are known and limit all use."""
    known = _current_windows(account, now)
    return min(known, key=lambda window: rules.left_percent(window["used_percent"]), default=None)


def level(account: Document) -> Level:
    """The class of an account, by which bars colour it."""
    windows = published.own_windows(account)
    if _is_blocked(account):
        return "blocked"
    if not windows and account["error"]:
        return "error"
    if not windows:
        return "ok" if account["limits_known"] else "stale"
    if any(window["stale"] for window in windows):
        return "stale"
    left = min(rules.left_percent(window["used_percent"]) for window in windows)
    if left <= rules.SCARCE_PERCENT:
        return "critical"
    runs_out = any(window["pace"] and window["pace"]["verdict"] == "runs_out" for window in windows)
    return "warning" if left <= rules.LOW_PERCENT or runs_out else "ok"


def _is_blocked(account: Document) -> bool:
    return bool(account["blocked"] and not account["blocked"]["credits_left"])


def _current_windows(account: Document, now: float) -> list[Document]:
    """Those that limit all use, and have not reset since they were read."""
    return [each for each in published.own_windows(account) if not published.is_past(each, now)]


def _account(account: Document, now: float, *, used: bool) -> str:
    """`Codex 5h 63 % · Weekly 38 % left`."""
    windows = published.own_windows(account)
    parts = [_window(window, now, used=used) for window in windows]
    if parts and not published.is_past(windows[-1], now):
        parts[-1] += " used" if used else " left"
    if account["blocked"]:
        parts.append(_blocked(account, now))
    if not parts:
        parts.append(_why_nothing(account))
    if old := _stale_for(account, now):
        parts.append(f"updated {old}")
    return words.plain(f"{words.name(account['title'])} {' · '.join(parts)}")


def _short(accounts: list[Document], now: float, *, used: bool) -> str:
    """`Codex 37 % | Claude 12 % left`: the tightest window of each."""
    parts, last = [], False
    for account in accounts:
        tightest, old = tightest_window(account, now), _stale_for(account, now)
        text, last = words.UNKNOWN if account["windows"] else _why_nothing(account), False
        if _is_blocked(account):
            text = _blocked(account, now)
        elif tightest is not None:
            text, last = words.percent(rules.left_percent(tightest["used_percent"]), used=used), not old
            text += f" ({old})" if old else ""
        parts.append(words.plain(f"{words.name(account['title'])} {text}"))
    return " | ".join(parts) + (f" {'used' if used else 'left'}" if last else "")


def _tooltip(accounts: list[Document], now: float, *, used: bool, hide_email: bool) -> str:
    """Lines. Times in them are absolute, so that it changes only with what it says."""
    lines = []
    for account in sorted(accounts, key=lambda each: tightness(each, now))[:_MOST_ACCOUNTS]:
        name = words.name(account["title"])
        if sum(each["provider"] == account["provider"] for each in accounts) > 1:
            known = account["account"]
            email = known["email"] if known and not hide_email else None
            name += f" · {words.plain(email or ', '.join(account['homes']))}"
        lines.append(name)
        lines += [_details(window, now, used=used) for window in account["windows"]]
        if account["blocked"]:
            lines.append(f"B{_blocked(account, now)[1:]}")
        if account["error"]:
            lines.append(words.plain(account["error"]["message"][:_LONGEST_ERROR]))
        if old := _stale_for(account, now):
            lines.append(f"Updated {old}")
    if (more := len(accounts) - _MOST_ACCOUNTS) > 0:
        lines.append(f"And {more} more.")
    return "\n".join(lines)


def _details(window: Document, now: float, *, used: bool) -> str:
    text = _window(window, now, used=used)
    if published.is_past(window, now):
        return f"{text} reset"
    resets = window["resets_at"]
    when = f", resets {words.clock(epoch(resets), now)}" if resets else ""
    return f"{text} {'used' if used else 'left'}{when}"


def _window(window: Document, now: float, *, used: bool) -> str:
    title = words.name(window["title"])
    if published.is_past(window, now):
        return f"{title} {words.UNKNOWN}"
    return f"{title} {words.percent(rules.left_percent(window['used_percent']), used=used)}"


def _why_nothing(account: Document) -> str:
    if error := account["error"]:
        return IN_A_WORD.get(error["kind"], "not known")
    return "no limits" if account["limits_known"] else "not known yet"


def _blocked(account: Document, now: float) -> str:
    until = account["blocked"]["until"]
    text = f"blocked until {words.clock(epoch(until), now)}" if until else "blocked"
    return f"{text}, on credits" if account["blocked"]["credits_left"] else text


def _stale_for(account: Document, now: float) -> str | None:
    """How long ago the oldest of its values was read that are too old; those from before a reset are not shown."""
    read = [epoch(each["fetched_at"]) for each in _current_windows(account, now) if each["stale"]]
    if not read:
        return None
    return "at an unknown time" if max(read) > now else f"{words.span(now - min(read))} ago"
