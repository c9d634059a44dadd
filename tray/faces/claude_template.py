"""A person's own line in Claude Code: what Claude Code sends to it, beside what tankful knows.

The limits are those that Claude Code has just sent, or else the published ones; the costs are those of the last
count. Nothing is read that the template does not name.
"""

from __future__ import annotations

import os

from providers.claude.statusline import bridge
from providers.host.shown_path import home_relative
from tray.engine import published
from tray.engine.iso_time import epoch, iso
from tray.faces.bars import template, words
from tray.faces.bars.options import DEFAULT_MAX_AGE, age
from tray.faces.bars.statusline import is_old, providers

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tray.engine.published import Document
    from tray.faces.bars.template import Pieces

NAMES = ("model", "context", "context.left", "session.cost", "block.cost")
_IDS = {"five_hour": ("session", "5h", 300), "seven_day": ("weekly", "Weekly", 10080)}
_BLANK: Document = {
    "provider": bridge.PROVIDER,
    "title": "Claude",
    "homes": [],
    "account": None,
    "windows": [],
    "credits": None,
    "spend": None,
    "resets": None,
    "limits_known": True,
    "limit_reached_at": None,
    "early_resets": [],
    "cost": None,
    "attempts": [],
    "error": None,
}


def parse(text: str, snapshot: Document | None) -> Pieces | None:
    """None for what is not certainly right: the slow path says what is wrong with it."""
    try:
        found = template.pieces(text)
    except template.TemplateError:
        return None
    return None if template.unknown(found, known_providers(snapshot), NAMES) is not None else found


def known_providers(snapshot: Document | None) -> list[str]:
    return list(dict.fromkeys([bridge.PROVIDER, *providers(snapshot)]))


def line(pieces: Pieces, sent: Any, snapshot: Document | None, folder: str, now: float) -> str:
    """One line. `sent` is Claude Code's JSON, None where that could not be read; `folder` is the state folder."""
    try:
        return _line(pieces, sent, snapshot, folder, now)
    except published.DAMAGED:  # the next round rewrites it
        return _line(pieces, sent, None, folder, now)


def _line(pieces: Pieces, sent: Any, snapshot: Document | None, folder: str, now: float) -> str:
    made = published.as_of(with_sent(snapshot, sent, os.environ, now), now)
    published_value = template.values(made, "all", now)
    session = next((each for each in made["providers"][0]["windows"] if each["id"] == "session"), None)

    def value(name: str) -> str:
        if name not in NAMES:
            return published_value(name)
        return _own(name, sent if isinstance(sent, dict) else {}, session, folder, now) or words.UNKNOWN

    return template.fill(pieces, value)


def wants_round(snapshot: Document | None, now: float) -> bool:
    return is_old(snapshot, age(DEFAULT_MAX_AGE) or 0.0, now)


def with_sent(snapshot: Document | None, sent: Any, environ: Mapping[str, str], now: float) -> Document:
    """The snapshot with the account of the Claude Code that started us as its first, and with what it sent."""
    accounts = (snapshot or {"providers": []})["providers"]
    own = [account for account in accounts if account["provider"] == bridge.PROVIDER]
    home = home_relative(bridge.own_home(environ))
    named = [each for each in own if home in each["homes"]]
    account = next(iter(named or (own if len(own) == 1 else [])), _BLANK)
    newer = [_window(name, limit, now) for name, limit in bridge.limits_of(sent).items()]
    held = [each for each in account["windows"] if each["id"] not in {window["id"] for window in newer}]
    others = [each for each in accounts if each["provider"] != bridge.PROVIDER]
    return {**(snapshot or {}), "providers": [{**account, "windows": [*newer, *held]}, *others]}


def _window(name: str, limit: Mapping[str, float], now: float) -> Document:
    ident, title, minutes = _IDS[name]
    resets_at = limit.get("resets_at")
    return {
        "id": ident,
        "title": title,
        "scope": "account",
        "used_percent": limit["used_percentage"],
        "window_minutes": minutes,
        "resets_at": None if resets_at is None else iso(resets_at),
        "fetched_at": iso(now),
    }


def _own(name: str, sent: Document, window: Document | None, folder: str, now: float) -> str | None:
    match name:
        case "model":
            model = sent.get("model")
            shown = model.get("display_name") or model.get("id") if isinstance(model, dict) else None
            return words.name(shown) if isinstance(shown, str) else None
        case "context" | "context.left":
            used = bridge.context_percent(sent)
            return None if used is None else str(round(used if name == "context" else 100 - used))
        case "session.cost":
            from providers.ledger.fast_cost import session_cost

            session = sent.get("session_id")
            return (
                _money(session_cost(_ledger(folder), bridge.PROVIDER, session))
                if isinstance(session, str)
                else None
            )
    return None if window is None else _of_block(window, folder, now)


def _of_block(window: Document, folder: str, now: float) -> str | None:
    """Since the running 5-hour window began, as the server has it."""
    if window["resets_at"] is None or published.is_past(window, now):
        return None
    from providers.ledger.fast_cost import cost_between

    began = epoch(window["resets_at"]) - window["window_minutes"] * 60
    return _money(cost_between(_ledger(folder), bridge.PROVIDER, began, now))


def _ledger(folder: str) -> str:
    return os.path.join(folder, "ledger.sqlite3")


def _money(value: tuple[float | None, bool]) -> str | None:
    usd, is_partial = value
    if usd is None:
        return None
    return words.at_least(usd) if is_partial else words.money(usd)
