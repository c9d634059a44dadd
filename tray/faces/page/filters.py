"""The bar of filters: what an address chooses, what else it could, and how to take each back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from msgspec import Struct

from providers.domain.visible import sound
from tray.faces.page import days
from tray.faces.page.parts import Link
from tray.faces.page.query import FILTERS, PageQuery
from tray.faces.page.table.names import middle, readable
from tray.view import format as fmt

ZONES = (
    "UTC",
    "America/Los_Angeles",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Kyiv",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
)
"""Suggestions; any other may be typed."""

_TITLES = {
    "provider": "Provider",
    "account": "Account",
    "home": "Home",
    "project": "Project",
    "model": "Model",
    "zone": "Time zone",
}
_ALL = {"account": "All accounts", "home": "All homes", "project": "All projects", "model": "All models"}
_MOST = 100
_LONGEST_VALUE = 400  # a longer name is chosen by the link of its row, so that the page stays small
_LONGEST_TEXT = 48

Existing = Sequence[tuple[str, ...]]
"""The values that occur together in the days shown, each in the order of FILTERS; those used most come first."""


class FilterOption(Struct, frozen=True, kw_only=True):
    value: str
    title: str
    chosen: bool


class FilterSelect(Struct, frozen=True, kw_only=True):
    name: str
    title: str
    options: tuple[FilterOption, ...]


class Chip(Struct, frozen=True, kw_only=True):
    """A filter that is set; `address` is that of the page without it."""

    title: str
    value: str
    address: str


class HiddenMember(Struct, frozen=True):
    name: str
    value: str


class FilterBar(Struct, frozen=True, kw_only=True):
    """`kept` is what the form of the filters keeps of the address, `kept_by_days` that of the two days.

    `chosen` is what is shown in a few words, `span` its days, and `before` those that `compare` compares them
    with: "" where there are none.
    """

    chosen: str

    ranges: tuple[Link, ...]
    span: str
    since: str
    until: str
    providers: tuple[Link, ...]
    selects: tuple[FilterSelect, ...]
    zone: str
    local_zone: str
    zones: tuple[str, ...]
    compare: Link | None
    before: str
    chips: tuple[Chip, ...]
    reset: str
    kept: tuple[HiddenMember, ...]
    kept_by_days: tuple[HiddenMember, ...]


def filter_bar(
    query: PageQuery,
    existing: Existing,
    names: Mapping[tuple[str, str], str],
    *,
    today: date,
    local_zone: str,
) -> FilterBar:
    """`names` are what values are called, by member and value: `("provider", "x") -> "X"`."""
    query = query.with_(page="", open="")
    custom = (query.range, query.since, query.until)
    first, last = days.days_of(*custom, today)
    before = days.title_before(*custom, today)
    return FilterBar(
        chosen=_chosen(query, names, today),
        ranges=tuple(_ranges(query)),
        span=days.span_title((first, last), today),
        since="" if first is None else first.isoformat(),
        until="" if last is None else last.isoformat(),
        providers=tuple(_providers(query, existing, names)),
        selects=tuple(_selects(query, existing, names)),
        zone=query.zone,
        local_zone=local_zone,
        zones=ZONES,
        compare=_compare(query) if before else None,
        before=before,
        chips=tuple(_chips(query, names)),
        reset=PageQuery(tab=query.tab).address,
        kept=_hidden(query, without=(*_ALL, "zone")),
        kept_by_days=_hidden(query, without=("range", "from", "to")),
    )


def _chosen(query: PageQuery, names: Mapping[tuple[str, str], str], today: date) -> str:
    """`30 days · 22 Oct – 20 Nov · Codex · compared`; the other filters stand in chips."""
    span = days.span_title(days.days_of(query.range, query.since, query.until, today), today)
    title = span if query.range == "custom" else days.RANGES[query.range or days.DEFAULT_RANGE]
    provider = query.provider and _shown("provider", query.provider, names)
    compared = "compared" if query.compare else ""
    return fmt.DOT.join(dict.fromkeys(filter(None, (title, span, provider, compared))))


def _ranges(query: PageQuery) -> Iterator[Link]:
    chosen = query.range or days.DEFAULT_RANGE
    for name, title in days.RANGES.items():
        if name != "custom":
            compare = "" if name == "all" else query.compare
            address = query.with_(range=name, since="", until="", compare=compare).address
            yield Link(title=title, address=address, current=name == chosen)


def _providers(query: PageQuery, existing: Existing, names: Mapping[tuple[str, str], str]) -> Iterator[Link]:
    """All, and each, also one that was not used in these days; none where there is nothing to choose."""
    known = {value for name, value in names if name == "provider"} | {row[0] for row in existing}
    found = sorted(known | ({query.provider} if query.provider else set()))
    if len(found) > 1:
        yield Link(title="All", address=query.with_(provider="").address, current=not query.provider)
        for value in found:
            title = names.get(("provider", value), readable(value))
            yield Link(
                title=title, address=query.with_(provider=value).address, current=value == query.provider
            )


def _values(query: PageQuery, existing: Existing, name: str) -> list[str]:
    """Those that occur with all other filters as they are, and the chosen one."""
    place = FILTERS.index(name)
    others = [(at, getattr(query, each)) for at, each in enumerate(FILTERS) if at != place]
    found = dict.fromkeys(
        row[place] for row in existing if all(not value or row[at] == value for at, value in others)
    )
    return [*found, *([chosen] if (chosen := getattr(query, name)) and chosen not in found else [])]


def _selects(
    query: PageQuery, existing: Existing, names: Mapping[tuple[str, str], str]
) -> Iterator[FilterSelect]:
    for name, title_of_all in _ALL.items():
        chosen = getattr(query, name)
        values = [
            value for value in _values(query, existing, name) if value == chosen or _is_submittable(value)
        ]
        if len(values) > 1 or chosen:
            shown = [value for place, value in enumerate(values) if place < _MOST or value == chosen]
            options = [FilterOption(value="", title=title_of_all, chosen=not chosen)]
            options += [
                FilterOption(value=sound(value), title=_shown(name, value, names), chosen=value == chosen)
                for value in _sorted(name, shown, names)
            ]
            yield FilterSelect(name=name, title=_TITLES[name], options=tuple(options))


def _is_submittable(value: str) -> bool:
    """A browser changes control characters in what a form sends; a row's link, which encodes them, can be used."""
    return len(value) <= _LONGEST_VALUE and value.isprintable()


def _sorted(name: str, values: Iterable[str], names: Mapping[tuple[str, str], str]) -> list[str]:
    return sorted(values, key=lambda value: _shown(name, value, names).casefold())


def _shown(name: str, value: str, names: Mapping[tuple[str, str], str]) -> str:
    return middle(readable(names.get((name, value), value)), _LONGEST_TEXT)


def _compare(query: PageQuery) -> Link:
    turned = query.with_(compare="" if query.compare else "1").address
    return Link(title="Compare", address=turned, current=bool(query.compare))


def _chips(query: PageQuery, names: Mapping[tuple[str, str], str]) -> Iterator[Chip]:
    for name, title in _TITLES.items():
        if value := getattr(query, name):
            yield Chip(
                title=title, value=_shown(name, value, names), address=query.with_(**{name: ""}).address
            )


def _hidden(query: PageQuery, without: Sequence[str]) -> tuple[HiddenMember, ...]:
    return tuple(
        HiddenMember(name, sound(value)) for name, value in query.given().items() if name not in without
    )
