"""Any address means something, and stands for itself."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tray.faces.page import query
from tray.faces.page.days import RANGES
from tray.faces.page.query import PageQuery
from tray.faces.page.tab_titles import TABS

TODAY = date(2026, 11, 20)  # a Friday
UTC = ZoneInfo("UTC")
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31)).map(str)
NAMES = [*(each for each in PageQuery.__struct_fields__ if each != "problems"), "from", "to", "token"]
VALUES = st.one_of(
    st.text(max_size=30),
    DAYS,
    st.sampled_from(
        [*RANGES, *TABS, "1", "0001-01-01", "9999-12-31", "20261120", "Europe/Berlin", "\0", "x" * 20_000]
    ),
)


def read_back(address: str) -> dict[str, str]:
    """As a server reads it."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_what_is_understood_is_read_back_the_same(members: dict[str, str]) -> None:
    found = query.parse(members)
    assert query.parse(read_back(found.address)) == replace(found, problems=())


@given(st.dictionaries(st.sampled_from(NAMES), VALUES), st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_every_address_has_days(members: dict[str, str], today: date) -> None:
    found = query.parse(members)
    chosen = query.selection(found, UTC, today)
    assert chosen.since is None or (chosen.until is not None and chosen.since <= chosen.until)
    before = query.selection_before(found, UTC, today)
    assert (before is None) == (not found.compare)
    if before is not None:
        assert before.until is not None
        assert chosen.since is not None
        assert before.until < chosen.since


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_its_sentences_can_be_read(members: dict[str, str]) -> None:
    for sentence in query.parse(members).problems:
        assert sentence.isprintable()
        assert len(sentence) < 200


def test_a_lone_surrogate_is_no_error() -> None:
    assert query.parse(read_back(PageQuery(project="/half\ud800").address)).project.startswith("/half")


@pytest.mark.parametrize(
    ("members", "left", "said"),
    [
        ({"tab": "money"}, {}, "There is no page called 'money'. Showing Overview."),
        ({"range": "8d"}, {}, "There is no range called '8d'. Showing 30 days."),
        (
            {"zone": "../../etc/passwd"},
            {},
            "There is no time zone '../../etc/passwd'. Try Europe/Berlin or UTC.",
        ),
        ({"zone": "\0"}, {}, "There is no time zone ' '. Try Europe/Berlin or UTC."),
        ({"page": "-1"}, {}, "There is no page number '-1'. Showing the first one."),
        ({"project": "/" * 12_001}, {}, "The project in the address is too long and was ignored."),
        (
            {"range": "all", "compare": "1"},
            {"range": "all"},
            "There is nothing before all days, so nothing is compared.",
        ),
        ({"range": "custom"}, {}, "A custom range needs a first or a last day. Showing 30 days."),
        ({"from": "30.11.2026"}, {}, "'30.11.2026' is not a date between 2000 and 2100, such as 2026-11-20."),
        (
            {"range": "custom", "from": "2026-11-09", "to": "2026-11-02"},
            {"range": "custom", "from": "2026-11-02", "to": "2026-11-09"},
            "The range ended before it began, so its days were swapped.",
        ),
    ],
)
def test_what_means_nothing_is_left_out(members: dict[str, str], left: dict[str, str], said: str) -> None:
    found = query.parse(members)
    assert found.problems == (said,)
    assert found.given() == left


def test_a_far_year_and_no_day_at_all() -> None:
    found = query.parse({"range": "custom", "from": "0001-01-01", "to": "9999-12-31"})
    assert len(found.problems) == 3
    assert found.given() == {}


def test_a_project_of_10_kb_can_be_chosen() -> None:
    name = "/" + "very-long/" * 1000
    assert query.parse({"project": name}).project == name


@pytest.mark.parametrize(
    ("members", "since", "until"),
    [
        ({}, "2026-10-22", "2026-11-20"),
        ({"range": "today"}, "2026-11-20", "2026-11-20"),
        ({"range": "7d"}, "2026-11-14", "2026-11-20"),
        ({"range": "14d"}, "2026-11-07", "2026-11-20"),
        ({"range": "90d"}, "2026-08-23", "2026-11-20"),
        ({"range": "week"}, "2026-11-16", "2026-11-20"),
        ({"range": "month"}, "2026-11-01", "2026-11-20"),
        ({"range": "ytd"}, "2026-01-01", "2026-11-20"),
        ({"from": "2026-11-02", "to": "2026-11-09"}, "2026-11-02", "2026-11-09"),
        ({"from": "2026-11-02"}, "2026-11-02", "2026-11-20"),
        ({"to": "2026-11-09"}, "2026-10-11", "2026-11-09"),
        ({"from": "2027-11-02"}, "2027-11-02", "2027-11-02"),
    ],
)
def test_the_days_of_a_range(members: dict[str, str], since: str, until: str) -> None:
    found = query.selection(query.parse(members), UTC, TODAY)
    assert (str(found.since), str(found.until)) == (since, until)


@pytest.mark.parametrize(
    ("members", "today", "since", "until"),
    [
        ({"range": "today"}, TODAY, "2026-11-19", "2026-11-19"),
        ({"range": "7d"}, TODAY, "2026-11-07", "2026-11-13"),
        ({"range": "week"}, TODAY, "2026-11-09", "2026-11-13"),
        ({"range": "month"}, TODAY, "2026-10-01", "2026-10-20"),
        ({"range": "month"}, date(2026, 3, 31), "2026-02-01", "2026-02-28"),
        ({"range": "month"}, date(2026, 1, 5), "2025-12-01", "2025-12-05"),
        ({"range": "ytd"}, TODAY, "2025-01-01", "2025-11-20"),
        ({"range": "ytd"}, date(2028, 2, 29), "2027-01-01", "2027-02-28"),
        ({"from": "2026-11-02", "to": "2026-11-09"}, TODAY, "2026-10-25", "2026-11-01"),
    ],
)
def test_the_period_before(members: dict[str, str], today: date, since: str, until: str) -> None:
    found = query.selection_before(query.parse({**members, "compare": "1"}), UTC, today)
    assert found is not None
    assert (str(found.since), str(found.until)) == (since, until)


def test_the_filters_hold_for_the_period_before_too() -> None:
    asked = query.parse({"compare": "1", "provider": "a", "model": "b"})
    before = query.selection_before(asked, UTC, TODAY)
    assert before is not None
    assert (before.provider, before.model, before.project) == ("a", "b", None)
