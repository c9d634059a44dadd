"""What Claude Code's own totals come to for each session, on real runs and made-up ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from providers.claude.logs import transcript
from providers.claude.logs.audit import reported_sessions
from providers.domain.audit import AuditRow, CountedUse, UsedTokens, audited
from providers.domain.cost import BilledResponse
from providers.logs import Observed
from tests.providers.claude.logs import test_not_on_lines
from tests.providers.claude.logs.test_corpora import FIXTURES
from tests.providers.claude.logs.test_not_on_lines import MADE_UP, fork, total
from tests.providers.claude.reading import (
    AGENT_LOG,
    FORK,
    FORMAT,
    HOME,
    LOG,
    SESSION,
    Line,
    observations,
    observed,
)

REAL = FIXTURES / "2.1.332"
BESIDE = {"asides": "compaction", "forked": "compaction", "killed": "killed"}
"""What explains the totals of real sessions; the others need no explanation."""


def line(second: int, output: int, **more: Any) -> Line:
    return test_not_on_lines.line(second, output, **({"version": "2.1.332"} | more))


def compacted(second: int, **more: Any) -> Line:
    at = f"2026-11-20T12:00:{second:02d}.250Z"
    about = {"subtype": "compact_boundary", "timestamp": at, "isSidechain": False, "sessionId": SESSION}
    return {"parentUuid": None, "type": "system"} | about | more


def hooks_ran(*hooks: Line) -> Line:
    about = {"subtype": "stop_hook_summary", "hookCount": len(hooks), "hookInfos": list(hooks)}
    stamp = {"timestamp": "2026-11-20T12:00:01.500Z", "sessionId": SESSION}
    return {"parentUuid": None, "isSidechain": False, "type": "system"} | about | stamp


def counted(responses: Sequence[BilledResponse]) -> dict[str, CountedUse]:
    """As the ledger adds them up."""
    found: dict[str, CountedUse] = {}
    for each in responses:
        session = each.context.root or each.context.session or ""
        known, used = found.get(session, CountedUse()), UsedTokens(each.usage.total_tokens)
        on_lines, beyond = known.on_lines, known.not_on_lines
        if each.context.not_on_lines:
            beyond += used
        else:
            on_lines += used
        found[session] = CountedUse(on_lines=on_lines, not_on_lines=beyond)
    return found


def audit(*logs: Observed) -> dict[str, AuditRow]:
    ours = counted(FORMAT.resolve(logs).responses)
    rows = audited("claude", "session", ours, reported_sessions(logs, ours))
    return {row.id: row for row in rows}


def stated(row: AuditRow) -> int | None:
    return None if row.reported.used is None else row.reported.used.tokens


@pytest.mark.parametrize("scenario", sorted(REAL.iterdir()), ids=lambda path: path.name)
def test_only_killed_processes_differ_from_the_total(scenario: Path) -> None:
    rows = audit(*observations([scenario / "home"])).values()
    assert {row.explained for row in rows} - {None} == set(filter(None, [BESIDE.get(scenario.name)]))
    for row in rows:
        assert row.reported.used is not None
        assert row.reported.used.usd is not None
        assert row.unexplained_tokens == 0
        assert row.is_equal == (scenario.name != "killed")


def test_a_fork_is_not_charged_with_the_use_of_its_parent() -> None:
    parent = observed([line(1, 5), total(9)])
    forked = fork(line(1, 5, requestSessionId=SESSION), line(3, 7), total(18, ran=3000))
    for logs in ((parent, forked), (forked, parent)):
        rows = audit(*logs)
        assert {id_: stated(row) for id_, row in rows.items()} == {
            SESSION: 9,
            FORK: 9,
        }
        assert all(row.is_equal for row in rows.values())


def test_a_fork_whose_parent_was_never_read_is_explained() -> None:
    row = audit(fork(line(1, 5, requestSessionId=SESSION), line(3, 7), total(18, ran=3000)))[FORK]
    assert stated(row) == 18
    assert (row.explained, row.unexplained_tokens, row.is_equal) == ("deleted", 0, False)


def test_a_branch_begins_a_total_of_its_own() -> None:
    parent = [line(1, 5), total(9)]
    began = MADE_UP + 2_000
    branch = fork(line(1, 5, requestSessionId=SESSION), line(3, 7), total(11, started=began))
    for logs in ([observed(parent), branch], [branch, observed(parent)]):
        rows = audit(*logs)
        assert {id_: stated(row) for id_, row in rows.items()} == {SESSION: 9, FORK: 11}
        assert all(row.is_equal for row in rows.values())
        assert rows[FORK].counted.not_on_lines.tokens == 4


def test_what_a_killed_process_used_is_exactly_what_no_total_holds() -> None:
    lines = [line(1, 5), total(5), line(20, 50), line(40, 7), total(15, ran=1500)]
    row = audit(observed(lines))[SESSION]
    assert row.difference == UsedTokens(50)
    assert (row.explained, row.unexplained_tokens) == ("killed", 0)


def test_a_killed_process_of_an_older_version_never_had_a_total() -> None:
    lines = [line(20, 50, version="2.1.328"), line(40, 7), total(15, started=MADE_UP + 30_000)]
    row = audit(observed(lines))[SESSION]
    assert (row.explained, row.unexplained_tokens, row.reported.why) == ("no_total", 0, "older_version")


@pytest.mark.parametrize(
    ("version", "why"), [("2.1.197", "older_version"), ("2.1.332", "killed"), (None, None), ("x", None)]
)
def test_a_session_without_a_total_is_no_difference(version: str | None, why: str | None) -> None:
    row = audit(observed([line(1, 5, version=version)]))[SESSION]
    assert (row.reported.used, row.difference, row.explained) == (None, None, "no_total")
    assert row.reported.why == why
    assert not row.exceeds(0.0)


def test_lines_that_a_total_should_hold_and_does_not_are_unexplained() -> None:
    row = audit(observed([line(1, 5), total(3)]))[SESSION]
    assert (row.unexplained_tokens, row.explained) == (2, None)
    assert row.exceeds(0.5)
    assert not row.exceeds(0.7)


def test_a_total_that_drops_and_rises_is_counted_once() -> None:
    totals = [total(9), total(5, ran=1500), total(12, ran=2000)]
    row = audit(observed([line(1, 4), *totals]))[SESSION]
    assert stated(row) == 12
    assert row.is_equal


def test_a_sum_that_begins_after_the_lines_of_its_session_explains_none_of_them() -> None:
    lines = [line(1, 5), line(20, 7), total(9, started=MADE_UP + 50_000)]
    row = audit(observed(lines))[SESSION]
    assert stated(row) == 9
    assert (row.explained, row.unexplained_tokens) == ("killed", 0)


def test_sums_that_began_in_two_processes_are_added() -> None:
    """As where a session is resumed whose total was lost."""
    lines = [line(1, 5), total(5), line(20, 7), total(9, started=MADE_UP + 15_000)]
    row = audit(observed(lines))[SESSION]
    assert row.reported.used is not None
    assert (row.reported.used.tokens, row.is_equal) == (14, True)


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_session_found_in_two_homes_is_compared_once(lines: int) -> None:
    """The other home may have less of it, as a copy that was made earlier."""
    every = [line(1, 5), total(9), compacted(2)]
    rows = audit(observed(every), observed(every[:lines], home=Path("/home/dev/other/.claude")))
    assert {id_: (stated(row), row.is_equal) for id_, row in rows.items()} == {SESSION: (9, True)}


def test_a_session_that_moved_to_another_folder_is_one_session() -> None:
    moved = observed([line(3, 7, cwd="/home/dev/b"), total(16, ran=3000)], LOG.replace("-app", "-b"))
    row = audit(observed([line(1, 5), total(9)]), moved)[SESSION]
    assert (stated(row), row.is_equal) == (16, True)


def test_what_subagents_used_is_in_the_total_of_their_session() -> None:
    agent = observed([line(2, 7, isSidechain=True, agentId="a1b2")], AGENT_LOG)
    rows = audit(observed([line(1, 5), line(9, 5), total(17, ran=9000)]), agent)
    assert [(id_, row.is_equal) for id_, row in rows.items()] == [(SESSION, True)]


def test_the_price_of_a_fork_is_without_that_of_its_parent() -> None:
    state = total(18, ran=3000) | {"totalCostUSD": 0.5}
    rows = audit(
        observed([line(1, 5), total(9) | {"totalCostUSD": 0.2}]),
        fork(line(1, 5, requestSessionId=SESSION), line(3, 7), state),
    )
    assert [row.reported.used and row.reported.used.usd for row in rows.values()] == [0.2, pytest.approx(0.3)]


@pytest.mark.parametrize("change", [{"totalCostUSD": None}, {"hasUnknownModelCost": True}])
def test_a_price_that_the_program_does_not_know_is_unknown(change: Line) -> None:
    row = audit(observed([line(1, 5), total(9) | change]))[SESSION]
    assert row.reported.used == UsedTokens(9, None)
    assert not row.exceeds(0.0)


def test_requests_without_a_line_are_named_by_what_the_log_says() -> None:
    title = {"type": "ai-title", "aiTitle": "", "sessionId": SESSION}
    prompted = hooks_ran({"command": "true"}, {"command": "", "promptText": "x"})
    searched = total(9)
    searched["modelUsage"]["claude-opus-4-8"]["webSearchRequests"] = 1
    every = [line(1, 5), title, compacted(2), prompted, searched]
    row = audit(observed(every))[SESSION]
    assert row.is_equal
    assert row.explained == "compaction"
    assert row.causes == ("compaction", "web_search", "hooks", "titles")


def test_hooks_that_run_a_command_ask_no_model() -> None:
    row = audit(observed([line(1, 5), hooks_ran({"command": "true"}), total(9)]))[SESSION]
    assert (row.causes, row.explained, row.is_equal) == ((), None, True)


def test_what_a_fork_copied_explains_nothing_of_it() -> None:
    parent = [line(1, 5), compacted(2), total(9)]
    origin = {"sessionId": SESSION, "messageUuid": "1"}
    copied = compacted(2, forkedFrom=origin)
    forked = fork(line(1, 5, requestSessionId=SESSION), copied, line(3, 7), total(18, ran=3000))
    rows = audit(observed(parent), forked)
    assert (rows[SESSION].causes, rows[FORK].causes) == (("compaction",), ())


def test_a_log_of_an_older_make_is_compared_as_far_as_it_goes() -> None:
    """As it was kept of a log that is deleted now."""
    now = transcript.observed(observed([line(1, 5), compacted(2), total(9)]).observation)
    states = [(each.place, each.at, each.started_ms, each.ran_ms, each.sums) for each in now.states]
    older: tuple[object, ...] = (
        "claude 4",
        0,
        now.places,
        [],
        now.served,
        now.rows,
        states,
        now.last_at,
        "",
        None,
    )
    row = audit(Observed(HOME, transcript.encode(older)))[SESSION]
    assert (row.reported.used, row.is_equal, row.causes) == (UsedTokens(9, None), True, ())


def test_one_of_an_unknown_make_is_left_out() -> None:
    assert reported_sessions([Observed(HOME, transcript.encode(("claude 0",)))], {}) == {}
