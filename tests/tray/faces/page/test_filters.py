"""The bar of filters: each link keeps all else, and nothing foreign breaks it."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest

from tray.faces.page import query
from tray.faces.page.filters import Existing, FilterBar, filter_bar
from tray.faces.page.query import PageQuery
from tray.faces.page.render import templates

TODAY = date(2026, 11, 20)
EXISTING = [
    ("codex", "a1", "~/.codex", "/work/one", "gpt-5.5"),
    ("codex", "a1", "~/.codex", "/work/two", "gpt-5.5-mini"),
    ("claude", "b2", "~/.claude", "/work/one", "claude-opus-5"),
]
NAMES = {
    ("provider", "codex"): "Codex",
    ("provider", "claude"): "Claude",
    ("account", "a1"): "dev@example.com (a1)",
}
HOSTILE = [
    "<script>alert(1)</script>",
    "/\u202eevil",
    "/nul\0",
    "/" + "long/" * 2000,
    "/half\ud800",
    "\"'><b>",
    "a\nb",
]


def bar(members: PageQuery, existing: Existing | None = None) -> FilterBar:
    return filter_bar(members, existing or EXISTING, NAMES, today=TODAY, local_zone="Europe/Berlin")


def members(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def html(filters: FilterBar) -> str:
    return templates().get_template("filters.html").render(filters=filters)


def test_the_head_of_the_folded_bar_names_what_is_chosen() -> None:
    assert bar(PageQuery()).chosen == "30 days  ·  22 Oct – 20 Nov"
    assert bar(PageQuery(range="all")).chosen == "All"
    asked = PageQuery(range="custom", since="2026-11-03", until="2026-11-09", provider="codex", compare="1")
    assert bar(asked).chosen == "3 – 9 Nov  ·  Codex  ·  compared"
    assert "<script>" not in html(bar(PageQuery(provider="<script>")))


def test_every_link_keeps_all_other_filters() -> None:
    asked = PageQuery(tab="models", range="7d", provider="codex", model="gpt-5.5", zone="UTC", compare="1")
    found = bar(asked)
    for link in found.ranges:
        kept = {**asked.given(), "range": members(link.address)["range"]}
        if kept["range"] == "all":
            del kept["compare"]
        assert members(link.address) == kept
    assert [members(each.address).get("provider") for each in found.providers] == [None, "claude", "codex"]
    for chip in found.chips:
        left = members(chip.address)
        assert len(left) == len(asked.given()) - 1
        assert asked.given().items() >= left.items()


def test_what_is_chosen_is_marked() -> None:
    found = bar(PageQuery(range="week", provider="codex", compare="1"))
    assert [each.title for each in found.ranges if each.current] == ["This week"]
    assert [each.title for each in found.providers if each.current] == ["Codex"]
    assert found.compare is not None
    assert (found.before, found.compare.current) == ("9 – 13 Nov", True)
    assert "compare" not in members(found.compare.address)


def test_only_what_occurs_with_the_other_filters_can_be_chosen() -> None:
    found = bar(PageQuery(provider="codex"))
    offered = {select.name: [option.value for option in select.options] for select in found.selects}
    assert offered == {"project": ["", "/work/one", "/work/two"], "model": ["", "gpt-5.5", "gpt-5.5-mini"]}


def test_a_value_that_does_not_occur_stays_chosen_and_can_be_taken_back() -> None:
    found = bar(PageQuery(model="gone"))
    (select,) = [each for each in found.selects if each.name == "model"]
    assert [option.value for option in select.options if option.chosen] == ["gone"]
    assert [(chip.title, chip.value, chip.address) for chip in found.chips] == [("Model", "gone", "/")]


def test_the_forms_keep_the_rest_of_the_address() -> None:
    asked = PageQuery(
        tab="models", range="custom", since="2026-11-01", until="2026-11-09", model="m", zone="UTC"
    )
    found = bar(asked)
    kept = {each.name: each.value for each in found.kept}
    assert kept == {"tab": "models", "range": "custom", "from": "2026-11-01", "to": "2026-11-09"}
    assert {each.name: each.value for each in found.kept_by_days} == {
        "tab": "models",
        "model": "m",
        "zone": "UTC",
    }
    assert (found.since, found.until) == ("2026-11-01", "2026-11-09")
    submitted = {
        **{each.name: each.value for each in found.kept_by_days},
        "from": found.since,
        "to": found.until,
    }
    assert query.parse(submitted) == asked


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_text(name: str) -> None:
    existing = [*EXISTING, ("codex", "a1", "~/.codex", name, name)]
    written = html(bar(PageQuery(project=name), existing))
    assert written.encode()
    assert "<script>" not in written
    assert "<b>" not in written
    shown = re.sub(r'="[^"]*"', "", written)
    assert "\u202e" not in shown
    assert "\0" not in shown


def test_many_and_long_names_do_not_make_a_large_page() -> None:
    existing = [("codex", "a1", "h", f"/{number}/" + "x" * (number * 20), "m") for number in range(600)]
    assert len(html(bar(PageQuery(), existing))) < 100_000
    assert len(html(bar(PageQuery(project=existing[-1][3]), existing))) < 700_000


@pytest.mark.parametrize("name", ["a\nb", "/nul\0", "/half\ud800"])
def test_what_a_form_would_change_is_chosen_by_a_link_alone(name: str) -> None:
    """A browser sends other characters in their place."""
    found = bar(PageQuery(), [*EXISTING, ("codex", "a1", "~/.codex", name, "m")])
    (projects,) = [each for each in found.selects if each.name == "project"]
    assert [option.value for option in projects.options] == ["", "/work/one", "/work/two"]
