"""What a real Claude Code writes while it works, counted, against what it was served."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.left_behind import at_work
from tests.providers.claude.logs.test_corpora import summed
from tests.providers.claude.logs.test_efforts import by_effort
from tests.providers.claude.reading import counted
from tests.real import claude_sessions
from tests.real.billed_claude import ASIDE
from tests.real.claude_sessions import SCENARIOS, cost_states, in_cost_state, on_lines, sessions
from tests.real.test_claude import NOTES, PACKAGE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")

CLASSES = {
    "input": "inputTokens",
    "cc_5m": "cacheCreationEphemeral5mInputTokens",
    "cc_1h": "cacheCreationEphemeral1hInputTokens",
    "cache_read": "cacheReadInputTokens",
    "output": "outputTokens",
    "web_search": "webSearchRequests",
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_count_equals_the_bill(scenario: str, cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    with sessions(cli(PACKAGE, NOTES), tmp_path / "person") as person:
        SCENARIOS[scenario](person)
        assert at_work(person.folder) == []
    bill = on_lines(person.model.served)
    responses = counted([person.home])
    assert len(responses) == len(bill)
    assert summed(responses) == claude_sessions.by_model(bill)
    assert by_effort(responses) == claude_sessions.by_effort(bill)


def test_an_aside_is_on_no_line(cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    """2.1.80 gave each a file with the answers before it, copied; since 2.1.197 at the latest there is none."""
    with sessions(cli(PACKAGE, NOTES), tmp_path / "person") as person:
        SCENARIOS["asides"](person)
    asides = [response for response in person.model.served if response.purpose == ASIDE]
    assert len(asides) == 2
    assert [person.lines(response.id) for response in asides] == [0, 0]
    assert len(person.logs) == 1


@pytest.mark.parametrize("scenario", ["resumed", "efforts", "agent", "asides"])
def test_its_own_sum_is_what_it_was_served(
    scenario: str, cli: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """The last cost-state of each session holds all processes of it, summaries, titles and asides too."""
    with sessions(cli(PACKAGE, NOTES), tmp_path / "person") as person:
        SCENARIOS[scenario](person)
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for log in person.logs:
        for model, usage in (cost_states(log) or [{"modelUsage": {}}])[-1]["modelUsage"].items():
            for name, member in CLASSES.items():
                sums[model][name] += usage[member]
    assert sums == claude_sessions.by_model(in_cost_state(person.model.served))


def test_a_killed_process_is_in_no_later_sum(cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    with sessions(cli(PACKAGE, NOTES), tmp_path / "person") as person:
        SCENARIOS["killed"](person)
    (log,) = person.logs
    one, _, three = (response.usage["input_tokens"] for response in on_lines(person.model.served))
    states = cost_states(log)
    model = on_lines(person.model.served)[0].model
    assert {state["startTime"] for state in states} == {states[0]["startTime"]}
    assert [state["modelUsage"][model]["inputTokens"] for state in states] == [one, one, one + three]


def test_a_fork_carries_on_from_its_parents_sum(cli: Callable[[str, str], Path], tmp_path: Path) -> None:
    with sessions(cli(PACKAGE, NOTES), tmp_path / "person") as person:
        SCENARIOS["forked"](person)
    one, two, summary, three, four = (response.usage["input_tokens"] for response in person.model.served)
    sums = [
        [next(iter(state["modelUsage"].values()))["inputTokens"] for state in cost_states(log)]
        for log in person.logs
    ]
    assert sorted(sums) == sorted(
        [[one, one + summary, one + summary + three], [one + two, one + two + four]]
    )
    started = {state["startTime"] for log in person.logs for state in cost_states(log)}
    assert len(started) == 1
