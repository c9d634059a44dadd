"""What the page answers programs of the person, against what `tankful cost --json` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.tray.faces.page.asking import request, served
from tests.tray.faces.page.ledgers import NOW, LedgerPage, billed
from tray.faces.page.service import PageService

DAY = timedelta(days=1)


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerPage:
    made = LedgerPage(tmp_path)
    made.add(
        "codex",
        [
            billed(NOW - DAY, home=made.codex, tokens=10, project="/work/a", session="s1"),
            billed(NOW - 2 * DAY, "mystery", home=made.codex_2, tokens=20, project="/work/b", effort="high"),
            billed(NOW - 40 * DAY, home=made.codex, tokens=40, project="/work/a"),
        ],
    )
    return made.add("claude", [billed(NOW, "opus-4-8", home=made.claude, tokens=7, session="s2")])


@pytest.fixture
def page(ledger: LedgerPage) -> Iterator[PageService]:
    with served(ledger.scope, ledger.costs) as service:
        assert service.figures.wait(1, 10)
        yield service


def asked(page: PageService, target: str) -> Any:
    answer = request(page, "GET", target)
    assert answer.status == 200, answer.text
    assert answer.header("content-type") == "application/json"
    return json.loads(answer.body)


@pytest.mark.parametrize("by", ["", "week", "month", "project", "effort", "account", "home"])
def test_cost_is_that_of_cost_json(page: PageService, ledger: LedgerPage, by: str) -> None:
    found = asked(page, f"/api/cost?range=30d&zone=UTC&by={by}")
    expected = ledger.cost(ledger.data("range=30d&zone=UTC"), by or "day")
    assert (found["since"], found["until"], found["timezone"]) == ("2026-10-22", "2026-11-20", "UTC")
    assert found["totals"]["total_tokens"] == 37
    for name, provider in found["providers"].items():
        assert provider.keys() >= {"totals", "not_on_lines", "by_model", "by_day", "by_home", "priced"}
        for member, value in provider.items():
            assert value == expected[name][member], member
    assert found["providers"]["codex"]["unpriced_models"] == ["mystery"]
    assert found["providers"]["codex"]["priced"] == "partial"


def test_each_filter_applies(page: PageService) -> None:
    def tokens(filters: str) -> int:
        total: int = asked(page, f"/api/cost?zone=UTC&{filters}")["totals"]["total_tokens"]
        return total

    assert tokens("range=all") == 77
    assert tokens("range=today") == 7
    assert tokens("range=all&provider=codex") == 70
    assert tokens("range=all&project=/work/a") == 50
    assert tokens("range=all&model=mystery") == 20
    assert tokens("range=custom&from=2026-11-18&to=2026-11-19") == 30
    assert asked(page, "/api/cost?range=all&zone=UTC")["since"] == "2026-10-11"
    assert asked(page, "/api/cost?model=nothing")["providers"] == {}


def test_sessions_and_responses(page: PageService) -> None:
    sessions = asked(page, "/api/session-usage?range=7d&zone=UTC&provider=claude")
    assert sessions["total"] == 1
    assert (sessions["sessions"][0]["id"], sessions["sessions"][0]["total_tokens"]) == ("s2", 7)
    responses = asked(page, "/api/responses?range=all&zone=UTC")
    assert [each["total_tokens"] for each in responses["responses"]] == [7, 10, 20, 40]
    assert (responses["total"], responses["older"]) == (4, None)
    older = asked(page, f"/api/responses?range=all&zone=UTC&after={responses['responses'][1]['cursor']}")
    assert [each["total_tokens"] for each in older["responses"]] == [20, 40]
    assert request(page, "GET", "/api/responses?after=nothing").status == 400


@pytest.mark.parametrize(("number", "rows"), [("1", 1), ("2", 0), ("0", 1), ("1.5", 1), ("999999999", 0)])
def test_pages_of_sessions(page: PageService, number: str, rows: int) -> None:
    sessions = asked(page, f"/api/session-usage?range=7d&zone=UTC&provider=claude&page={number}")
    assert (sessions["total"], len(sessions["sessions"])) == (1, rows)


def test_windows_and_usage_of_a_person_without_limits(page: PageService) -> None:
    assert asked(page, "/api/windows?range=30d")["windows"] == []
    assert asked(page, "/api/usage")["providers"] == []


def test_without_the_cookie_there_is_a_sentence_and_no_number(page: PageService) -> None:
    for name in ("usage", "cost", "windows", "sessions", "session-usage", "responses", "ticket"):
        answer = request(page, "GET", f"/api/{name}", cookie=False)
        assert answer.status == 403
        assert json.loads(answer.body).keys() == {"ok", "error"}
