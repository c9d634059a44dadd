"""Effort and thinking tokens of real transcripts against the bill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from providers.domain.cost import BilledResponse
from tests.providers.claude.reading import counted

FIXTURES = Path(__file__).parents[3] / "fixtures" / "claude"


def by_effort(responses: Iterable[BilledResponse]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for response in responses:
        sum_ = sums[str(response.context.effort)]
        sum_["responses"] += 1
        sum_["output"] += response.usage.output_tokens
        sum_["reasoning"] += response.usage.reasoning_tokens
    return sums


@pytest.mark.parametrize("scenario", sorted(FIXTURES.glob("2.1.332/*/")), ids=lambda path: path.name)
def test_effort_and_thinking_equal_the_bill(scenario: Path) -> None:
    expected = msgspec.json.decode((scenario / "expected.json").read_bytes(), type=dict[str, object])
    assert by_effort(counted([scenario / "home"])) == expected["by_effort"]
