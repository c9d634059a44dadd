"""What live sessions used, of logs as both CLIs write them: the same as in a report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from providers.domain.cost import Detail, SessionCost, Tally
from providers.domain.session_figures import AskedSession, SessionKey
from providers.ledger.changes import Shelf
from providers.ledger.ledger import Ledger
from providers.ledger.prices.load import load_rates
from providers.live.ledger_costs import LedgerCosts
from providers.registry import PROVIDERS
from tests.bench.make_logs import FORM_332, make

T = TypeVar("T")
DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ALL = date(2026, 1, 1)


class CountingLedger(Ledger):
    questions = 0

    def read(self, question: Callable[..., T], otherwise: T) -> T:
        self.questions += 1
        return super().read(question, otherwise)


@pytest.fixture(params=["codex", FORM_332])
def counted(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[CountingLedger, str, Path]:
    provider = request.param.partition(" ")[0]
    home = tmp_path / provider
    make(request.param, 1_500_000, 30, home, until=DAY)
    ledger = CountingLedger(tmp_path / "ledger.sqlite3")
    logs = next(each.logs for each in PROVIDERS if each.id == provider)
    ledger.refresh([Shelf(provider=provider, home=home, format=logs)], load_rates())
    return ledger, provider, home


def reported(ledger: Ledger, provider: str, home: Path) -> tuple[SessionCost, ...]:
    detail = Detail(groups=frozenset({"session"}))
    return ledger.report(
        provider, {home: "home"}, since=ALL, until=DAY, zone=UTC, now=NOW, detail=detail
    ).by_session


def usd(tally: Tally) -> float:
    assert tally.usd is not None
    return tally.usd


def asked(provider: str, home: Path, session: str) -> AskedSession:
    """With the logs that have its id in their names, as those of its subagents do or are below it."""
    logs = [path for path in home.rglob("*.jsonl") if session in str(path)]
    return AskedSession(key=SessionKey(provider, home, session), logs=tuple(logs))


def test_a_session_uses_what_its_report_says(counted: tuple[CountingLedger, str, Path]) -> None:
    ledger, provider, home = counted
    sessions = reported(ledger, provider, home)
    assert len(sessions) > 10
    found = LedgerCosts(ledger).figures([asked(provider, home, each.id) for each in sessions], NOW)
    by_id = {key.id: each for key, each in found.items()}
    assert by_id.keys() == {each.id for each in sessions}
    for each in sessions:
        of = by_id[each.id]
        assert of.tally.usage.output_tokens >= each.tally.usage.output_tokens
        assert usd(of.tally) == pytest.approx(usd(of.own) + sum(map(usd, of.subagents.values())))
        assert usd(of.tally) >= usd(each.tally) - 1e-9
        assert len(of.subagents) >= each.subagents
    # What a CLI says that it was billed beyond its lines is on top of the report's sessions.
    total = ledger.report(provider, {home: "home"}, since=ALL, until=DAY, zone=UTC, now=NOW)
    shown = usd(total.totals) + usd(total.not_on_lines.tally)
    assert sum(usd(each.tally) for each in by_id.values()) == pytest.approx(shown)


def test_the_ledger_is_asked_again_only_when_it_was_written(
    counted: tuple[CountingLedger, str, Path],
) -> None:
    ledger, provider, home = counted
    one, two = (asked(provider, home, each.id) for each in reported(ledger, provider, home)[:2])
    costs = LedgerCosts(ledger, [home.parent / "ledger.sqlite3", home.parent / "ledger.sqlite3-wal"])
    first = costs.figures([one], NOW)
    assert costs.figures([one], NOW) == first
    assert ledger.questions == 1
    assert len(costs.figures([one, two], NOW)) == 2
    assert ledger.questions == 2
    ledger.counters()
    costs.figures([one, two], NOW)
    assert ledger.questions == 3
    assert costs.counted_at is not None


def test_before_anything_was_counted_nothing_is_known(tmp_path: Path) -> None:
    costs = LedgerCosts(Ledger(tmp_path / "ledger.sqlite3"), [tmp_path / "ledger.sqlite3"])
    assert costs.figures([asked("codex", tmp_path, "a")], NOW) == {}
    assert costs.counted_at is None
