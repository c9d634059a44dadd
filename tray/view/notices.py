"""Occasions → the words of a notice. Pure; plain text, since desktops differ in what markup they read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from providers.domain.blocked import blocked
from providers.domain.limits import RateWindow
from providers.domain.pace import pace_of
from tray.engine.budgets import Budget
from tray.engine.notices.notice import Notice
from tray.engine.notices.occasion import ALL_ACCOUNTS, Occasion
from tray.engine.settings_table import SHOW_USED, WORK_DAYS
from tray.engine.state import State
from tray.view import accounts, budgets
from tray.view import format as fmt

_MOST_MORE = 3
_LONGEST_TITLE = 120
_LONGEST_LINE = 200


def notice(key: str, occasions: tuple[Occasion, ...], state: State, now: datetime, zone: tzinfo) -> Notice:
    """One notice for all of them, about the first; the others follow in its text, as far as they fit."""
    first = occasions[0]
    words = _Words(state, now, zone)
    lines = [words.body(first), *(words.title(other) + "." for other in occasions[1 : _MOST_MORE + 1])]
    if (more := len(occasions) - 1 - _MOST_MORE) > 0:
        lines.append(f"And {more} more.")
    limit = first.limit
    return Notice(
        key=key,
        kind=first.kind,
        title=fmt.plain(words.title(first), longest=_LONGEST_TITLE),
        body="\n".join(fmt.plain(line, longest=_LONGEST_LINE) for line in lines if line),
        urgency="critical" if words.stops_work(first) else "normal",
        provider=first.usage.provider,
        account=first.usage.account.id if first.usage.account else None,
        window=limit.id if limit else None,
        remaining_percent=fmt.left_percent(limit.used_percent) if limit else None,
        resets_at=limit.resets_at if limit else None,
    )


class _Words:
    def __init__(self, state: State, now: datetime, zone: tzinfo) -> None:
        self._state = state
        self._now = now
        self._zone = zone
        titles: dict[str, Callable[[Occasion], str]] = {
            "login_gone": lambda each: (
                "signed out" if each.usage.account is None else "the login has expired"
            ),
            "login_ending": lambda _each: "the login expires soon",
            "spent": lambda each: f"{_name(each.limit)} is used up",
            "usable_again": lambda _each: "usable again",
            "runs_out": lambda each: f"{_name(each.limit)} will run out early",
            "early_reset": lambda each: (
                f"{_name(each.limit)} was reset early"
                if each.early is None or each.early.refilled
                else f"the reset time of {_name(each.limit)} has changed"
            ),
            "reset_credit": lambda _each: "an unused reset expires soon",
            "budget_spent": lambda each: f"{_budget(each)} is used up",
            "budget_nearly_spent": lambda each: f"{_budget(each)} is nearly used up",
            "budget_will_exceed": lambda each: f"{_budget(each)} will be exceeded",
        }
        bodies: dict[str, Callable[[Occasion], str]] = {
            "login_gone": self._login_gone,
            "login_ending": lambda each: f"It expires {self._at(each.ends)}; sign in again before then.",
            "spent": self._spent,
            "usable_again": self._left,
            "runs_out": self._runs_out,
            "early_reset": self._resets,
            "reset_credit": lambda each: f"It expires {self._at(each.ends)}.",
            "budget_spent": self._budget_used,
            "budget_nearly_spent": self._budget_used,
            "budget_will_exceed": self._budget_forecast,
        }
        self._titles = titles
        self._bodies = bodies

    def title(self, each: Occasion) -> str:
        words = self._titles.get(each.kind, self._threshold)
        if each.usage is ALL_ACCOUNTS:
            text = words(each)
            return f"{text[:1].upper()}{text[1:]}"
        return f"{accounts.name(each.usage, self._state)}: {words(each)}"

    def body(self, each: Occasion) -> str:
        return self._bodies.get(each.kind, self._left_until)(each)

    def stops_work(self, each: Occasion) -> bool:
        block = blocked(each.usage, self._now) if each.kind == "spent" else None
        return block is not None and not block.credits_left

    def _threshold(self, each: Occasion) -> str:
        share, word = self._reading(each.limit.used_percent if each.limit else 100.0).rsplit(" ", 1)
        return f"{share} of {_name(each.limit)} {word}"

    def _left_until(self, each: Occasion) -> str:
        runs_out = self._runs_out_at(each)
        pace = "" if runs_out is None else f"At this pace it runs out {self._at(runs_out)}."
        return f"{self._resets(each)} {pace}".strip()

    def _runs_out(self, each: Occasion) -> str:
        at, resets_at = self._runs_out_at(each), each.limit.resets_at if each.limit else None
        if at is None or resets_at is None:
            return self._resets(each)
        early = fmt.countdown(resets_at - at)
        return f"At this pace it runs out {self._at(at)}, {early} before its reset {self._at(resets_at)}."

    def _runs_out_at(self, each: Occasion) -> datetime | None:
        if each.limit is None:
            return None
        days = self._state.settings.get(WORK_DAYS)
        pace = pace_of(each.usage, each.limit, self._now, self._zone, days)
        return pace.runs_out_at if pace else None

    def _spent(self, each: Occasion) -> str:
        block = blocked(each.usage, self._now)
        stops = block is not None and any(lane.value == each.limit for lane in block.by)
        if block is None or not stops:
            return self._resets(each)
        if block.credits_left:
            return f"Credits are used instead. {self._resets(each)}".strip()
        return f"Usable again {self._at(block.until)}." if block.until else ""

    def _left(self, each: Occasion) -> str:
        own = [lane.value for lane in accounts.own_windows(each.usage)]
        parts = [f"{fmt.plain(window.title)} {self._reading(window.used_percent)}" for window in own]
        return f"{' · '.join(parts)}." if parts else ""

    def _reading(self, used_percent: float) -> str:
        return fmt.reading(fmt.left_percent(used_percent), used=self._state.settings.get(SHOW_USED))

    def _resets(self, each: Occasion) -> str:
        resets_at = each.limit.resets_at if each.limit else None
        if resets_at is None or resets_at <= self._now:
            return ""
        return f"Resets {self._at(resets_at)}, in {fmt.countdown(resets_at - self._now)}."

    def _login_gone(self, each: Occasion) -> str:
        error = each.usage.error
        if error is None:
            return "Sign in again with its CLI."
        return f"{fmt.plain(error.message, longest=_LONGEST_LINE)} {error.remedy}"

    def _budget_used(self, each: Occasion) -> str:
        if each.budget is None:
            return ""
        resets = budgets.resets(each.budget, self._now, self._zone)
        return f"{self._used(each.budget)}. Resets {resets}."

    def _budget_forecast(self, each: Occasion) -> str:
        if each.budget is None:
            return ""
        end = budgets.end(each.budget, self._now, self._zone)
        return f"{self._used(each.budget)}; at this rate it will reach {budgets.forecast(each.budget)} {end}."

    @staticmethod
    def _used(budget: Budget) -> str:
        of = "at API prices" if budget.unit == "usd" else "of the weekly limit"
        return f"Used so far: {budgets.used(budget)} {of}"

    def _at(self, when: datetime | None) -> str:
        return "soon" if when is None else fmt.on_or_at(when, self._now, self._zone)


def _budget(each: Occasion) -> str:
    return f"the {budgets.NAMES[each.budget.period]}" if each.budget else "a budget"


def _name(limit: RateWindow | None) -> str:
    if limit is None:
        return "a limit"
    title = fmt.plain(limit.title, longest=40)
    return f"the {title.lower()} limit" if limit.scope == "account" else title
