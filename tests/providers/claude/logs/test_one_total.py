"""What a session with one total used beyond its lines, against what is found for sessions with many."""

from __future__ import annotations

from hypothesis import event, example, given
from hypothesis import strategies as st

from providers.claude.logs.not_on_lines import Growth, OwnResponse, RunningTotal, SessionUsage, not_on_lines
from providers.claude.logs.one_total import OwnUse, unlogged_of_one, used
from providers.claude.logs.transcript import Claim, SessionTotal, Sums

COUNTS = st.integers(0, 3)
TIMES = st.integers(0, 6).map(float)
CLAIMS = st.builds(
    lambda output, fresh, read, written, hour, thinking, searches: Claim(
        True, output, output + fresh + read + written, fresh, read, written, hour, thinking, searches
    ),
    *[COUNTS] * 7,
)
OWN = st.lists(st.tuples(TIMES, st.booleans(), st.sampled_from(["a", "b"]), CLAIMS), max_size=6)
SUMS = st.dictionaries(
    st.sampled_from(["a", "a[1m]", "b", "c"]), st.builds(Sums, *[st.integers(0, 9)] * 7), max_size=4
)
STATES = st.builds(
    lambda at, began, ran, sums: SessionTotal(0, at, began * 1000, ran * 1000, sums),
    TIMES,
    TIMES,
    TIMES,
    SUMS,
)
USED = Claim(True, 5, 8, 1, 2, 0, 0, 0, 0)


@given(STATES, OWN)
@example(SessionTotal(0, 2.0, 0.0, 9.0, {"a": Sums(1, 2, 0, 0, 9)}), [(1.0, False, "a", USED)])
@example(SessionTotal(0, 2.0, 0.0, 9.0, {"a": Sums(1, 2, 0, 0, 5)}), [(1.0, False, "a", USED)])
# A subagent's, before and after the next line of its session.
@example(
    SessionTotal(0, 2.0, 0.0, 9.0, {"a": Sums(5, 5, 0, 0, 25)}),
    [(3.0, True, "a", USED), (4.0, False, "a", USED), (5.0, True, "a", USED)],
)
def test_it_is_what_is_found_for_sessions_with_many_totals(state: SessionTotal, own: list[OwnUse]) -> None:
    responses = [
        OwnResponse(at, model, Sums(*used(best)), of_subagent) for at, of_subagent, model, best in own
    ]
    running = RunningTotal(state.at, state.started_ms, state.ran_ms, state.sums)
    session = SessionUsage(responses=responses, states=[running], copied_until=None)
    expected = list(not_on_lines({"s": session}))
    event(f"models with more than their lines: {len(expected)}")
    assert [
        Growth("s", state.at, state.started_ms, model, total, unlogged)
        for model, (total, unlogged) in unlogged_of_one(state, own).items()
    ] == expected
