"""The sections of the page, by tab: a new one is a file, a line here and a template in `assets/page`.

A file has `build(data) -> Struct`: all that its template shows, or None where the section has nothing to say. A
template decides about layout alone.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from msgspec import Struct

from tray.faces.page.data import PageData
from tray.faces.page.tab_titles import TABS

__all__ = ["SECTIONS", "TABS", "PageSection"]


class PageSection(Struct, frozen=True):
    """`name` is that of its file and of its template; its `tab` may have several, in the order of SECTIONS.

    Two that follow each other and are narrow stand beside each other where there is room. Those of `figures` are
    left out as long as no log is counted: what is shown instead is in `start`. Those that are `live` are brought
    up to date by themselves while a tab shows them.
    """

    tab: str
    name: str
    title: str
    beside: bool = False
    figures: bool = False
    live: bool = False

    @property
    def build(self) -> Callable[[PageData], Struct | None]:
        found: Callable[[PageData], Struct | None] = import_module(
            f"tray.faces.page.sections.{self.name}"
        ).build
        return found


SECTIONS = (
    PageSection("overview", "limit_summary", "Limits"),
    PageSection("overview", "live_card", "Live sessions", live=True),
    PageSection("overview", "news", "New in the totals"),
    PageSection("overview", "totals", "Totals", figures=True),
    PageSection("overview", "use_by_day", "Over time", beside=True, figures=True),
    PageSection("overview", "heat", "Calendar", beside=True, figures=True),
    PageSection("overview", "recent_days", "Recent weeks", beside=True, figures=True),
    PageSection("overview", "month", "This month", beside=True, figures=True),
    PageSection("overview", "burn", "Burn rate", beside=True, figures=True),
    PageSection("overview", "worth", "Subscriptions", beside=True, figures=True),
    PageSection("limits", "limit_cards", "Current limits"),
    PageSection("limits", "limit_history", "Usage of each window"),
    PageSection("limits", "window_usage", "Tokens and cost of each window"),
    PageSection("limits", "percent_value", "Value of one percent"),
    PageSection("limits", "window_log", "Window log"),
    PageSection("limits", "account_history", "Account history"),
    PageSection("usage", "tokens", "Tokens and cost", figures=True),
    PageSection("usage", "money", "Credits and spend"),
    PageSection("usage", "over_time", "Over time", figures=True),
    PageSection("usage", "budget_history", "Budgets"),
    PageSection("usage", "averages", "Averages", figures=True),
    PageSection("usage", "blocks", "5-hour blocks", figures=True),
    PageSection("usage", "rhythm", "Weekly rhythm", figures=True),
    PageSection("usage", "ranking", "Top days", figures=True),
    PageSection("models", "breakdown", "Models and efforts", figures=True),
    PageSection("projects", "by_project", "Projects", figures=True),
    PageSection("projects", "project_fit", "Does a task like this fit?"),
    PageSection("projects", "by_account", "Accounts", figures=True),
    PageSection("projects", "by_home", "Homes", figures=True),
    PageSection("sessions", "live_sessions", "Live sessions", live=True),
    PageSection("sessions", "contexts", "Context windows in use", figures=True),
    PageSection("sessions", "sessions", "Sessions", figures=True),
    PageSection("responses", "responses", "Responses", figures=True),
    PageSection("data", "counted_logs", "Counted logs"),
    PageSection("data", "left_out", "Left out of the totals"),
    PageSection("data", "limit_sources", "Limit sources"),
    PageSection("data", "storage", "Files and storage"),
    PageSection("prices", "rates", "Prices used"),
    PageSection("prices", "own_prices", "Your prices"),
    PageSection("prices", "homes", "Homes"),
    PageSection("prices", "settings", "Subscriptions and settings"),
)
