"""The sums equal those of the ledger's own report."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from providers.ledger.database import opened, transaction
from providers.ledger.ledger import Ledger
from providers.ledger.responses import replace_responses
from providers.ledger.rollup.rollup import Rollup
from providers.ledger.rollup.selection import Selection
from tests.providers.ledger.test_report import BERLIN, HOME, LABELS, NOW, OTHER, TODAY, response


def test_equal_the_report(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    responses = [
        response(key=1, tokens=3),
        response(key=2, at=NOW - timedelta(days=1, hours=11), tokens=5, model="mystery"),
        response(key=3, home=OTHER, tokens=7, session="one", project="/work"),
        response(key=3, home=HOME, tokens=7, session="one", project="/work"),
    ]
    with opened(file) as db, transaction(db):
        replace_responses(
            db, "codex", [([1], responses)], lambda each: None if each.context.model == "mystery" else 10**12
        )
    ledger, rollup = Ledger(file), Rollup()
    ledger.load(rollup, {"codex": LABELS})
    since = date(2026, 11, 1)
    report = ledger.report("codex", LABELS, since=since, until=TODAY, zone=BERLIN, now=NOW)
    chosen = Selection(zone=BERLIN, since=since, until=TODAY)
    assert rollup.tallies(chosen) == {(): report.totals}
    assert rollup.tallies(chosen, ("model",)) == {(name,): each for name, each in report.by_model.items()}
    assert rollup.tallies(chosen, ("home",)) == {(name,): each for name, each in report.by_home.items()}
    assert rollup.tallies(chosen, ("day", "model")) == {
        (day, name): each for day, models in report.by_day.items() for name, each in models.items()
    }


def test_after_it_is_warm_no_question_adds_up_days(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    responses = [response(key=number, at=NOW - timedelta(days=number), session="one") for number in range(40)]
    with opened(file) as db, transaction(db):
        replace_responses(db, "codex", [([1], responses)], lambda _: 10**12)
    rollup = Rollup()
    Ledger(file).load(rollup, {"codex": LABELS})
    rollup.warm(BERLIN)
    days = rollup._tables.days
    spent = days.seconds
    for since in (None, TODAY - timedelta(days=29)):
        chosen = Selection(zone=BERLIN, since=since, until=TODAY)
        assert sum(each.responses for each in rollup.tallies(chosen, ("day", "model")).values()) > 25
        rollup.tallies(chosen, ("weekday", "part_of_day"))
        assert rollup.session_counts(chosen, ("day",))
    assert days.seconds == spent > 0
