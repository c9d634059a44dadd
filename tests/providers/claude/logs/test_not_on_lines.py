"""What sessions used beside their lines, against what Claude Code was served and against made-up totals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.claude.logs.not_on_lines import OwnResponse, RunningTotal, SessionUsage, not_on_lines
from providers.claude.logs.transcript import Sums
from providers.domain.cost import BilledResponse
from tests.providers.claude.logs.test_corpora import FIXTURES, summed
from tests.providers.claude.logs.test_corpora import Sums as Bill
from tests.providers.claude.reading import (
    AGENT_LOG,
    FORK,
    FORMAT,
    LOG,
    SESSION,
    Line,
    answer,
    everything,
    observed,
    spent,
)

NEWER = Path(__file__).parents[5] / "shared" / "corpora-2026-11" / "claude"
MADE_UP = 1_795_176_000_000  # 2026-11-20T12:00:00Z


def unlogged(responses: list[BilledResponse]) -> list[BilledResponse]:
    return [response for response in responses if response.context.not_on_lines]


@pytest.mark.parametrize("scenario", sorted(FIXTURES.glob("2.1.332/*/")), ids=lambda path: path.name)
def test_the_fixtures_hold_what_else_was_billed(scenario: Path) -> None:
    expected: Bill = json.loads((scenario / "expected.json").read_text())["not_on_lines"]
    assert summed(unlogged(everything([scenario / "home"]))) == expected


def test_a_session_compacted_many_times_equals_its_bill() -> None:
    scenario = NEWER / "compactmany"
    if not scenario.is_dir():
        pytest.skip("no shared corpora beside the repo")
    billed: Bill = json.loads((scenario / "expected.json").read_text())["billed"]["by_model"]
    assert summed(everything([scenario])) == billed


def total(output: int, *, ran: int = 1000, started: int = MADE_UP, model: str = "claude-opus-4-8") -> Line:
    """A session's total, of output alone."""
    sums = {"inputTokens": 0, "outputTokens": output, "costUSD": 0.1, "webSearchRequests": 0}
    state = {"type": "cost-state", "sessionId": SESSION, "startTime": started, "totalDuration": ran}
    return state | {"modelUsage": {model: sums}}


def line(second: int, output: int, **more: Any) -> Line:
    usage = spent(fresh=0, read=0, written=0, output=output)
    return answer(usage, id=f"m{second}", second=second, **more)


def found(*files: Any) -> list[tuple[int, int]]:
    """The second and the output tokens of all that no line tells."""
    return [(each.at.second, each.usage.output_tokens) for each in unlogged(FORMAT.resolve(files).responses)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line(1, 5), total(5)], []),
        ([line(1, 5), total(9)], [(1, 4)]),
        ([line(1, 5), total(9), total(9)], [(1, 4)]),
        ([line(1, 5), total(3)], []),
        ([line(1, 5), total(9), line(3, 7), total(16, ran=3000)], [(1, 4)]),
        ([line(1, 5), total(9), line(3, 7), total(20, ran=3000)], [(1, 4), (3, 4)]),
        ([line(1, 5), total(5), total(8, ran=1500)], [(1, 3)]),
        ([total(8)], [(0, 8)]),
        ([line(1, 5), total(8, model="claude-opus-4-8[1m]")], [(1, 3)]),
        ([line(1, 5), total(8, model="claude-haiku-5-5")], [(1, 8)]),
        # A total that drops and rises again is no new use.
        ([line(1, 4), total(9), total(5, ran=1500), total(12, ran=2000)], [(1, 5), (1, 3)]),
        # A killed process logs no total: its answers are on lines and in none.
        ([line(1, 5), total(5), line(20, 50), line(40, 7), total(15, ran=1500)], [(40, 3)]),
        # Each process before was killed: the total begins with the last one.
        ([line(1, 5), line(20, 7), total(9, started=MADE_UP + 15_000)], [(20, 2)]),
    ],
)
def test_the_growth_of_a_total_less_the_lines_of_that_stretch(
    lines: list[Line], expected: list[tuple[int, int]]
) -> None:
    assert found(observed(lines)) == expected


def test_a_total_that_drops_and_rises_is_no_more_than_what_it_rose_to() -> None:
    """Such as that of a process that went on from an older total than the one before it."""
    assert found(observed([line(1, 5), total(9), total(5), total(12)])) == [(1, 4), (1, 3)]
    assert found(observed([line(1, 5), total(9), line(3, 1), total(5, ran=2000), total(9, ran=3000)])) == [
        (1, 4)
    ]
    rises = [total(9, ran=5000), line(3, 2), total(5, ran=2000), line(6, 3), total(12, ran=9000)]
    assert found(observed([line(1, 5), *rises])) == [(1, 4)]


def test_each_class_of_a_total_rises_by_itself() -> None:
    def both(fresh: int, output: int, ran: int) -> Line:
        made = total(output, ran=ran)
        made["modelUsage"]["claude-opus-4-8"]["inputTokens"] = fresh
        return made

    lines = [line(1, 5), both(4, 9, 1000), both(6, 5, 1000), both(5, 10, 1000)]
    beyond = unlogged(FORMAT.resolve([observed(lines)]).responses)
    assert sum(each.usage.input_tokens for each in beyond) == 6
    assert sum(each.usage.output_tokens for each in beyond) == 10 - 5


def test_a_running_time_that_falls_leaves_out_no_line() -> None:
    lines = [line(1, 5), total(9, ran=9000), line(3, 7), total(18, ran=4000)]
    assert found(observed(lines)) == [(1, 4), (3, 2)]


def test_a_sum_that_began_later_than_all_lines_holds_none_of_them() -> None:
    """The process that wrote them was killed, and the next one asked aside alone."""
    later = [line(1, 5), total(9, ran=0, started=MADE_UP + 15_000)]
    assert found(observed(later)) == [(1, 9)]
    assert found(observed([*later, line(3, 7), total(20, started=MADE_UP + 15_000)])) == [(1, 9), (3, 4)]


def test_it_is_dated_by_the_line_before() -> None:
    asked = {"type": "user", "message": {"role": "user", "content": "and?"}, "sessionId": SESSION}
    prompt = asked | {"timestamp": "2026-11-20T12:00:07.000Z", "uuid": "u7", "cwd": "/work"}
    assert found(observed([line(1, 5), prompt, total(9)]))[0] in [(1, 4), (7, 4)]


counts = st.integers(0, 9)


@given(
    st.lists(
        st.tuples(st.booleans(), counts, st.integers(0, 20), st.sampled_from([0, 1500, 4000])), max_size=9
    )
)
def test_it_is_never_below_0_nor_more_than_the_highest_total(
    steps: list[tuple[bool, int, int, int]],
) -> None:
    """Whatever the totals do, what is added to the lines is no more than the most that one of them reached."""
    lines = [
        total(reached, ran=ran) if is_total else line(second + 1, output)
        for second, (is_total, output, reached, ran) in enumerate(steps)
    ]
    beyond = [output for _, output in found(observed(lines))]
    assert all(output > 0 for output in beyond)
    assert sum(beyond) <= max((reached for is_total, _, reached, _ in steps if is_total), default=0)


@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(st.tuples(st.booleans(), st.integers(1, 9)), max_size=3)),
        max_size=4,
    )
)
def test_processes_that_end_and_are_killed_come_to_no_more_than_was_billed(
    processes: list[tuple[bool, list[tuple[bool, int]]]],
) -> None:
    """Each goes on with the sum of the last one that ended; all is exact where none is killed."""
    lines: list[Line] = []
    second, summed, ran, started = 0, 0, 0, None
    beside = 0
    for is_killed, responses in processes:
        began = second = second + 1
        for is_on_line, tokens in responses:
            second += 2
            lines += [line(second, tokens)] if is_on_line else []
        if not is_killed:
            summed += sum(tokens for _, tokens in responses)
            beside += sum(tokens for is_on_line, tokens in responses if not is_on_line)
            ran += 1000 * (second - began)
            started = MADE_UP + began * 1000 if started is None else started
            lines.append(total(summed, ran=ran, started=started))
        second += 5
    counted = sum(output for _, output in found(observed(lines)))
    assert counted <= beside
    if not any(is_killed for is_killed, _ in processes):
        assert counted == beside


def test_a_model_with_and_without_its_long_context_is_one_model() -> None:
    both = total(8)
    both["modelUsage"] |= total(9, model="claude-opus-4-8[1m]")["modelUsage"]
    assert found(observed([line(1, 5), line(2, 9), both])) == [(2, 3)]


def test_the_totals_of_damaged_lines_are_left_out() -> None:
    changes: list[Line] = [
        {"startTime": None},
        {"modelUsage": []},
        {"modelUsage": {"m": 5}},
        {"startTime": -1},
    ]
    for damaged in changes:
        assert found(observed([line(1, 5), total(9) | damaged])) == []
    numbers = {
        "modelUsage": {"claude-opus-4-8": {"outputTokens": "9", "inputTokens": -1}},
        "startTime": str(MADE_UP),
    }
    assert found(observed([line(1, 5), total(9) | numbers])) == [(1, 4)]


def test_subagents_are_in_the_total_of_their_session() -> None:
    session = observed([line(1, 5), line(9, 5), total(20, ran=9000)])
    agent = observed([line(2, 7, isSidechain=True, agentId="a1b2")], AGENT_LOG)
    for files in ((session, agent), (agent, session)):
        assert found(*files) == [(9, 3)]


def test_a_subagent_may_answer_after_the_last_line_of_its_session() -> None:
    session = observed([line(1, 5), total(12), line(9, 5), total(17, ran=9000)])
    agent = observed([line(2, 7, isSidechain=True, agentId="a1b2")], AGENT_LOG)
    assert found(session, agent) == []


def fork(*lines: Line) -> Any:
    return observed([each | {"sessionId": FORK} for each in lines], LOG.replace(SESSION, FORK))


def test_a_fork_goes_on_from_the_total_of_its_parent() -> None:
    parent = observed([line(1, 5), total(9)])
    copied, own = line(1, 5, requestSessionId=SESSION), line(3, 7)
    forked = fork(copied, own, total(18, ran=3000))
    assert found(parent, forked) == [(1, 4), (3, 2)]
    links = [set(FORMAT.links(each.observation)) for each in (parent, forked)]
    assert links[0] & links[1]


def test_a_fork_whose_parent_is_unknown_tells_nothing() -> None:
    copied, own = line(1, 5, requestSessionId=SESSION), line(3, 7)
    assert found(fork(copied, own, total(18, ran=3000))) == []
    assert found(fork(copied, own, total(18, ran=3000), line(5, 1), total(25, ran=5000))) == [(5, 6)]


def used(at: float, tokens: int, *, of_subagent: bool = False) -> OwnResponse:
    return OwnResponse(at, "m", Sums(output_tokens=tokens), of_subagent)


def logged(at: float, ran: float, *, began: float = 1.0, **tokens: int) -> RunningTotal:
    """A total, in seconds and output tokens by model."""
    by_model = {model: Sums(output_tokens=count) for model, count in tokens.items()}
    return RunningTotal(at, began * 1000, ran * 1000, by_model)


def more(
    responses: list[OwnResponse],
    *states: RunningTotal,
    others: Mapping[str, list[RunningTotal]] | None = None,
) -> list[tuple[float, int]]:
    """What this session used beyond its lines, by time; it is a fork where there are other sessions."""
    sessions = {
        name: SessionUsage(responses=(), states=totals, copied_until=None)
        for name, totals in (others or {}).items()
    }
    sessions["own"] = SessionUsage(responses=responses, states=states, copied_until=inf if others else None)
    return [
        (each.at, each.unlogged.output_tokens) for each in not_on_lines(sessions) if each.session == "own"
    ]


def test_the_lines_of_a_killed_process_are_in_no_total() -> None:
    """The second total is of 5 seconds, which began at 35: neither the first one's line nor the killed one's
    is.
    """
    lines = [used(5, 5), used(20, 7), used(35.002, 3)]
    assert more(lines, logged(10, 9, m=5), logged(40, 14, m=9)) == [(40, 1)]


def test_without_a_running_time_it_goes_on_from_the_total_before() -> None:
    lines = [used(5, 5), used(20, 3)]
    assert more(lines, logged(10, 0, m=5), logged(40, 14, m=9)) == [(40, 1)]
    # by the running time it would have begun before
    assert more(lines, logged(10, 1, m=5), logged(40, 39, m=9)) == [(40, 1)]


def test_what_a_subagent_answers_late_is_of_the_total_before() -> None:
    late = used(12, 4, of_subagent=True)
    assert more([used(5, 5), late, used(15, 3)], logged(10, 9, m=9), logged(40, 39, m=13)) == [(40, 1)]
    # without a next line it may be of either
    assert more([used(5, 5), late], logged(10, 9, m=5), logged(40, 39, m=9)) == []


def test_a_subagent_that_answers_with_the_next_line_is_of_the_next_total() -> None:
    lines = [used(5, 5), used(15, 3), used(15, 4, of_subagent=True)]
    assert more(lines, logged(10, 9, m=6), logged(40, 39, m=14)) == [(10, 1), (40, 1)]


def test_a_subagent_may_answer_before_the_first_line_of_its_session() -> None:
    lines = [used(3, 4, of_subagent=True), used(5, 5)]
    assert more(lines, logged(10, 9, m=9)) == []


@pytest.mark.parametrize(
    ("others", "unlogged_tokens"),
    [
        ({"parent": [logged(10, 9, m=6)]}, 4),
        ({"parent": [logged(15, 14, m=6)]}, 4),  # with the fork's first line
        ({"parent": [logged(15.001, 14, m=6)]}, None),
        ({"parent": [logged(10, 9, m=6), logged(12, 11, m=7)]}, 3),
        ({"parent": [logged(12, 11, m=7)], "its parent": [logged(10, 9, m=6)]}, 3),
        ({"parent": [logged(10, 9, m=6)], "fork": [logged(12, 11, m=14)]}, 4),  # more than this fork
        ({"parent": [logged(10, 9, m=6)], "fork": [logged(12, 11, m=7, n=1)]}, 4),  # of another model too
        ({"parent": [logged(10, 9, m=7)], "fork": [logged(12, 11, m=6)]}, 4),
        ({"parent": [logged(12, 11, m=7)], "fork": [logged(12, 11, m=6)]}, 3),  # at once: the larger one
        ({"parent": [logged(12, 11, m=6)], "fork": [logged(12, 11, m=7)]}, 3),
        ({"parent": [logged(12, 11, m=6)], "fork": [logged(12, 11, m=6)]}, 4),
        ({"parent": [logged(10, 9, began=2, m=6)]}, None),  # of another process
    ],
)
def test_a_fork_goes_on_from_the_last_total_that_it_can_include(
    others: dict[str, list[RunningTotal]], unlogged_tokens: int | None
) -> None:
    grown = more([used(15, 3)], logged(20, 19.5, m=13), others=others)
    assert grown == ([] if unlogged_tokens is None else [(20, unlogged_tokens)])


def test_a_fork_without_lines_of_its_own_goes_on_from_the_last_total() -> None:
    assert more([], logged(20, 19, m=13), others={"parent": [logged(20, 19, m=6)]}) == [(20, 7)]


@pytest.mark.timeout(30)
def test_thousands_of_totals_are_evaluated_in_the_time_of_one_pass() -> None:
    """A session with as many processes, and as many forks of one process."""

    def output(tokens: int) -> Sums:
        return Sums(output_tokens=tokens)

    responses = [OwnResponse(at + 0.25, "m", output(2), of_subagent=False) for at in range(20_000)]
    states = [RunningTotal(at + 0.5, at * 1000.0, 1.0, {"m": output(3)}) for at in range(20_000)]
    sessions = {"long": SessionUsage(responses=responses, states=states, copied_until=None)} | {
        f"fork {number}": SessionUsage(
            responses=[OwnResponse(30_000.0 + number, "m", output(2), of_subagent=False)],
            states=[RunningTotal(30_000.0 + number, 1.0, number, {"m": output(3 * number)})],
            copied_until=inf,
        )
        for number in range(1, 20_000)
    }
    grown = list(not_on_lines(sessions))
    assert [each.unlogged for each in grown] == [output(1)] * (20_000 + 19_998)


def test_an_archived_copy_says_the_same_again() -> None:
    lines = [line(1, 5), total(9), line(3, 7), total(20, ran=3000)]
    assert found(observed(lines), observed(lines, home=Path("/archive"))) == [(1, 4), (3, 4)]


def test_it_is_told_by_session_project_and_account() -> None:
    owner = {"type": "session-owner", "accountUuid": "one", "sessionId": SESSION}
    (own,) = (each for each in FORMAT.resolve([observed([owner, line(1, 5)])]).responses)
    (more,) = unlogged(FORMAT.resolve([observed([owner, line(1, 5), total(9)])]).responses)
    for name in ("account", "project", "session", "root", "home", "model"):
        assert getattr(more.context, name) == getattr(own.context, name) is not None
