"""Whose responses are those that no log attributes: who was signed in to their home at the time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from providers.domain.cost import BilledResponse, Context, Counter, TokenUsage
from providers.ledger.database import opened, transaction
from providers.ledger.index import home_id
from providers.ledger.ledger import Ledger
from providers.ledger.logins import LoginHistory, SeenLogin, note
from providers.ledger.responses import replace_responses

HOME, OTHER = Path("/home/dev/.codex"), Path("/home/dev/.other")
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def ms(hours: float) -> int:
    return round(at(hours).timestamp() * 1000)


class Seen:
    """A ledger that hears of logins: `see("a", since=-3, now=0)`, in hours around noon."""

    def __init__(self, path: Path) -> None:
        self.path = path / "ledger.sqlite3"

    def see(self, account: str, *, since: float, now: float, home: Path = HOME) -> None:
        with opened(self.path, repair=True) as db, transaction(db):
            note(db, home_id(db, "codex", home), SeenLogin(account, at(since), at(now)))

    def who(self, *hours: float, home: Path = HOME) -> list[str | None]:
        with opened(self.path, repair=True) as db:
            history = LoginHistory(db, "codex")
            return [history.account(home, ms(each)) for each in hours]


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    return Seen(tmp_path)


def test_nobody_was_seen(seen: Seen) -> None:
    assert seen.who(0) == [None]


def test_a_login_holds_from_when_it_was_made_until_it_was_last_seen(seen: Seen) -> None:
    seen.see("a", since=-3, now=0)
    assert seen.who(-3.1, -3, -1, 0, 0.1) == [None, "a", "a", "a", None]
    seen.see("a", since=-1, now=2)  # renewed
    assert seen.who(-3, 0.1, 2, 2.1) == ["a", "a", "a", None]
    with opened(seen.path, repair=True) as db:  # however often it is seen, it takes one row
        assert db.execute("SELECT count(*) FROM logins").fetchone() == (1,)


def test_between_two_accounts_nobody_knows(seen: Seen) -> None:
    seen.see("a", since=-3, now=0)
    seen.see("b", since=5, now=6)
    assert seen.who(0, 1, 4.9, 5, 6) == ["a", None, None, "b", "b"]


def test_a_login_that_claims_to_be_older_than_the_one_before_it_is_believed_from_there_on(seen: Seen) -> None:
    seen.see("a", since=-3, now=0)
    seen.see("b", since=-5, now=1)
    assert seen.who(-4, -1, 0, 1) == [None, "a", "a", "b"]


def test_accounts_may_come_and_go(seen: Seen) -> None:
    seen.see("a", since=0, now=1)
    seen.see("b", since=2, now=3)
    seen.see("a", since=4, now=5)
    assert seen.who(1, 2, 3, 3.5, 4, 5) == ["a", "b", "b", None, "a", "a"]


def test_a_login_from_the_future_begins_now(seen: Seen) -> None:
    seen.see("a", since=9, now=0)
    assert seen.who(0, 1, 9) == ["a", None, None]


def test_each_home_has_its_own(seen: Seen) -> None:
    seen.see("a", since=0, now=1)
    seen.see("b", since=0, now=1, home=OTHER)
    assert (seen.who(0.5), seen.who(0.5, home=OTHER)) == (["a"], ["b"])


def response(hours: float, account: str | None = None, *, beyond: bool = False) -> BilledResponse:
    context = Context(home=HOME, model="gpt-5.5", account=account, not_on_lines=beyond)
    return BilledResponse(ms(hours), round(hours * 100) + 10_000, context, TokenUsage(output_tokens=1))


def stored(seen: Seen, *responses: BilledResponse) -> Ledger:
    with opened(seen.path, repair=True) as db, transaction(db):
        replace_responses(db, "codex", [([1], list(responses))], lambda _: 10**12)
    return Ledger(seen.path)


def test_a_report_tells_the_accounts_of_a_home_apart(seen: Seen) -> None:
    seen.see("a", since=-3, now=0)
    seen.see("b", since=2, now=4)
    ledger = stored(seen, *(response(hours) for hours in (-4, -2, -1, 1, 3)), response(-0.5, "own"))
    day = date(2026, 11, 28)
    made = ledger.report("codex", {HOME: "h"}, since=day, until=day, zone=UTC, now=at(5))
    assert {name: tally.responses for name, tally in made.by_account.items()} == {
        "a": 2,
        "b": 1,
        "own": 1,
        "unknown": 2,
    }


def series(counters: tuple[Counter, ...]) -> dict[tuple[str, int], int]:
    return {(each.account, each.epoch): each.tally.responses for each in counters}


def test_counters_are_kept_by_account(seen: Seen) -> None:
    seen.see("a", since=-3, now=0)
    ledger = stored(seen, response(-2), response(1))
    assert series(ledger.counters()) == {("a", 0): 1, ("", 0): 1}
    stored(seen, response(-2), response(-1), response(1))
    assert series(ledger.counters()) == {("a", 0): 2, ("", 0): 1}


def test_what_was_billed_beyond_the_lines_is_in_no_sum_but_its_own(seen: Seen) -> None:
    ledger = stored(seen, response(-2), response(-1, beyond=True))
    day = date(2026, 11, 28)
    made = ledger.report("codex", {HOME: "h"}, since=day, until=day, zone=UTC, now=at(0))
    assert (made.totals.responses, made.not_on_lines.tally.responses) == (1, 1)
    for sums in (made.by_model, made.by_day[day], made.by_home, made.by_project, made.by_account):
        assert sum(tally.responses for tally in sums.values()) == 1
    assert (made.month_to_date_usd, made.not_on_lines.month_to_date_usd) == (1.0, 1.0)
    assert (made.not_on_lines.tally.usd, made.not_on_lines.unpriced_models) == (1.0, ())
    figures = ledger.home_figures("codex", [HOME], zone=UTC, now=at(0))[HOME]
    assert (figures.today.responses, figures.today.usd) == (2, 2.0)
    assert series(ledger.counters()) == {("", 0): 1}


def test_a_day_of_nothing_but_what_is_on_no_line_is_no_day(seen: Seen) -> None:
    ledger = stored(seen, response(-2, beyond=True))
    day = date(2026, 11, 28)
    made = ledger.report("codex", {HOME: "h"}, since=day, until=day, zone=UTC, now=at(0))
    assert (made.by_day, made.by_session, made.not_on_lines.tally.responses) == ({}, (), 1)
