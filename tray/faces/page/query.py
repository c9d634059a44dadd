"""What an address asks for: every filter stands in it, so that it can be kept and shared. Pure.

Any address means something: what is unknown, too long or contradictory is left out, with a sentence that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, tzinfo
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict, replace

from providers.ledger.rollup.selection import Dimension, Selection
from tray.engine.zones import named_zone
from tray.faces.page import days
from tray.faces.page.days import DEFAULT_RANGE, RANGES
from tray.faces.page.tab_titles import FIRST, TABS
from tray.view import format as fmt

__all__ = ["DEFAULT_RANGE", "RANGES"]  # beside all that is defined here

FILTERS: tuple[Dimension, ...] = ("provider", "account", "home", "project", "model")
"""The members that choose among responses, besides their days."""

_NAMES = {"since": "from", "until": "to"}
_LONGEST = {"project": 12_000, "open": 12_000}
_LONGEST_OTHER = 600
_YEARS = range(2000, 2101)
_PAGE = re.compile(r"[0-9]{1,9}|[0-9]{1,16}\.[0-9]{1,19}")
"""A number, or the cursor of a response after which a page begins."""


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
    measure: str = ""
    weeks: str = ""
    sort: str = ""
    open: str = ""
    page: str = ""
    minutes: str = ""
    problems: tuple[str, ...] = ()

    def with_(self, **members: str) -> PageQuery:
        return replace(self, **members)

    @property
    def address(self) -> str:
        """Of the page with these filters, relative to its host."""
        given = self.given()
        return f"/?{urlencode(given, errors='surrogatepass')}" if given else "/"

    def given(self) -> dict[str, str]:
        """The members it has, by the names they have in an address."""
        return {
            _NAMES.get(name, name): value
            for name, value in asdict(self).items()
            if name != "problems" and value
        }


def parse(members: Mapping[str, str]) -> PageQuery:
    """Never raises; `parse` of the members of its `address` is the same query, without the problems."""
    query = PageQuery().with_(
        **{
            own: members[name]
            for own in PageQuery.__struct_fields__
            if own != "problems" and (name := _NAMES.get(own, own)) in members
        }
    )
    problems: list[str] = []
    for corrections in (_too_long, _unknown, _custom):
        for sentence, correct in corrections(query):
            query = query.with_(**correct)
            if sentence:
                problems.append(sentence)
    return replace(query, problems=tuple(problems))


Correction = tuple[str, dict[str, str]]
"""A sentence, "" where none is needed, and the members as they are instead."""


def _too_long(query: PageQuery) -> Iterator[Correction]:
    for name, value in asdict(query).items():
        if name != "problems" and len(value) > _LONGEST.get(name, _LONGEST_OTHER):
            yield f"The {_NAMES.get(name, name)} in the address is too long and was ignored.", {name: ""}


def _unknown(query: PageQuery) -> Iterator[Correction]:
    if query.tab and query.tab not in TABS:
        yield f"There is no page called {_quoted(query.tab)}. Showing {TABS[FIRST]}.", {"tab": ""}
    if query.range and query.range not in RANGES:
        usual = RANGES[DEFAULT_RANGE].lower()
        yield f"There is no range called {_quoted(query.range)}. Showing {usual}.", {"range": ""}
    if query.compare and query.compare != "1":
        yield "Only compare=1 turns on comparing. Nothing is compared.", {"compare": ""}
    elif query.compare and query.range == "all":
        yield "There is nothing before all days, so nothing is compared.", {"compare": ""}
    if query.page and not _PAGE.fullmatch(query.page):
        yield f"There is no page number {_quoted(query.page)}. Showing the first one.", {"page": ""}
    if query.zone:
        try:
            named_zone(query.zone)
        except ValueError:
            yield f"There is no time zone {_quoted(query.zone)}. Try Europe/Berlin or UTC.", {"zone": ""}


def _custom(query: PageQuery) -> Iterator[Correction]:
    """The two days: any calendar notation becomes 2026-11-20."""
    if query.range not in {"", "custom"}:
        if query.since or query.until:
            yield "", {"since": "", "until": ""}
        return
    read = {name: _read_day(getattr(query, name)) for name in ("since", "until")}
    wrong = [name for name, day in read.items() if getattr(query, name) and day is None]
    for name in wrong:
        text = _quoted(getattr(query, name))
        yield f"{text} is not a date between 2000 and 2100, such as 2026-11-20.", {name: ""}
    since, until = read["since"], read["until"]
    if since is None and until is None:
        if query.range == "custom":
            usual = RANGES[DEFAULT_RANGE].lower()
            sentence = "" if wrong else "A custom range needs a first or a last day."
            yield f"{sentence} Showing {usual}.".strip(), {"range": ""}
        return
    if since is not None and until is not None and until < since:
        yield "The range ended before it began, so its days were swapped.", {}
        since, until = until, since
    yield (
        "",
        {
            "range": "custom",
            "since": "" if since is None else since.isoformat(),
            "until": "" if until is None else until.isoformat(),
        },
    )


def _read_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _quoted(text: str) -> str:
    return repr(fmt.plain(text, longest=40))


def zone_of(query: PageQuery, local: tzinfo) -> tzinfo:
    return named_zone(query.zone) if query.zone else local


def selection(query: PageQuery, zone: tzinfo, today: date) -> Selection:
    return _selected(query, zone, days.days_of(query.range, query.since, query.until, today))


def selection_before(query: PageQuery, zone: tzinfo, today: date) -> Selection | None:
    """The period before that `compare=1` asks for; None where it is not asked for."""
    if not query.compare:
        return None
    before = days.days_before(query.range, query.since, query.until, today)
    return None if before is None else _selected(query, zone, before)


def _selected(query: PageQuery, zone: tzinfo, span: days.Span) -> Selection:
    since, until = span
    chosen = {name: getattr(query, name) or None for name in FILTERS}
    return Selection(zone=zone, since=since, until=until, **chosen)
