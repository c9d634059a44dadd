"""Real rollouts against the bill: what the backend served while Codex wrote them."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from _pytest.mark import ParameterSet
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.codex.logs import wire
from providers.codex.logs.format import Rollouts
from providers.codex.logs.reader import RolloutReader
from providers.domain.cost import BilledResponse
from providers.logs import Checkpoint, Observed
from tests.counting import count, read_log

FIXTURES = Path(__file__).parents[3] / "fixtures" / "codex"
SHARED = Path(__file__).parents[5] / "shared"
CORPORA = ("corpora", "corpora-2026-11")

# Codex 0.151-0.152 restarts its counters at a resume, and no line says so: a first answer of the same size as the
# last one before it cannot be told from a repeat.
UNKNOWABLE = {"0.152.1/resume_same_usage"}


def scenarios() -> list[ParameterSet]:
    found = []
    for folder in (SHARED / name / "codex" for name in CORPORA):
        for expected in sorted(folder.glob("*/*/expected.json")):
            name = expected.parent.relative_to(folder).as_posix()
            marks = [pytest.mark.xfail(strict=True)] if name in UNKNOWABLE else []
            found.append(pytest.param(expected.parent, id=name, marks=marks))
    return found or [
        pytest.param(SHARED, id="shared", marks=pytest.mark.skip(reason="no shared corpora beside the repo"))
    ]


def add(sums: dict[str, int], response: BilledResponse) -> None:
    usage = response.usage
    sums["responses"] += 1
    sums["input_tokens"] += usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    sums["cached_input_tokens"] += usage.cache_read_tokens
    sums["cache_write_input_tokens"] += usage.cache_write_tokens
    sums["output_tokens"] += usage.output_tokens
    sums["reasoning_output_tokens"] += usage.reasoning_tokens


def sums(responses: Iterable[BilledResponse]) -> dict[str, object]:
    total: dict[str, int] = defaultdict(int)
    by_model: Mapping[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    by_date: Mapping[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    by_both: Mapping[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    by_effort: Mapping[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for response in responses:
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


def counted(home: Path) -> dict[str, object]:
    return sums(count(Rollouts(), [home]).responses)


def check(found: Mapping[str, object], scenario: Path) -> None:
    """By what the bill knows: it was not always made with a look at the effort."""
    bill = msgspec.json.decode((scenario / "expected.json").read_bytes())["in_rollouts"]
    assert set(bill) >= {"total", "by_model", "by_date_utc", "by_date_model_utc"}
    assert found == {name: bill.get(name, found[name]) for name in found}


def rollouts(home: Path) -> list[Path]:
    return sorted(path for path in home.rglob("rollout-*") if path.is_file())


def own_scenarios() -> list[ParameterSet]:
    return [
        pytest.param(path.parent, id=path.parent.relative_to(FIXTURES).as_posix())
        for path in sorted(FIXTURES.glob("*/*/expected.json"))
    ]


@pytest.mark.parametrize("scenario", own_scenarios())
def test_the_fixtures_equal_the_bill(scenario: Path) -> None:
    check(counted(scenario / "home"), scenario)


@pytest.mark.parametrize("scenario", scenarios())
def test_the_shared_corpora_equal_the_bill(scenario: Path) -> None:
    check(counted(scenario / "home"), scenario)


@pytest.mark.parametrize("scenario", [*own_scenarios(), *scenarios()])
def test_logs_that_are_read_while_they_grow_equal_the_bill(scenario: Path, tmp_path: Path) -> None:
    """A third of each, then two thirds, cut within a line, then all; the last log first."""
    scanner, observed = Rollouts().scanner(), list[Observed]()
    for path in reversed(rollouts(scenario / "home")):
        content, growing = path.read_bytes(), tmp_path / path.name
        if path.suffix == ".zst":
            shutil.copy(path, growing)
            observed.append(Observed(tmp_path, scanner.scan(str(growing)).observation))
            continue
        checkpoint = None
        for thirds in (1, 2, 3):
            growing.write_bytes(content[: len(content) * thirds // 3])
            scan = scanner.scan(str(growing), checkpoint)
            assert scan.same_log
            checkpoint = Checkpoint(scan.offset, scan.fingerprint, scan.skipped, scan.observation)
        observed.append(Observed(tmp_path, scan.observation))
    check(sums(Rollouts().resolve(observed).responses), scenario)


def lines_of(path: Path) -> list[bytes]:
    lines: list[bytes] = []
    read_log(str(path), wire.UNWANTED, lambda line: lines.append(bytes(line)))
    return lines


def in_pieces(path: Path, lines: Sequence[bytes], cuts: Iterable[int]) -> bytes:
    """The observation after a scan that began anew at each cut."""
    observation, start = None, 0
    for stop in (*sorted(cuts), len(lines)):
        reader = RolloutReader(str(path), observation)
        for line in lines[start:stop]:
            reader.take(line)
        observation, start = reader.observation(), stop
    assert observation is not None
    return observation


LOGS = {
    scenario.values[0]: [(path, lines_of(path)) for path in rollouts(Path(str(scenario.values[0])) / "home")]
    for scenario in own_scenarios()
}


@settings(deadline=None)
@given(st.data())
def test_order_pieces_and_twins_change_nothing(data: st.DataObject) -> None:
    scenario, logs = data.draw(st.sampled_from(list(LOGS.items())))
    observed = []
    for path, lines in data.draw(st.permutations(logs)):
        for _ in range(data.draw(st.integers(1, 2))):
            cuts = data.draw(st.lists(st.integers(0, len(lines)), max_size=4))
            observed.append(Observed(Path("home"), in_pieces(path, lines, cuts)))
    check(sums(Rollouts().resolve(observed).responses), Path(str(scenario)))
