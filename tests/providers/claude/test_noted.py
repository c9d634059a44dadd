from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from providers.claude.noted import NotedLimits
from providers.domain.limits import Identity, Reading
from providers.source import Question, Source
from tests.fake_anthropic import ACCOUNT, NOW, SECRETS, config, make_home, noted, question, usage
from tests.homes import SECRETS as HOME_SECRETS
from tests.providers.codex.test_auth import json_values
from tests.providers.conformance import SourceConformance

HOUR = timedelta(hours=1)


def read(folder: Path, about: object, **changes: Any) -> Reading | None:
    return NotedLimits().read(question(make_home(folder, about=about), **changes))


class TestConformance(SourceConformance):
    secrets = (*SECRETS, *HOME_SECRETS)

    @pytest.fixture
    def source(self) -> Source:
        return NotedLimits()

    @pytest.fixture
    def question(self, tmp_path: Path) -> Question:
        return question(make_home(tmp_path, about=noted(usage(), NOW)))


def test_what_claude_code_cached(tmp_path: Path) -> None:
    reading = read(tmp_path, noted(usage(), NOW - HOUR))
    assert reading is not None
    assert [(w.id, w.used_percent) for w in reading.windows] == [
        ("session", 37.4),
        ("weekly", 61.9),
        ("model:sonnet:weekly", 12.0),
    ]
    assert (reading.source, reading.fetched_at) == ("noted", NOW - HOUR)
    assert reading.spend is not None
    assert reading.speaks_for == {"windows", "spend"}


@pytest.mark.parametrize(
    ("at", "account", "identity", "found"),
    [
        (NOW - HOUR, ACCOUNT, Identity(account_id=ACCOUNT), True),
        (NOW - HOUR, ACCOUNT, Identity(account_id="other"), False),
        (NOW - HOUR, ACCOUNT, Identity(), False),
        (NOW - HOUR, None, Identity(), True),
        (NOW - 25 * HOUR, None, Identity(), False),
        (NOW - 23 * HOUR, ACCOUNT, Identity(account_id=f"{ACCOUNT}/any"), True),
        (NOW - 25 * HOUR, ACCOUNT, Identity(account_id=f"{ACCOUNT}/any"), False),
        (NOW + timedelta(minutes=4), ACCOUNT, Identity(account_id=ACCOUNT), True),
        (NOW + timedelta(minutes=6), ACCOUNT, Identity(account_id=ACCOUNT), False),
    ],
)
def test_whose_it_is_and_how_old(
    tmp_path: Path, at: Any, account: str | None, identity: Identity, *, found: bool
) -> None:
    reading = read(tmp_path, noted(usage(), at, account), identity=identity)
    assert (reading is not None) is found
    if reading is not None:
        assert reading.fetched_at == min(at, NOW)


@pytest.mark.parametrize(("days", "found"), [(8, True), (9, False)])
def test_an_old_cache_is_ignored(tmp_path: Path, days: int, *, found: bool) -> None:
    at = NOW - timedelta(days=days)
    assert (read(tmp_path, noted(usage(), at), account_since=NOW - 365 * 24 * HOUR) is not None) is found


@pytest.mark.parametrize("about", [config(), {}, [], b"", b"{torn", noted({}, NOW), noted(None, NOW)])
def test_where_there_is_none(tmp_path: Path, about: object) -> None:
    assert read(tmp_path, about) is None


def test_without_a_file(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    (tmp_path / ".claude.json").unlink()
    assert NotedLimits().read(question(home)) is None
    assert NotedLimits().unavailable(question(home)) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(json_values, json_values)
def test_any_value_is_a_reading_or_none(tmp_path: Path, answer: object, at: object) -> None:
    for kept in (
        {"fetchedAtMs": at, "utilization": usage()},
        {"fetchedAtMs": NOW.timestamp() * 1000, "utilization": answer},
        {"fetchedAtMs": NOW.timestamp() * 1000, "accountUuid": at, "utilization": usage(limits=answer)},
        answer,
    ):
        reading = read(tmp_path, config(cachedUsageUtilization=kept))
        assert reading is None or reading.fetched_at <= NOW
