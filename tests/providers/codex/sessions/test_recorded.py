"""Lines of real sessions: what is said after each, and that it does not depend on how they are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from hypothesis import given
from hypothesis import strategies as st

from providers.codex.sessions.reader import LiveRollout
from providers.live.lines import WholeLines
from providers.sessions import SessionFacts
from tests.providers.codex.logs.test_corpora import scenarios
from tests.providers.codex.sessions.recorded_statuses import RECORDED, table

ROLLOUTS = sorted(RECORDED.glob("*.jsonl"))
each_rollout = pytest.mark.parametrize("rollout", ROLLOUTS, ids=lambda path: path.stem)


def read(lines: list[bytes]) -> SessionFacts:
    reader = LiveRollout()
    for line in lines:
        reader.feed(line)
    return reader.facts


@each_rollout
def test_the_status_after_each_line(rollout: Path) -> None:
    assert table(rollout) == rollout.with_suffix(".txt").read_text()


@each_rollout
def test_what_is_settled_does_not_change_with_older_lines(rollout: Path) -> None:
    """A tail that is long enough says of the present what the whole log says."""
    lines = rollout.read_bytes().splitlines()
    settled = 0
    for end in range(1, len(lines) + 1):
        whole = read(lines[:end])
        for start in range(end):
            facts = read(lines[start:end])
            if not facts.is_settled:
                continue
            settled += 1
            for name in ("turn", "turn_since", "model", "effort", "cwd", "last_at"):
                assert getattr(facts, name) == getattr(whole, name), (start, end, name)
            assert [call for call in facts.calls if not call.in_background or call.asks] == [
                call for call in whole.calls if not call.in_background or call.asks
            ], (start, end)
    assert settled > len(lines) / 2


def corpora() -> list[ParameterSet]:
    """Those whose bill nobody could know, too."""
    return [
        pytest.param(*each.values, id=each.id, marks=[mark for mark in each.marks if mark.name == "skip"])
        for each in scenarios()
    ]


@pytest.mark.parametrize("scenario", corpora())
def test_every_turn_of_old_versions_has_ended(scenario: Path) -> None:
    """A fork by reference has none of its own; 0.98 does not log that a compaction has ended."""
    for rollout in (scenario / "home").rglob("rollout-*.jsonl"):
        facts = read(rollout.read_bytes().splitlines())
        assert facts.calls == ()
        assert facts.turn in ("ended", None) or scenario.name == "compact_local"
        assert facts.session is not None
        assert facts.session in rollout.name


@given(st.sampled_from(ROLLOUTS), st.lists(st.integers(1, 4000), min_size=1, max_size=40))
def test_however_the_bytes_arrive(rollout: Path, cuts: list[int]) -> None:
    text = rollout.read_bytes()
    reader, splitter, place = LiveRollout(), WholeLines(), 0
    for size in [*cuts, len(text)]:
        for line in splitter.feed(text[place : place + size]).split(b"\n")[:-1]:
            reader.feed(line)
        place += size
    assert reader.facts == read(text.splitlines())
