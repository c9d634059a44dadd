"""What a real Claude Code writes while it works, counted, against what it was served."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from providers.domain.cost import CostReport
from providers.host.files import Folders
from tests.left_behind import at_work
from tests.providers.claude.logs.test_corpora import summed
from tests.providers.claude.logs.test_efforts import by_effort
from tests.providers.claude.reading import counted, everything
from tests.real import claude_sessions
from tests.real.billed_claude import ASIDE, HOOK, SEARCHES, SUMMARY, TITLE, TURN, Served
from tests.real.claude_sessions import BESIDE, SCENARIOS, cost_states, in_cost_state, on_lines, sessions
from tests.real.test_claude import NOTES, PACKAGE
from tray.engine.costs import Costs
from tray.engine.scope import Scope

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")

BILLED_BESIDE = {
    "searched": {SEARCHES},
    "compacted_by_itself": {SUMMARY, TITLE},
    "judged": {HOOK},
    "killed_at_first": {ASIDE},
    "asides": {ASIDE, SUMMARY},
    "forked": {SUMMARY},
}
"""What each scenario must have been served without a line for it."""

RATES = {
    "input_tokens": 4.0,
    "cache_read_input_tokens": 1.0,
    "cache_creation_input_tokens": 5.0,
    "output_tokens": 16.0,
}
PRICES = """[[price]]
model = "claude-*"
input = 4.0
cache_read = 1.0
cache_write = 5.0
cache_write_1h = 8.0
output = 16.0
web_search = 10.0
"""
HOUR = 8.0 - RATES["cache_creation_input_tokens"]
SEARCH_USD = 0.01

CLASSES = {
    "input": "inputTokens",
    "cc_5m": "cacheCreationEphemeral5mInputTokens",
    "cc_1h": "cacheCreationEphemeral1hInputTokens",
    "cache_read": "cacheReadInputTokens",
    "output": "outputTokens",
    "web_search": "webSearchRequests",
}


@pytest.mark.parametrize("scenario", SCENARIOS | BESIDE)
def test_lines_and_what_is_on_none_equal_the_bill(
    scenario: str, cli: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """In tokens and USD: all that was served but the request by which the program learns of its quota."""
    with sessions(cli(PACKAGE, NOTES), tmp_path / "person") as person:
        (SCENARIOS | BESIDE)[scenario](person)
        assert at_work(person.folder) == []
    assert {response.purpose for response in person.model.served} >= BILLED_BESIDE.get(scenario, {TURN})
    bill = in_cost_state(person.model.served)
    assert summed(everything([person.home])) == claude_sessions.by_model(bill)
    report = reported(person.home, tmp_path / "own")
    parts = report.totals, report.not_on_lines.tally
    assert sum(part.usd or 0.0 for part in parts) == pytest.approx(sum(map(usd, bill)), abs=1e-6)
    assert report.totals.responses == len(on_lines(bill))
    assert (report.not_on_lines.tally.responses > 0) == (len(on_lines(bill)) < len(bill))


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


def usd(response: Served) -> float:
    used = response.usage
    tokens: float = sum(used[name] * rate for name, rate in RATES.items())
    tokens += HOUR * used["cache_creation"]["ephemeral_1h_input_tokens"]
    searches: int = used.get("server_tool_use", {}).get("web_search_requests", 0)
    return tokens / 1e6 + SEARCH_USD * searches


def reported(home: Path, own: Path) -> CostReport:
    """What the ledger says of a home, at PRICES."""
    folders = Folders(settings=own, state=own / "state", cache=own / "cache")
    own.mkdir()
    (own / "prices.toml").write_text(PRICES)
    environ = {"HOME": str(own), "CODEX_HOME": str(own / "codex"), "CLAUDE_CONFIG_DIR": str(home)}
    scope = Scope(environ, folders, ZoneInfo("UTC"))
    today = scope.today()
    reports, problem = Costs(scope).report(today - timedelta(days=1), today, scope.zone)
    assert problem is None
    return reports["claude"]


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
