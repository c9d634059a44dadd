"""Real rollouts against the bill: what the backend served while Codex wrote them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from _pytest.mark import ParameterSet

from providers.codex.logs.format import Rollouts
from providers.domain.cost import BilledResponse
from tests.counting import count

FIXTURES = Path(__file__).parents[3] / "fixtures" / "codex"
SHARED = Path(__file__).parents[5] / "shared" / "corpora" / "codex"

# Codex 0.151-0.152 restarts its counters at a resume, and no line says so: a first answer of the same size as the
# last one before it cannot be told from a repeat.
UNKNOWABLE = {"0.152.1/resume_same_usage"}


def scenarios() -> list[ParameterSet]:
    if not SHARED.is_dir():
        return [
            pytest.param(
                SHARED, id="shared", marks=pytest.mark.skip(reason="no shared corpora beside the repo")
            )
        ]
    found = []
    for expected in sorted(SHARED.glob("*/*/expected.json")):
        name = expected.parent.relative_to(SHARED).as_posix()
        marks = [pytest.mark.xfail(strict=True)] if name in UNKNOWABLE else []
        found.append(pytest.param(expected.parent, id=name, marks=marks))
    return found


def add(sums: dict[str, int], response: BilledResponse) -> None:
    usage = response.usage
    sums["responses"] += 1
    sums["input_tokens"] += usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    sums["cached_input_tokens"] += usage.cache_read_tokens
    sums["cache_write_input_tokens"] += usage.cache_write_tokens
    sums["output_tokens"] += usage.output_tokens
    sums["reasoning_output_tokens"] += usage.reasoning_tokens


def counted(home: Path) -> dict[str, object]:
    total: dict[str, int] = defaultdict(int)
    by_model: Mapping[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    by_date: Mapping[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    by_both: Mapping[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    by_effort: Mapping[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for response in count(Rollouts(), [home]).responses:
        day = response.at.date().isoformat()
        add(total, response)
        add(by_model[str(response.context.model)], response)
        add(by_effort[str(response.context.effort)], response)
        add(by_date[day], response)
        add(by_both[f"{day} {response.context.model}"], response)
    return {
        "total": total,
        "by_model": by_model,
        "by_effort": by_effort,
        "by_date_utc": by_date,
        "by_date_model_utc": by_both,
    }


def check(home: Path, expected: Path) -> None:
    """By what the bill knows: it was not always made with a look at the effort."""
    bill = msgspec.json.decode(expected.read_bytes())["in_rollouts"]
    count_ = counted(home)
    assert set(bill) >= {"total", "by_model", "by_date_utc", "by_date_model_utc"}
    assert count_ == {name: bill.get(name, count_[name]) for name in count_}


@pytest.mark.parametrize("scenario", sorted(FIXTURES.glob("*/*/")), ids=lambda path: path.name)
def test_the_fixtures_equal_the_bill(scenario: Path) -> None:
    if not (scenario / "expected.json").exists():
        pytest.skip("not a corpus")
    check(scenario / "home", scenario / "expected.json")


@pytest.mark.parametrize("scenario", scenarios())
def test_the_shared_corpora_equal_the_bill(scenario: Path) -> None:
    check(scenario / "home", scenario / "expected.json")
