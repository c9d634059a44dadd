"""The rules that all of Codex's sources share."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.codex import limits
from providers.domain.limits import ResetCredits
from tests.homes import NOW
from tests.providers.codex.test_auth import json_values

WEEKLY = limits.window(30, 10_080, None, NOW)


@pytest.mark.parametrize(
    ("metered", "shown_as", "ident", "title"),
    [
        (
            "codex_bengalfox",
            "GPT-5.3-Codex-Spark",
            "model:codex_bengalfox:weekly",
            "GPT-5.3-Codex-Spark Weekly",
        ),
        ("Codex Other", None, "model:codex-other:weekly", "codex-other Weekly"),
        (None, "Größe 2.0", "model:gr-e-2.0:weekly", "Größe 2.0 Weekly"),
        ("a:b", "c", "model:c:weekly", "c Weekly"),
    ],
)
def test_a_models_window(metered: str | None, shown_as: str | None, ident: str, title: str) -> None:
    assert WEEKLY is not None
    found = limits.of_model(WEEKLY, metered, shown_as)
    assert found is not None
    assert (found.id, found.title, found.used_percent) == (ident, title, 30)
    assert found.scope != "account"


@given(json_values | st.text(), json_values | st.text())
def test_any_name_of_a_model_is_an_id_or_none(metered: Any, shown_as: Any) -> None:
    assert WEEKLY is not None
    found = limits.of_model(WEEKLY, metered, shown_as)
    if found is not None:
        assert re.fullmatch(r"model:[a-z0-9_.-]+:weekly", found.id)
        assert found.title.isprintable()


@pytest.mark.parametrize(
    ("minutes", "ident"), [(300, "session"), (43_200, "monthly"), (1440, "1440"), (None, "unknown")]
)
def test_what_a_part_of_an_account_has_is_called_by_its_length(minutes: int | None, ident: str) -> None:
    found = limits.window(5, minutes, None, NOW)
    assert found is not None
    assert limits.of_code_review(found).id == f"code_review:{ident}"


@pytest.mark.parametrize(("remaining", "used"), [(68, 32), (100, 0), (0, 100), (-5.5, 105.5)])
def test_a_cap_has_what_remains(remaining: float, used: float) -> None:
    found = limits.individual(remaining, (NOW + timedelta(days=9)).timestamp(), NOW)
    assert found is not None
    assert (found.id, found.used_percent, found.resets_at) == ("individual", used, NOW + timedelta(days=9))


@pytest.mark.parametrize("remaining", [101, -10_001, float("nan"), float("inf")])
def test_a_cap_that_is_none(remaining: float) -> None:
    assert limits.individual(remaining, None, NOW) is None


def test_the_next_of_the_resets_to_lapse() -> None:
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=2)
    expiries = [
        later.timestamp(),
        soon.isoformat(),
        "2026-11-19T00:00:00",
        NOW.timestamp(),
        "soon",
        1e300,
        None,
        True,
    ]
    assert limits.reset_credits(3, expiries, NOW) == ResetCredits(available=3, expires_at=soon)
    assert limits.reset_credits(0, expiries, NOW) == ResetCredits(available=0)
    naive = (NOW + timedelta(hours=1)).replace(tzinfo=None).isoformat()
    assert limits.reset_credits(1, [naive], NOW).expires_at == NOW + timedelta(hours=1)


@given(json_values, st.lists(json_values | st.datetimes().map(datetime.isoformat), max_size=4))
def test_any_resets_are_some_or_none(available: Any, expiries: list[Any]) -> None:
    try:
        found = limits.reset_credits(available, expiries, NOW)
    except ValueError:
        return
    assert found.available == available
    assert found.expires_at is None or found.expires_at > NOW


@given(json_values | st.text() | st.decimals())
def test_any_amount_is_a_number_or_none(raw: Any) -> None:
    try:
        value = limits.amount(raw)
    except ValueError:
        return
    assert value is None or (value.is_finite() and abs(value) <= Decimal(10) ** 15)
    assert value is None or len(f"{value:f}") < 200


def test_an_amount_that_would_fill_the_screen_is_none() -> None:
    assert limits.amount(0.1 + 0.2 - 0.3) == Decimal("5.551115123125783e-17")
    for raw in ("1e-999999", f"0.{'3' * 999}"):
        with pytest.raises(ValueError, match="few places"):
            limits.amount(raw)
