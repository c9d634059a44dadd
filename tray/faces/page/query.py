"""What an address asks for: every filter stands in it, so that it can be kept and shared. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta, tzinfo
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict, replace

from providers.ledger.rollup.selection import Selection
from tray.engine.zones import named_zone

RANGES = {
    "today": "Today",
    "7d": "7 days",
    "14d": "14 days",
    "30d": "30 days",
    "90d": "90 days",
    "week": "This week",
    "month": "This month",
    "ytd": "Year to date",
    "all": "All",
    "custom": "Custom",
}
_DAYS = {"today": 1, "7d": 7, "14d": 14, "30d": 30, "90d": 90}
_DEFAULT_RANGE = "30d"


class PageQuery(Struct, frozen=True, kw_only=True):
    """The members of an address as texts, "" where it has none. `problems` are sentences about those that mean
    nothing; such a member counts as not given.
    """

    tab: str = ""
    range: str = ""
    since: str = ""
    until: str = ""
    provider: str = ""
    account: str = ""
    home: str = ""
    project: str = ""
    model: str = ""
    zone: str = ""
    compare: str = ""
    by: str = ""
    sort: str = ""
    open: str = ""
    page: str = ""
    problems: tuple[str, ...] = ()

    def with_(self, **members: str) -> PageQuery:
        return replace(self, **members)

    @property
    def address(self) -> str:
        """Of the page with these filters, relative to its host."""
        members = asdict(self)
        del members["problems"]
        given = {_NAMES.get(name, name): value for name, value in members.items() if value}
        return f"/?{urlencode(given)}" if given else "/"


_NAMES = {"since": "from", "until": "to"}


def parse(members: Mapping[str, str]) -> PageQuery:
    names = {_NAMES.get(name, name): name for name in PageQuery.__struct_fields__ if name != "problems"}
    query = PageQuery().with_(**{own: members[name] for name, own in names.items() if name in members})
    problems = []
    if query.range and query.range not in RANGES:
        problems.append(f"There is no range {query.range!r}. Showing {RANGES[_DEFAULT_RANGE].lower()}.")
        query = query.with_(range="")
    if query.zone:
        try:
            named_zone(query.zone)
        except ValueError:
            problems.append(f"There is no time zone {query.zone!r}. Try Europe/Berlin or UTC.")
            query = query.with_(zone="")
    return replace(query, problems=tuple(problems))


def zone_of(query: PageQuery, local: tzinfo) -> tzinfo:
    return named_zone(query.zone) if query.zone else local


def selection(query: PageQuery, zone: tzinfo, today: date) -> Selection:
    since, until = _days(query, today)
    return Selection(
        zone=zone,
        since=since,
        until=until,
        **{
            name: getattr(query, name) or None for name in ("provider", "account", "home", "project", "model")
        },
    )


def _days(query: PageQuery, today: date) -> tuple[date | None, date | None]:
    match query.range or _DEFAULT_RANGE:
        case "all":
            return None, today
        case "week":
            return today - timedelta(days=today.weekday()), today
        case "month":
            return today.replace(day=1), today
        case "ytd":
            return today.replace(month=1, day=1), today
        case "custom":
            return date.fromisoformat(query.since), date.fromisoformat(query.until)
        case name:
            return today - timedelta(days=_DAYS[name] - 1), today
