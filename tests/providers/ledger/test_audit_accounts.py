"""What is counted of each session alone, and of each day of an account."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from providers.domain.audit import UsedTokens
from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.domain.limits import RateWindow, Sourced
from providers.ledger import history
from providers.ledger.audit_accounts import AccountsUse, first_heard
from providers.ledger.database import opened, transaction
from providers.ledger.ledger import Ledger
from providers.ledger.responses import replace_responses

HOME, OTHER = Path("/home/dev/.codex"), Path("/home/dev/.other")
MIDNIGHT = datetime(2026, 11, 28, tzinfo=UTC)
THE_27TH, THE_28TH = date(2026, 11, 27), date(2026, 11, 28)
USD = 2


def response(
    hours: float,
    session: str | None = "s",
    root: str | None = None,
    account: str | None = "a",
    home: Path = HOME,
) -> BilledResponse:
    """Of 1,111 tokens, so many hours after midnight."""
    context = Context(
        home=home, model="gpt-5.5", session=session, root=root, account=account, project="/work"
    )
    at_ms = round((MIDNIGHT + timedelta(hours=hours)).timestamp() * 1000)
    return BilledResponse(at_ms, round(hours * 1000) + 10**6, context, TokenUsage(1, 10, 100, 0, 1000, 0))


def use_of(folder: Path, *responses: BilledResponse) -> AccountsUse:
    path = folder / "ledger.sqlite3"
    with opened(path, repair=True) as db, transaction(db):
        replace_responses(db, "codex", [([1], list(responses))], lambda _: USD * 10**12)
    use = Ledger(path).accounts_use("codex", [HOME, OTHER])
    assert use is not None
    return use


def test_a_session_without_its_subagents(tmp_path: Path) -> None:
    use = use_of(
        tmp_path,
        *(response(hours) for hours in (-1, 1, 30)),
        *(response(hours, "sub", root="s") for hours in (1.5, 2.5)),
        response(3, None),
    )
    assert use.threads.keys() == {"s", "sub"}
    own, sub = use.threads["s"], use.threads["sub"]
    assert own.use.whole == UsedTokens(3 * 1111, 3 * USD)
    assert (own.subagents, sub.subagents) == (2 * 1111, 0)
    assert sub.use.whole == UsedTokens(2 * 1111, 2 * USD)
    assert own.use.last_at == MIDNIGHT + timedelta(hours=30)
    assert (own.home, own.account, own.use.project) == (str(HOME), "a", "/work")


def test_days_are_those_of_utc(tmp_path: Path) -> None:
    use = use_of(tmp_path, *(response(hours) for hours in (-0.001, 0, 23.999)), response(1, None))
    days = use.days_of("a")
    assert {day: each.whole.tokens for day, each in days.items()} == {THE_27TH: 1111, THE_28TH: 3 * 1111}
    assert {each.project for each in days.values()} == {None}


def test_days_of_an_account(tmp_path: Path) -> None:
    """What is nobody's by the logs is of the only account that there is."""
    nobodys = response(1, account=None)
    alone = use_of(tmp_path / "1", response(0), nobodys, response(-1, account=None))
    assert {day: each.whole.tokens for day, each in alone.days_of("a").items()} == {
        THE_27TH: 1111,
        THE_28TH: 2222,
    }
    assert alone.days_of("b") == {}
    several = use_of(tmp_path / "2", response(0), nobodys, response(2, account="b", home=OTHER))
    assert {day: each.whole.tokens for day, each in several.days_of("a").items()} == {THE_28TH: 1111}


def test_a_response_in_two_homes_counts_once(tmp_path: Path) -> None:
    use = use_of(tmp_path, response(1), response(1, home=OTHER))
    assert use.threads["s"].use.whole.tokens == 1111
    assert use.days_of("a")[THE_28TH].whole.tokens == 1111


def test_no_ledger(tmp_path: Path) -> None:
    assert Ledger(tmp_path / "ledger.sqlite3").accounts_use("codex", [HOME]) is None


def test_when_an_account_was_first_heard_of(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with opened(path, repair=True) as db:
        assert first_heard(db, "a") is None
        for hours in (5, 2, 9):
            at = MIDNIGHT + timedelta(hours=hours)
            window = RateWindow(id=f"window:{hours}", title="w", used_percent=hours, resets_at=None)
            with transaction(db):
                history.note(db, "a", Sourced(value=window, source="oauth", fetched_at=at), at)
        assert first_heard(db, "a") == MIDNIGHT + timedelta(hours=2)
        assert first_heard(db, "b") is None
