"""What Claude Code's own totals come to for each session, on real runs and made-up ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from providers.claude.logs.audit import reported_sessions
from providers.domain.audit import AuditRow, CountedUse, UsedTokens, audited
from providers.domain.cost import BilledResponse
from providers.logs import Observed
from tests.providers.claude.logs.test_corpora import FIXTURES
from tests.providers.claude.logs.test_not_on_lines import fork, line, total
from tests.providers.claude.reading import FORK, FORMAT, SESSION, observations, observed

REAL = FIXTURES / "2.1.332"


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


@pytest.mark.parametrize("scenario", sorted(REAL.iterdir()), ids=lambda path: path.name)
def test_only_killed_processes_differ_from_the_total(scenario: Path) -> None:
    rows = audit(*observations([scenario / "home"])).values()
    assert rows
    for row in rows:
        assert row.reported.used is not None
        assert row.unexplained_tokens == 0
        assert row.explained == ("killed" if scenario.name == "killed" else None)
        assert row.is_equal == (scenario.name != "killed")


def test_a_fork_is_not_charged_with_the_use_of_its_parent() -> None:
    parent = observed([line(1, 5), total(9)])
    forked = fork(line(1, 5, requestSessionId=SESSION), line(3, 7), total(18, ran=3000))
    for logs in ((parent, forked), (forked, parent)):
        rows = audit(*logs)
        assert {id_: row.reported.used for id_, row in rows.items()} == {
            SESSION: UsedTokens(9),
            FORK: UsedTokens(9),
        }
        assert all(row.is_equal for row in rows.values())


def test_a_fork_whose_parent_was_never_read_is_explained() -> None:
    row = audit(fork(line(1, 5, requestSessionId=SESSION), line(3, 7), total(18, ran=3000)))[FORK]
    assert row.reported.used == UsedTokens(18)
    assert (row.explained, row.unexplained_tokens, row.is_equal) == ("deleted", 0, False)


def test_what_a_killed_process_used_is_exactly_what_no_total_holds() -> None:
    lines = [line(1, 5), total(5), line(20, 50), line(40, 7), total(15, ran=1500)]
    row = audit(observed(lines))[SESSION]
    assert row.difference == UsedTokens(50)
    assert (row.explained, row.unexplained_tokens) == ("killed", 0)


def test_a_session_without_a_total_is_no_difference() -> None:
    row = audit(observed([line(1, 5)]))[SESSION]
    assert (row.reported.used, row.difference, row.explained) == (None, None, "no_total")
    assert not row.exceeds(0.0)


def test_lines_that_a_total_should_hold_and_does_not_are_unexplained() -> None:
    row = audit(observed([line(1, 5), total(3)]))[SESSION]
    assert (row.unexplained_tokens, row.explained) == (2, None)
    assert row.exceeds(0.5)
    assert not row.exceeds(0.7)
