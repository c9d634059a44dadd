"""What a person sees before any log is counted: why, and what to do, instead of figures that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.tray.faces.page.ledgers import LedgerPage, billed
from tray.faces.page.figures import CountStatus
from tray.faces.page.render import Pages
from tray.faces.page.sections import SECTIONS, TABS
from tray.faces.page.start import start_of
from tray.faces.page.status import status_of
from tray.faces.page.whole_file import whole
from tray.view import format as fmt

WITH_FIGURES = {each.tab for each in SECTIONS if each.figures}


def test_no_logs_at_all(tmp_path: Path) -> None:
    made = LedgerPage(tmp_path)
    data = made.data("tab=overview&zone=UTC")
    start = start_of(data)
    assert start is not None
    assert start.sentence == "No logs of Codex or Claude were found."
    labels = [label for homes in made.homes.values() for label in homes.values()]
    assert len(labels) == 3
    assert start.remedy.startswith(f"tankful looks for them in {fmt.some(labels, 3)}. ")
    assert (start.link, start.address) == ("Add another folder", "/?tab=prices&zone=UTC")


@pytest.mark.parametrize("tab", TABS)
def test_it_stands_once_instead_of_all_figures(tab: str, tmp_path: Path) -> None:
    made = LedgerPage(tmp_path)
    text = Pages().page(made.data(f"tab={tab}"))
    assert text.count("No logs of Codex or Claude were found.") == (tab in WITH_FIGURES)
    assert tab not in WITH_FIGURES or "was used in these days" not in text
    made.add("codex", [billed(home=made.codex, tokens=5)])
    text = Pages().page(made.data(f"tab={tab}&range=7d"))
    assert "No logs of" not in text
    assert all(
        f'id="{each.name}-title"' in text for each in SECTIONS if each.tab == tab and each.name == "totals"
    )


def test_logs_of_other_days_are_logs(tmp_path: Path) -> None:
    made = LedgerPage(tmp_path)
    made.add("claude", [billed(home=made.claude, tokens=5)])
    assert start_of(made.data("range=custom&from=2025-01-01&to=2025-01-02&provider=codex")) is None


def test_while_the_first_count_runs(tmp_path: Path) -> None:
    data = replace(LedgerPage(tmp_path).data(), count=CountStatus(share=0.23, is_first=True))
    text = Pages().page(data)
    assert "Counting all logs, the newest first: <span data-progress-text>23 %</span>" in text
    assert "The figures grow until it is done." in text
    assert "The logs are being counted for the first time." in text
    assert "were found" not in text


def test_a_later_count_says_nothing_of_growing_figures(tmp_path: Path) -> None:
    made = LedgerPage(tmp_path)
    made.add("codex", [billed(home=made.codex)])
    status = status_of(replace(made.data(), count=CountStatus(share=0.5)))
    assert (status.counting, status.grows) == ("Counting new log lines:", "")


def test_a_count_that_failed_is_not_a_home_without_logs(tmp_path: Path) -> None:
    data = replace(LedgerPage(tmp_path).data(), count=CountStatus(problem="The disk is full."))
    start = start_of(data)
    assert start is not None
    assert (start.sentence, start.address) == ("No logs are counted yet.", "")


def test_the_file_says_it_once(tmp_path: Path) -> None:
    assert whole(Pages(), LedgerPage(tmp_path).data()).count("No logs of Codex or Claude were found.") == 1
