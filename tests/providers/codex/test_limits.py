"""The rules that all of Codex's sources share."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.codex import limits
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
    ("minutes", "ident", "title", "length"),
    [
        (300, "session", "5h", 300),
        (299, "session", "5h", 300),
        (306, "session", "5h", 300),
        (307, "window:307", "307m", 307),
        (10_080, "weekly", "Weekly", 10_080),
        (10_079, "weekly", "Weekly", 10_080),
        (604_740 / 60, "weekly", "Weekly", 10_080),
        (9_800, "window:9800", "9800m", 9_800),
        (43_200, "monthly", "Monthly", 43_200),
        (28 * 1_440, "monthly", "Monthly", 40_320),
        (730 * 60, "monthly", "Monthly", 43_800),
        (31 * 1_440, "monthly", "Monthly", 44_640),
        (31 * 1_440 + 60, "monthly", "Monthly", 44_640),
        (27 * 1_440, "window:38880", "27d", 38_880),
        (1_439, "window:1440", "1d", 1_440),
        (180, "window:180", "3h", 180),
        (0, "window:unknown", "Limit", None),
        (None, "window:unknown", "Limit", None),
        (float("nan"), "window:unknown", "Limit", None),
        (-300, "window:unknown", "Limit", None),
        (1e12, "window:unknown", "Limit", None),
    ],
)
def test_the_name_of_a_length(minutes: float | None, ident: str, title: str, length: int | None) -> None:
    found = limits.window(5, minutes, None, NOW)
    assert found is not None
    assert (found.id, found.title) == (ident, title)
    assert found.duration == (None if length is None else timedelta(minutes=length))


@pytest.mark.parametrize(
    ("minutes", "ahead", "kept"),
    [
        (300, timedelta(hours=5), True),
        (299, timedelta(hours=5, minutes=5), True),
        (300, timedelta(hours=5, minutes=5, seconds=1), False),
        (300, timedelta(hours=19), False),
        (10_080, timedelta(days=7, minutes=5), True),
        (10_080, timedelta(days=7, hours=1), False),
        (43_200, timedelta(days=31), True),
        (43_200, timedelta(days=32), False),
        (None, timedelta(days=400), True),
        (None, timedelta(days=401), False),
        (300, -timedelta(days=1), True),
        (300, -timedelta(days=401), False),
    ],
)
def test_no_window_refills_later_than_its_length(
    minutes: float | None, ahead: timedelta, *, kept: bool
) -> None:
    found = limits.window(5, minutes, NOW + ahead, NOW)
    assert found is not None
    assert found.resets_at == (NOW + ahead if kept else None)


@pytest.mark.parametrize(
    ("minutes", "key", "ident", "title"),
    [
        (10_080, "code_review_rate_limit", "code_review:weekly", "Code review Weekly"),
        (1_440, "code_review_rate_limit", "code_review:1440", "Code review 1d"),
        (None, "workspace_shared_limit", "workspace_shared_limit:unknown", "Workspace shared limit"),
    ],
)
def test_what_has_a_key_of_its_own_is_called_by_it(
    minutes: int | None, key: str, ident: str, title: str
) -> None:
    found = limits.window(5, minutes, None, NOW)
    assert found is not None
    named = limits.of_feature(found, key)
    assert (named.id, named.title, named.scope) == (ident, title, "feature")


def test_windows_of_unknown_length_are_not_the_same() -> None:
    first, second, third = (limits.window(used, None, None, NOW) for used in (30, 50, 40))
    spark = limits.of_model(first, "x", None) if first else None
    assert first
    assert second
    assert third
    assert spark
    found = limits.one_of_each([first, second, third, spark, replace(spark, used_percent=7)])
    assert [(window.id, window.title, window.used_percent) for window in found] == [
        ("window:unknown", "Limit", 30),
        ("window:unknown-2", "Limit 2", 50),
        ("window:unknown-3", "Limit 3", 40),
        ("model:x:unknown", "x Limit", 30),
        ("model:x:unknown-2", "x Limit 2", 7),
    ]
    assert {window.scope for window in found[:3]} == {"account"}


def test_of_windows_of_one_length_the_tightest_stays() -> None:
    loose, tight = limits.window(30, 300, None, NOW), limits.window(70, 299, None, NOW)
    assert loose
    assert tight
    assert limits.one_of_each([loose, tight]) == (tight,)


@pytest.mark.parametrize(
    ("ident", "shown_as", "own"),
    [
        (None, None, True),
        ("codex", None, True),
        ("premium", None, True),
        ("premium", "", True),
        ("premium", "GPT-5.3-Codex-Spark", False),
        ("codex_bengalfox", "GPT-5.3-Codex-Spark", False),
        ("codex_bengalfox", None, False),
        ({"new": "shape"}, None, False),
        (7, None, False),
    ],
)
def test_whose_limits_they_are(ident: Any, shown_as: Any, own: bool) -> None:
    assert limits.is_of_account(ident, shown_as) is own
