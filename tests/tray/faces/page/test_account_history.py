"""What the account's own pages come to on the page."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.domain.account_pages import AccountPages, CreditDay, CreditsHistory, UsageBreakdown
from providers.domain.limits import AccountUsage
from tests.tray.faces.page.ledgers import LedgerPage
from tests.tray.faces.page.limit_histories import NOW, account, published
from tools.example_states import account_pages
from tray.faces.page.sections import account_history
from tray.faces.page.sections.account_history import AccountHistories, AccountHistoryPart

PAGES = account_pages()
ADA = account(pages=PAGES)
BOB = account("e5f6a7b8", "claude")
CREDITS, SURFACES, MODELS, WINDOWS = range(4)


class Figures(HTMLParser):
    """The rows of the tables of a chart, as text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False
        self.feed(markup)

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data


def build(folder: Path, *usages: AccountUsage, address: str = "tab=limits") -> AccountHistories | None:
    return account_history.build(LedgerPage(folder).data(address, published(*usages)))


def parts(folder: Path, pages: AccountPages) -> tuple[AccountHistoryPart, ...]:
    built = build(folder, account(pages=pages))
    assert built is not None
    (shown,) = built.accounts
    return shown.parts


def test_each_page_of_each_account_with_any(tmp_path: Path) -> None:
    built = build(tmp_path, ADA, BOB)
    assert built is not None
    (shown,) = built.accounts
    assert shown.account == "Codex · Pro"
    assert [part.title for part in shown.parts] == [
        "Credits history",
        "Usage by surface",
        "Usage by model",
        "Past windows",
    ]
    assert shown.purchase.startswith("https://chatgpt.com/")


def test_the_figures_of_a_chart_are_those_of_the_page(tmp_path: Path) -> None:
    assert PAGES.credits_history is not None
    rows = Figures(parts(tmp_path, PAGES)[CREDITS].chart).rows
    assert rows[0] == ["Day", "CLI", "Web", "Total, credits"]
    figures = {row[0]: row[-1] for row in rows[1:]}
    assert len(figures) == 14
    assert figures["Fri 20 Nov 2026"] == "14.75"
    assert figures["Wed 18 Nov 2026"] == "0", "a day without an event"
    used = sum(day.credits for day in PAGES.credits_history.days)
    assert sum(float(text) for text in figures.values()) == pytest.approx(used)


def test_a_day_that_the_vendor_does_not_name_is_unknown_in_the_breakdown(tmp_path: Path) -> None:
    rows = Figures(parts(tmp_path, PAGES)[SURFACES].chart).rows
    figures = {row[0]: row[-1] for row in rows[1:]}
    assert figures["Wed 18 Nov 2026"] == "unknown"
    assert figures["Thu 19 Nov 2026"] == "36"


def test_what_was_given_back_is_in_the_figures_and_draws_nothing(tmp_path: Path) -> None:
    day = NOW.date()
    history = CreditsHistory(
        source="oauth",
        fetched_at=NOW,
        days=(
            CreditDay(day=day, surfaces={"cli": -5.0}),
            CreditDay(day=day - timedelta(days=1), surfaces={"cli": 7.0, "web": -2.0}),
        ),
    )
    chart = parts(tmp_path, AccountPages(credits_history=history))[CREDITS].chart
    assert [row[-1] for row in Figures(chart).rows[1:]] == ["-5", "5"]
    assert 'height="-' not in chart


def test_models_are_added_up_in_credits_alone(tmp_path: Path) -> None:
    table = parts(tmp_path, PAGES)[MODELS].table
    assert table is not None
    assert [[cell.shown for cell in row] for row in table.rows] == [
        ["gpt-6-sol", "standard", "199.5 credits", "70 %"],
        ["gpt-5.5", "fast", "85.5 credits", "30 %"],
    ]
    assert PAGES.usage_breakdown is not None
    shares: UsageBreakdown = replace(PAGES.usage_breakdown, units="percent")
    by_day = parts(tmp_path, replace(PAGES, usage_breakdown=shares))[MODELS].table
    assert by_day is not None
    assert [cell.shown for cell in by_day.rows[0]] == ["Thu 19 Nov", "gpt-6-sol", "standard", "25.2 %"]


def test_past_windows_are_a_table(tmp_path: Path) -> None:
    part = parts(tmp_path, PAGES)[WINDOWS]
    assert part.table is not None
    assert [[cell.shown for cell in row][:3] for row in part.table.rows] == [
        ["16 Nov – 23 Nov (so far)", "42 %", "Pro"],
        ["9 Nov – 16 Nov", "100 %", "Pro"],
        ["2 Nov – 9 Nov", "85 %", "Pro"],
        ["26 Oct – 2 Nov", "1 %", "Pro"],
    ]
    assert part.note.startswith("counted until ")


def test_age_and_losses_are_noted(tmp_path: Path) -> None:
    assert PAGES.credits_history is not None
    old = replace(PAGES.credits_history, fetched_at=NOW - timedelta(days=2), dropped=3)
    note = parts(tmp_path, AccountPages(credits_history=old))[CREDITS].note
    assert note.endswith("last read 2 d ago, 3 rows could not be read")


@pytest.mark.parametrize(
    "address", ["provider=claude", "account=e5f6a7b8", "model=gpt-5.5", "project=x", "home=~/elsewhere"]
)
def test_a_filter_for_something_else_leaves_nothing(tmp_path: Path, address: str) -> None:
    assert build(tmp_path, ADA, BOB, address=f"tab=limits&{address}") is None


def test_without_pages_there_is_no_section(tmp_path: Path) -> None:
    assert build(tmp_path, BOB) is None
    assert account_history.build(LedgerPage(tmp_path).data("tab=limits")) is None


@pytest.mark.parametrize(
    "damage", [7, {}, {"days": 1}, {"days": [{"date": "0001-01-01", "surfaces": {"a": 1}}]}]
)
def test_a_damaged_snapshot_is_no_fault(tmp_path: Path, damage: object) -> None:
    usage = published(ADA)
    usage["providers"][0]["credits_history"] = damage
    account_history.build(LedgerPage(tmp_path).data("tab=limits", usage))


def test_a_day_long_ago_makes_no_endless_chart(tmp_path: Path) -> None:
    days = tuple(
        CreditDay(day=day, surfaces={"cli": 1.0}) for day in (NOW.date(), NOW.date().replace(year=1))
    )
    history = CreditsHistory(source="oauth", fetched_at=NOW, days=days)
    chart = parts(tmp_path, AccountPages(credits_history=history))[CREDITS].chart
    assert len(Figures(chart).rows) < 100
