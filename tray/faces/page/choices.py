"""What there is to filter by: the values of the days shown, and what they are called."""

from __future__ import annotations

from providers.ledger.rollup.selection import Selection
from tray.engine.settings_table import HIDE_EMAIL
from tray.engine.zones import zone_name
from tray.faces.page.data import PageData
from tray.faces.page.filters import Existing, FilterBar, filter_bar
from tray.faces.page.query import FILTERS


def bar_of(data: PageData) -> FilterBar:
    return filter_bar(
        data.query,
        existing(data),
        names(data),
        today=data.today,
        local_zone=zone_name(data.scope.zone),
    )


def existing(data: PageData) -> Existing:
    """One question for all filters: what occurs in the days shown, whatever else is chosen."""
    everything = Selection(zone=data.zone, since=data.selection.since, until=data.selection.until)
    found = data.tallies(FILTERS, selection=everything)
    most_first = sorted(found.items(), key=lambda each: -each[1].usage.total_tokens)
    return [tuple(str(value) for value in key) for key, _ in most_first]


def names(data: PageData) -> dict[tuple[str, str], str]:
    found = {("provider", each.id): each.title for each in data.scope.chosen()}
    if not data.scope.settings().get(HIDE_EMAIL):
        for each in (data.usage or {}).get("providers", []):
            account = each.get("account") or {}
            if account.get("id") and account.get("email"):
                found["account", account["id"]] = f"{account['email']} ({account['id']})"
    return found
