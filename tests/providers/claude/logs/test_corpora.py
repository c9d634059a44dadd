"""Real transcripts against the bill: what the API served while Claude Code wrote them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from _pytest.mark import ParameterSet

from providers.domain.cost import BilledResponse
from tests.providers.claude.reading import counted

FIXTURES = Path(__file__).parents[3] / "fixtures" / "claude"
SHARED = Path(__file__).parents[5] / "shared"
CORPORA = ("corpora", "corpora-2026-11")

Sums = dict[str, dict[str, int]]


class Recoverable(msgspec.Struct):
    by_model: Sums
    by_date: dict[str, Sums]


class Expected(msgspec.Struct):
    """`recoverable` is the part of the bill that the transcripts contain."""

    recoverable: Recoverable


def scenarios() -> list[ParameterSet]:
    if not SHARED.is_dir():
        absent = pytest.mark.skip(reason="no shared corpora beside the repo")
        return [pytest.param(SHARED, id="shared", marks=absent)]
    found = sorted(path for name in CORPORA for path in (SHARED / name / "claude").glob("*/expected.json"))
    return [pytest.param(path.parent, id=path.parent.name) for path in found]


def summed(responses: Iterable[BilledResponse]) -> Sums:
    sums: Sums = defaultdict(lambda: defaultdict(int))
    for response in responses:
        usage, sum_ = response.usage, sums[str(response.context.model)]
        sum_["input"] += usage.input_tokens
        sum_["cc_5m"] += usage.cache_write_tokens - usage.cache_write_1h_tokens
        sum_["cc_1h"] += usage.cache_write_1h_tokens
        sum_["cache_read"] += usage.cache_read_tokens
        sum_["output"] += usage.output_tokens
        sum_["web_search"] += response.web_searches
    return sums


def check(home: Path, expected: Path) -> None:
    bill = msgspec.json.decode(expected.read_bytes(), type=Expected).recoverable
    responses = counted([home])
    by_date: dict[str, list[BilledResponse]] = defaultdict(list)
    for response in responses:
        by_date[response.at.date().isoformat()].append(response)
    assert summed(responses) == bill.by_model
    assert {day: summed(those) for day, those in by_date.items()} == bill.by_date
    assert len({response.key for response in responses}) == len(responses)


@pytest.mark.parametrize("scenario", sorted(FIXTURES.glob("*/*/")), ids=lambda path: path.name)
def test_the_fixtures_equal_the_bill(scenario: Path) -> None:
    check(scenario / "home", scenario / "expected.json")


@pytest.mark.parametrize("scenario", scenarios())
def test_the_shared_corpora_equal_the_bill(scenario: Path) -> None:
    check(scenario, scenario / "expected.json")


def test_subagents_belong_to_the_session_that_the_person_started() -> None:
    (scenario,) = FIXTURES.glob("*/subagents")
    responses = counted([scenario / "home"])
    roots = {response.context.root for response in responses}
    agents = {response.context.session for response in responses} - roots
    assert roots == {"dfa8003c-ce0d-4320-8a3f-38a81f2e67d3", "702aea09-6f6d-44f3-b5ab-b3b26b69034c"}
    assert agents == {"adb3e2a7af0650012", "ae6db65f5808e485d", "a39745339075cc647", "a615038181109fcb8"}
    assert {response.context.project for response in responses} == {"-home-user-work"}
