"""Logs that belong together, and one that holds very much: what is counted is what was billed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from providers.ledger.discover import LogFinder
from providers.ledger.resolve import connected
from providers.registry import PROVIDERS
from providers.source import Provider
from tests.bench.families import RESPONSES_EACH, make
from tests.counting import count

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.id)
def provider(request: pytest.FixtureRequest) -> Provider:
    chosen: Provider = request.param
    return chosen


def test_a_family_is_resolved_as_one(provider: Provider, tmp_path: Path) -> None:
    billed = make("family", provider.id, 5, tmp_path, NOW)
    found = count(provider.logs, [tmp_path])
    assert found.files == 6
    assert len(found.responses) == billed.totals.responses == 6 * RESPONSES_EACH
    assert sum(each.usage.total_tokens for each in found.responses) == billed.totals.total
    assert len({each.context.root for each in found.responses}) == 1
    scanner = provider.logs.scanner()
    logs, _ = LogFinder(tmp_path, provider.logs.folders, provider.logs.is_log).find()
    names = {
        number: provider.logs.links(scanner.scan(log.path).observation) for number, log in enumerate(logs)
    }
    assert len(connected(names)) == 1


def test_one_log_of_many_responses(provider: Provider, tmp_path: Path) -> None:
    billed = make("log", provider.id, 300, tmp_path, NOW)
    found = count(provider.logs, [tmp_path])
    assert found.files == 1
    assert len(found.responses) == billed.totals.responses == 300
    assert sum(each.usage.total_tokens for each in found.responses) == billed.totals.total
    assert sum(each.usage.reasoning_tokens for each in found.responses) == billed.totals.reasoning_tokens
