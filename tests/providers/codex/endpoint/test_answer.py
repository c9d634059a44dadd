"""The limits in an answer of the usage endpoint: every place and shape that they were met in."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from providers.domain.errors import NotSignedIn, NotUnderstood
from providers.domain.limits import Credits, Reading
from tests.fake_chatgpt import WEEK, usage, window
from tests.homes import auth, make_home
from tests.providers.codex.endpoint.test_source import CAP, read

LATER = 1_796_083_200
SHARED = {"limit": "5000", "used": "3400", "used_percent": 68, "remaining_percent": 32, "reset_at": LATER}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_home(tmp_path / "codex")


def used(reading: Reading) -> dict[str, float]:
    return {window.id: window.used_percent for window in reading.windows}


@pytest.mark.parametrize("place", ["", "rate_limit", "spend_control", "credits"])
@pytest.mark.parametrize(
    "changes", [{}, {"remaining_percent": None}, {"remaining_percent": None, "used_percent": "32"}]
)
@pytest.mark.parametrize("spelt", ["reset_at", "resets_at"])
def test_a_personal_cap_wherever_it_stands(
    folder: Path, place: str, changes: dict[str, Any], spelt: str
) -> None:
    cap: dict[str, Any] = {**CAP, "reset_at": None, **changes, spelt: LATER}
    content = usage(spend_control={"reached": False})
    (content[place] if place else content)["individual_limit"] = cap
    reading = read(folder, content)
    assert used(reading) == {"session": 37, "weekly": 62, "individual": 32}
    assert reading.windows[-1].resets_at == datetime.fromtimestamp(LATER, UTC)
    assert reading.dropped == ()
    assert reading.speaks_for == {"windows", "credits", "spend"}


def test_a_bad_cap_beside_a_good_one_is_named(folder: Path) -> None:
    reading = read(folder, usage(individual_limit={"limit": "none"}, spend_control={"individual_limit": CAP}))
    assert used(reading)["individual"] == 32
    assert (reading.dropped, "spend" in reading.speaks_for) == (("individual_limit",), False)


@pytest.mark.parametrize(
    ("more", "ident", "title", "percent"),
    [
        (
            {"spend_control": {"workspace_shared_limit": SHARED}},
            "workspace_shared_limit:unknown",
            "Workspace shared limit",
            68,
        ),
        (
            {"spend_control": {"group_default_limit": {"group_name": "n", "details": SHARED}}},
            "group_default_limit:unknown",
            "Group default limit",
            68,
        ),
        (
            {"monthly_credit_limit": SHARED},
            "monthly_credit_limit:unknown",
            "Monthly credit limit",
            68,
        ),
        (
            {"cloud_tasks_rate_limit": {"primary_window": window(9, WEEK), "secondary_window": None}},
            "cloud_tasks:weekly",
            "Cloud tasks Weekly",
            9,
        ),
        ({"images": window(9, 2_592_000)}, "images:monthly", "Images Monthly", 9),
    ],
)
def test_limits_with_a_key_of_their_own_are_shown_under_it(
    folder: Path, more: dict[str, Any], ident: str, title: str, percent: float
) -> None:
    reading = read(folder, usage(rate_limit=None, **more))
    (found,) = reading.windows
    assert (found.id, found.title, found.used_percent, found.scope) == (ident, title, percent, "feature")
    assert reading.dropped == ()


def test_a_third_window_is_the_accounts_by_its_length(folder: Path) -> None:
    content = usage()
    content["rate_limit"]["tertiary_window"] = window(9, 2_592_000)
    assert used(read(folder, content)) == {"session": 37, "weekly": 62, "monthly": 9}


@pytest.mark.parametrize(
    ("key", "length", "ident", "title"),
    [
        ("monthly_limit", 2_592_000, "monthly", "Monthly"),
        ("monthly_usage_limit", 30.4 * 86_400, "monthly", "Monthly"),
        ("daily_window", 86_340, "window:1440", "1d"),
        ("workspace_monthly_limit", 2_592_000, "workspace_monthly_limit:monthly", "Workspace monthly limit"),
        ("workspace_rate_limit", 2_592_000, "workspace:monthly", "Workspace Monthly"),
        ("monthly_limit", None, "monthly_limit:unknown", "Monthly limit"),
    ],
)
def test_a_key_of_a_length_alone_names_no_feature(
    folder: Path, key: str, length: float | None, ident: str, title: str
) -> None:
    reading = read(folder, usage(rate_limit=None, **{key: window(40, 0) | {"limit_window_seconds": length}}))
    assert [(found.id, found.title, found.used_percent) for found in reading.windows] == [(ident, title, 40)]


@pytest.mark.parametrize(
    "reset", [{"reset_at": 10**30}, {"resets_at": "soon"}, {"reset_after_seconds": -5}, {"reset_at": True}]
)
def test_a_reset_that_is_none_is_named(folder: Path, reset: dict[str, Any]) -> None:
    sent = {"used_percent": 5, "limit_window_seconds": 18_000, **reset}
    reading = read(folder, usage(rate_limit={"primary_window": sent, "secondary_window": None}))
    assert [(found.id, found.resets_at) for found in reading.windows] == [("session", None)]
    assert reading.dropped == ("rate_limit.primary_window.reset",)
    assert "windows" in reading.speaks_for


@pytest.mark.parametrize("place", ["", "rate_limit", "spend_control"])
def test_a_cap_without_a_limit_is_no_cap(folder: Path, place: str) -> None:
    cap = {"limit": None, "used": "12", "remaining_percent": None, "reset_at": 0}
    content = usage()
    content["spend_control"] = {"reached": False}
    (content[place] if place else content)["individual_limit"] = cap
    reading = read(folder, content)
    assert (used(reading), reading.dropped) == ({"session": 37, "weekly": 62}, ())
    assert {"windows", "spend"} <= reading.speaks_for


def test_what_else_limits_a_model_is_shown_or_named(folder: Path) -> None:
    limit = {"primary_window": None, "secondary_window": None, "tertiary_window": window(9, 2_592_000)}
    model = {"limit_name": "GPT-X", "metered_feature": "codex_x", "rate_limit": limit}
    reading = read(folder, usage(additional_rate_limits=[model | {"budget": {"limit": 5, "used": 4}}]))
    assert used(reading) == {"session": 37, "weekly": 62, "model:codex_x:monthly": 9}
    assert reading.dropped == ("additional_rate_limits[0].*",)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"budgets": [{"name": "x", "used_percent": 9}]}, "budgets"),
        ({"edu": {"pool": {"inner": {"remaining_percent": 9}}}}, "edu"),
        ({"edu": {"utilization": 0.96}}, "edu"),
        ({"bad key \x1b[2J": {"used_percent": 9}}, "*"),
        ({"spend_control": {"role-budget": SHARED}}, "spend_control.*"),
    ],
)
def test_limits_in_an_unknown_shape_are_named(folder: Path, more: dict[str, Any], named: str) -> None:
    reading = read(folder, usage(**more))
    assert used(reading) == {"session": 37, "weekly": 62}
    assert reading.dropped == (named,)
    assert "windows" not in reading.speaks_for


def test_credits_are_read_beside_limits_in_an_unknown_shape(folder: Path) -> None:
    reading = read(folder, usage(rate_limit=None, budgets=[{"remaining_percent": 4}]))
    assert (reading.windows, reading.credits, reading.dropped) == (
        (),
        Credits(balance=Decimal("150.5")),
        ("budgets",),
    )
    assert reading.speaks_for == {"credits"}


def test_what_limits_nothing_is_passed_over(folder: Path) -> None:
    """Members of a live answer of September 2026."""
    model = {"available": True, "available_at": None, "credits_would_enable": False}
    more = {
        "model_usage": {"gpt-6-astra": model},
        "rate_limit_reached_type": None,
        "promo": {"used_percent": 5},
        "spend_control": {"reached": False, "individual_limit": None},
        "rate_limit_reset_credits": {"available_count": 0, "applicable_available_count": 0},
    }
    reading = read(folder, usage(**more))
    assert used(reading) == {"session": 37, "weekly": 62}
    assert (reading.dropped, reading.limit_reached) == ((), False)
    assert reading.speaks_for == {"windows", "credits", "spend", "resets"}


def test_a_key_that_is_our_token_is_put_nowhere(tmp_path: Path) -> None:
    home = make_home(tmp_path / "codex", auth(access_token="opaque_token_1"))
    reading = read(home, usage(opaque_token_1={"used_percent": 5}))
    assert "opaque_token_1" not in repr(reading)
    assert reading.dropped == ("*",)


@pytest.mark.parametrize(
    "content",
    [
        usage(rate_limit={"primary_window": {"used_percent": "much"}, "secondary_window": None}),
        usage(rate_limit={"primary_window": {"used_percent": -3}, "secondary_window": {}}),
        usage(rate_limit=7),
        usage(rate_limit=None, individual_limit={"limit": "none"}),
    ],
)
def test_an_answer_whose_windows_are_all_lost_is_not_understood(folder: Path, content: object) -> None:
    with pytest.raises(NotUnderstood, match="unknown format") as caught:
        read(folder, content)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("more", "reached", "carries_on"),
    [
        ({}, False, True),
        ({"rate_limit_reached_type": {"type": "rate_limit_reached"}}, True, True),
        ({"rate_limit_reached_type": {"type": "workspace_member_credits_depleted"}}, True, False),
        ({"rate_limit_reached_type": "workspace_owner_usage_limit_reached"}, True, False),
        ({"spend_control": {"reached": True}}, True, False),
        ({"spend_limit_reached": True}, False, False),
        ({"credits": {"has_credits": True, "balance": "9", "overage_limit_reached": True}}, False, False),
        ({"ordinary_usage_allowed": False}, True, True),
    ],
)
def test_whether_credits_carry_on(
    folder: Path, more: dict[str, Any], reached: bool, carries_on: bool
) -> None:
    reading = read(folder, usage(**more))
    assert reading.credits is not None
    assert (reading.limit_reached, reading.credits.carries_on) == (reached, carries_on)


@pytest.mark.parametrize(
    "ids",
    [
        {"account_id": "acct-1"},
        {"account_id": "user-1", "user_id": "user-1"},
        {"account_id": "user-2", "user_id": "user-1"},
        {"account_id": None},
        {"account_id": 7},
    ],
)
def test_this_accounts_answer_may_name_it_otherwise(folder: Path, ids: dict[str, Any]) -> None:
    assert len(read(folder, usage(**ids)).windows) == 2


@pytest.mark.parametrize("user", ["user-1", None])
def test_an_answer_about_another_account_is_refused(folder: Path, user: str | None) -> None:
    with pytest.raises(NotSignedIn, match="another account's limits"):
        read(folder, usage(account_id="acct-2", user_id=user))
