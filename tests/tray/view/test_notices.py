"""What notices say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from providers.domain.limits import (
    Account,
    Credits,
    EarlyReset,
    ResetCredits,
    Sourced,
    UsageError,
)
from tests.tray.engine.budget_states import cost
from tests.tray.engine.notices.states import HOUR, MINUTE, NOW, SESSION_ENDS, WEEK_ENDS, ZONE, Life, window
from tray.engine.notices.kinds import KINDS
from tray.engine.notices.notice import Notice
from tray.engine.notices.occasion import Occasion
from tray.view import notices

NEXT_SESSION = SESSION_ENDS + timedelta(hours=5)


def said(life: Life, after: timedelta = MINUTE) -> Notice:
    """The notice that is due in a minute."""
    found = life.look(after)
    assert found.show
    return notices.notice(found.key, found.show, life.state, life.now, ZONE)


def test_spent() -> None:
    life = Life()
    life.change(session=100)
    assert said(life) == Notice(
        key="a1b2c3d4",
        kind="spent",
        title="Codex: the 5h limit is used up",
        body="Usable again at 15:00.",
        urgency="critical",
        provider="codex",
        account="a1b2c3d4",
        window="session",
        remaining_percent=0.0,
        resets_at=SESSION_ENDS,
    )


def test_a_spent_week() -> None:
    life = Life()
    life.change(weekly=100)
    notice = said(life)
    assert notice.title == "Codex: the weekly limit is used up"
    assert notice.body == "Usable again on Mon 13:00."


def test_spent_where_credits_take_over_stops_no_work() -> None:
    life = Life()
    lane = Sourced(value=Credits(balance=Decimal(9)), source="oauth", fetched_at=NOW)
    life.usage = replace(life.usage, credits=lane)
    life.change(session=100)
    notice = said(life)
    assert notice.urgency == "normal"
    assert notice.body == "Credits are used instead. Resets at 15:00, in 1 h 59 m."


def test_a_spent_model() -> None:
    life = Life(others=(window("model:opus:weekly", 5, WEEK_ENDS),))
    life.others = (window("model:opus:weekly", 100, WEEK_ENDS),)
    notice = said(life)
    assert notice.title == "Codex: Opus Weekly is used up"
    assert notice.body == "Resets on Mon 13:00, in 2 d 23 h."
    assert notice.urgency == "normal"


def test_usable_again() -> None:
    life = Life()
    life.change(session=100)
    life.look(MINUTE)
    life.session = window("session", 0, NEXT_SESSION)
    notice = said(life, 3 * HOUR)
    assert (notice.title, notice.body) == ("Codex: usable again", "5h 100 % left · Weekly 70 % left.")
    assert notice.window == "session"


def test_little_is_left() -> None:
    life = Life()
    life.change(session=92.4)
    notice = said(life)
    assert notice.title == "Codex: 7 % of the 5h limit left"
    assert notice.body == "Resets at 15:00, in 1 h 59 m. At this pace it runs out at 13:16."
    assert notice.remaining_percent is not None
    assert round(notice.remaining_percent, 1) == 7.6


def test_what_is_used_by_setting() -> None:
    life = Life(settings={"display.used": True})
    life.change(session=92.4)
    assert said(life).title == "Codex: 93 % of the 5h limit used"


def test_it_runs_out() -> None:
    life = Life(now=SESSION_ENDS - 4 * HOUR, session=10, settings={})
    life.change(session=35)
    notice = said(life)
    assert notice.title == "Codex: the 5h limit will run out early"
    assert notice.body == "At this pace it runs out at 12:54, 2 h 6 m before its reset at 15:00."


def test_the_login() -> None:
    life = Life()
    life.usage = replace(life.usage, login_ends_at=NOW + 20 * HOUR)
    notice = said(life)
    assert notice.title == "Codex: the login expires soon"
    assert notice.body == "It expires on Sat 09:00; sign in again before then."
    expired = UsageError(
        kind="login_expired", message="ChatGPT rejected your login.", remedy="Run `codex` once."
    )
    life.usage = replace(life.usage, error=expired)
    life.look(MINUTE)
    notice = said(life, HOUR)
    assert notice.title == "Codex: the login has expired"
    assert notice.body == "ChatGPT rejected your login. Run `codex` once."


def test_signed_out() -> None:
    life = Life()
    life.usage = replace(life.usage, key="home-a", account=None)
    life.look(MINUTE)
    notice = said(life, HOUR)
    assert (notice.title, notice.body) == ("Codex: signed out", "Sign in again with its CLI.")
    assert notice.account is None


def test_resets_by_setting() -> None:
    life = Life(settings={"notify.early_reset": True, "notify.reset_credit": True, "notify.runs_out": False})
    early = EarlyReset(window="weekly", at=life.now, refilled=True, resets_at=WEEK_ENDS)
    life.usage = replace(life.usage, early_resets=(early,))
    life.look()
    assert said(life, 15 * MINUTE).title == "Codex: the weekly limit was reset early"
    moved = EarlyReset(window="session", at=life.now, refilled=False, resets_at=SESSION_ENDS)
    life.usage = replace(life.usage, early_resets=(early, moved))
    life.look()
    assert said(life, 15 * MINUTE).title == "Codex: the reset time of the 5h limit has changed"
    unused = ResetCredits(available=1, expires_at=NOW + 3 * HOUR)
    life.usage = replace(life.usage, resets=Sourced(value=unused, source="oauth", fetched_at=NOW))
    notice = said(life)
    assert (notice.title, notice.body) == ("Codex: an unused reset expires soon", "It expires at 16:00.")


def test_several_are_one_and_two_accounts_of_a_provider_are_told_apart() -> None:
    life = Life()
    other = replace(
        life.usage,
        key="0badcafe",
        home_ids=("home-b",),
        homes=("~/.codex-work",),
        account=Account(id="0badcafe", email="work@example.com"),
    )

    def two(used: float) -> None:
        at = life.now + MINUTE
        lane = Sourced(value=window("weekly", used, WEEK_ENDS), source="oauth", fetched_at=at)
        life.more = (replace(other, windows=(lane,)),)

    two(10)
    life.look(MINUTE)
    two(95)
    life.change(session=100)
    notice = said(life)
    assert notice.title == "Codex (dev@example.com): the 5h limit is used up"
    assert notice.body == "Usable again at 15:00.\nCodex (work@example.com): 5 % of the weekly limit left."
    life.settings = {"notify.runs_out": False, "display.hide_email": True}
    two(100)
    assert said(life).title == "Codex (~/.codex-work): the weekly limit is used up"


def test_hostile_names_stay_on_their_line() -> None:
    nasty = "Op\x1b[31mus\n\u202e" + "x" * 500
    life = Life(others=(replace(window("model:opus:weekly", 5, WEEK_ENDS), title=nasty),))
    life.others = (replace(window("model:opus:weekly", 100, WEEK_ENDS), title=nasty),)
    notice = said(life)
    assert notice.title.isprintable()
    assert len(notice.title) <= 120


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_every_kind_has_words_of_its_own(kind: str) -> None:
    life = Life(session=95)
    occasion = Occasion(kind=kind, account="a1b2c3d4", window="session", usage=life.usage, limit=life.session)
    notice = notices.notice("a1b2c3d4", (occasion,), life.state, life.now, ZONE)
    assert ("limit left" in notice.title) == kind.startswith("at_")
    assert notice.title.startswith("Codex: ")
    assert notice.kind == kind


DAY_BUDGET = {"budget.day": "20 USD", "notify.runs_out": False}


@pytest.mark.parametrize(
    ("settings", "usd", "title", "body"),
    [
        (
            DAY_BUDGET,
            16.4,
            "The daily budget is nearly used up",
            "Used so far: ≈ $16.40 of $20.00 at API prices. Resets at midnight.",
        ),
        (
            {**DAY_BUDGET, "budget.month": "30 USD"},
            25.0,
            "The daily budget is used up",
            (
                "Used so far: ≈ $25.00 of $20.00 at API prices. Resets at midnight.\n"
                "The monthly budget is nearly used up."
            ),
        ),
        (
            {**DAY_BUDGET, "budget.day": None, "budget.week": "20 USD"},
            25.0,
            "The weekly budget is used up",
            "Used so far: ≈ $25.00 of $20.00 at API prices. Resets on Monday.",
        ),
        (
            {**DAY_BUDGET, "budget.day": None, "budget.month": "20 USD"},
            25.0,
            "The monthly budget is used up",
            "Used so far: ≈ $25.00 of $20.00 at API prices. Resets on 1 Dec.",
        ),
        (
            DAY_BUDGET,
            12.0,
            "The daily budget will be exceeded",
            "Used so far: ≈ $12.00 of $20.00 at API prices; at this rate it will reach ≈ $21.82 by midnight.",
        ),
    ],
)
def test_a_budget_in_dollars(settings: dict[str, Any], usd: float, title: str, body: str) -> None:
    day = NOW.date()
    life = Life(settings=settings, costs={"a": cost(day, 0.0)})
    life.change(costs={"a": cost(day, usd, month=usd)})
    found = next(found for found in (life.look(MINUTE), life.look(11 * MINUTE)) if found.show)
    notice = notices.notice(found.key, found.show, life.state, life.now, ZONE)
    assert (notice.title, notice.body) == (title, body)
    assert (notice.urgency, notice.account, notice.provider) == ("normal", None, "")


def test_a_budget_that_is_a_share_of_the_week() -> None:
    life = Life(settings={"budget.week": "50%", "notify.runs_out": False})
    life.change(weekly=51)
    notice = said(life)
    assert notice.title == "Codex: the weekly budget is used up"
    assert notice.body == "Used so far: 51 of 50 % of the weekly limit. Resets on Mon 13:00."
    assert notice.account == "a1b2c3d4"
