"""What can be done from the menu. Pure; what a click does is the app's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from providers.domain.limits import AccountUsage
from providers.registry import PROVIDERS
from tray.engine.notices.stored import is_ahead
from tray.engine.state import LastRefresh, State
from tray.view import format as fmt
from tray.view import settings_menu
from tray.view.accounts import accounts, read_times
from tray.view.available import Available
from tray.view.error_words import IN_A_WORD
from tray.view.login import StartAtLogin, login_rows
from tray.view.rows import Action, Row, action_row, separator_row, submenu_row, toggle_row

_LINKS = {provider.id: provider.links for provider in PROVIDERS}
_JUST_TRIED = timedelta(minutes=5)


def action_rows(
    state: State, now: datetime, zone: tzinfo, login: StartAtLogin | None, available: Available
) -> Iterator[Row]:
    yield action_row("refresh", _refresh(state, now), Action("refresh"))
    if available.page:
        yield action_row("dashboard", "Open dashboard", Action("open", "dashboard"))
    if state.muted_until is not None and is_ahead(state.muted_until, now):
        text = f"Notices muted {_until(state.muted_until, now, zone)}"
        yield toggle_row("muted", text, Action("mute"), checked=True)
    if state.paused_until is not None and state.paused_until > now:
        text = f"Paused {_until(state.paused_until, now, zone)}"
        yield toggle_row("paused", text, Action("pause"), checked=True)
    yield from _settings(state, login)
    yield submenu_row("more", "More", _more(available))
    yield action_row("quit", "Quit", Action("quit"))


def page_rows(key: str, usage: AccountUsage, available: Available) -> Iterator[Row]:
    """The pages of an account's provider, and the logs of its homes."""
    provider = usage.provider
    homes = ":".join(filter(None, (provider, ",".join(usage.cost_home_ids))))
    if available.open:
        yield action_row(f"{key}:usage-page", "Open usage page", Action("open", f"usage:{provider}"))
        links, account = _LINKS.get(provider), usage.account
        if links is not None and account is not None and links.purchase_for(account.plan) is not None:
            yield action_row(f"{key}:purchase", "Buy credits…", Action("open", f"purchase:{provider}"))
        yield action_row(f"{key}:status-page", "Open status page", Action("open", f"status:{provider}"))
        if usage.cost is None or usage.cost.has_logs:
            yield action_row(f"{key}:logs", "Open logs folder", Action("open", f"logs:{homes}"))


def _refresh(state: State, now: datetime) -> str:
    """What a click does, and how the last refresh went: an age, or the first failure."""
    if state.refreshing:
        return "Refreshing…"
    last = state.refreshed
    for usage in accounts(state):
        if usage.error is not None:
            text = f"Refresh now{fmt.DOT}{fmt.plain(usage.title)}: {IN_A_WORD[usage.error.kind]}"
            # Another text than before the click, although the failure is the same.
            return f"{text}, tried {fmt.age(now - last.at)}" if last and _is_recent(last, now) else text
    read = [each.at for usage in accounts(state) for each in read_times(usage)]
    if not read:
        return "Refresh now"
    text = f"Refresh now{fmt.DOT}updated {fmt.age(now - min(read))}"
    # All was asked, and some had nothing newer.
    checked = last is not None and last.at > min(read) + timedelta(minutes=1) and _is_recent(last, now)
    return f"{text}, checked {fmt.age(now - last.at)}" if last and checked else text


def _is_recent(refresh: LastRefresh, now: datetime) -> bool:
    return timedelta(0) <= now - refresh.at < _JUST_TRIED


def _until(at: datetime, now: datetime, zone: tzinfo) -> str:
    return f"until {fmt.soon(at, now, zone)}{fmt.DOT}{fmt.countdown(at - now)} left"


def _settings(state: State, login: StartAtLogin | None) -> Iterator[Row]:
    """One row with all settings, and with starting at login, which the desktop keeps."""
    below = [row for each in settings_menu.rows(state.settings) for row in each.children]
    below += login_rows(login)
    if below:
        yield submenu_row("settings", "Settings", below)


def _more(available: Available) -> Iterator[Row]:
    yield submenu_row("mute", "Mute notices", _mute())
    yield action_row("pause", "Pause for an hour", Action("pause", "60"))
    if available.copy or available.open:
        yield separator_row("line:more")
    if available.copy:
        yield action_row("copy", "Copy summary", Action("copy", "summary"))
    if available.open:
        yield action_row("report", "Open diagnostic report", Action("open", "report"))
        yield action_row("settings-file", "Open settings file", Action("open", "settings"))


def _mute() -> Iterator[Row]:
    for argument, text in (
        ("30", "For 30 minutes"),
        ("60", "For an hour"),
        ("reset", "Until the next reset"),
    ):
        yield action_row(f"mute:{argument}", text, Action("mute", argument))
