"""What windows came to, in Debian's Chromium: the limits tab, budgets and a chosen project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from providers.domain.limits import UsageSnapshot
from tests.real.browser import context
from tests.tray.faces.page.asking import served
from tests.tray.faces.page.ledgers import NOW, LedgerPage
from tests.tray.faces.page.test_project_fit import PROJECT, some_sessions
from tray.engine.publish import SnapshotFile
from tray.engine.state import State
from tray.faces.page.service import PageService

SETTINGS = "[budget]\nweek = 30\n"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PageService]:
    made = LedgerPage(tmp_path, settings=SETTINGS)
    snapshot = UsageSnapshot(generated_at=NOW, accounts=(some_sessions(made),))
    state = State(settings=made.scope.settings(), snapshot=snapshot)
    SnapshotFile(made.scope.folders.state, "tray", clock=made.scope.clock)(state, state)
    with served(made.scope, made.costs) as found:
        assert found.figures.wait(1, 60)
        yield found


@pytest.fixture
def page(browser: Browser, service: PageService) -> Iterator[Page]:
    with context(browser) as opened:
        found = opened.new_page()
        found.goto(service.address)
        yield found


def table(page: Page, caption: str) -> list[list[str]]:
    """The texts of its rows, with the first cell."""
    rows = page.locator("table", has=page.locator("caption", has_text=caption)).locator("tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in rows.all()]


def test_what_one_percent_is_worth(page: Page, service: PageService) -> None:
    page.goto(f"{service.place.origin}/?tab=limits&range=all")
    rows = table(page, "By past windows")
    assert [row[0] for row in rows] == ["5h", "Weekly"]  # all of one model
    assert rows[1][1].startswith("≈ $")
    number, unit = rows[1][3].split()
    assert float(number) * {"K": 1e3, "M": 1e6}[unit] == pytest.approx(1e6, rel=0.1)
    assert int(rows[1][5]) >= 3


def test_whether_a_session_of_the_chosen_project_fits(page: Page, service: PageService) -> None:
    page.goto(f"{service.place.origin}/?tab=projects&range=all&project={PROJECT}")
    rows = table(page, "Of what is left of each limit now")
    assert [row[0] for row in rows] == ["Codex · 5h", "Codex · Weekly"]
    assert rows[1][2].startswith("9")
    page.goto(f"{service.place.origin}/?tab=projects&range=all")
    page.get_by_role("heading", name="Projects").first.wait_for()
    assert table(page, "Of what is left of each limit now") == []


def test_what_became_of_the_weekly_budget(page: Page, service: PageService) -> None:
    page.goto(f"{service.place.origin}/?tab=usage&range=all")
    rows = table(page, "Past periods, newest first")
    assert len(rows) >= 4
    assert {row[1] for row in rows[1:-1]} == {"exceeded"}
    assert all(row[2].startswith("≈ $") and row[3].endswith(" %") for row in rows[1:-1])
