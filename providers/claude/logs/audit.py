"""What Claude Code says that each session used in all, without the use of the session that it was forked from.

It logs a running total, `cost-state`, at the end of a process (2.1.329 and later). The total goes on over
`--resume` and into a fork; a killed process leaves none, and what it used is in no later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import add, sub
from pathlib import Path

from msgspec.structs import astuple

from providers.claude.logs.not_on_lines import (
    RunningTotal,
    SessionLines,
    StateStep,
    by_model,
    steps_of,
)
from providers.claude.logs.resolve import forks_of, sessions_with_totals, states_of
from providers.claude.logs.transcript import PackedObservation, Sums, observed, packed
from providers.domain.audit import Cause, CountedUse, ReportedUse, UsedTokens
from providers.logs import Observed

BY = "cost-state"
_NONE = ReportedUse(by=BY, explains=("no_total",))
_Counts = tuple[int, ...]


def reported_sessions(logs: Sequence[Observed], counted: Mapping[str, CountedUse]) -> dict[str, ReportedUse]:
    """Of the sessions of logs that belong together; without those of which nothing is counted or reported."""
    kept: list[tuple[Path, PackedObservation]] = []
    readable: list[Observed] = []
    for each in logs:
        try:
            kept.append((each.home, packed(each.observation)))
        except ValueError:  # of another make, and its log is deleted
            continue
        readable.append(each)
    states = states_of(kept)
    found = {
        place.root: _NONE
        for _, each in kept
        for place in each.places
        if place.root in counted and place.root not in states
    }
    if not states:
        return found
    totals = _own_totals(states) if not forks_of(kept) else None
    if totals is None or any(_differs(session, total, counted) for session, total in totals.items()):
        return found | dict(_compared(readable, counted))
    return found | {session: _reported(total) for session, total in totals.items()}


def _own_totals(states: Mapping[str, Sequence[RunningTotal]]) -> dict[str, Sums] | None:
    """The total of each session where none goes on from another one; else None."""
    began: dict[float, str] = {}
    for session, own in states.items():
        for state in own:
            if began.setdefault(state.started_ms, session) != session:
                return None
    return {session: _total(own) for session, own in states.items()}


def _total(states: Iterable[RunningTotal]) -> Sums:
    """Of all sums that a session began, what each came to."""
    highest: dict[float, dict[str, Sums]] = {}
    for state in states:
        models = highest.setdefault(state.started_ms, {})
        for model, sums in by_model(state).items():
            models[model] = _highest(models[model], sums) if model in models else sums
    return reduce(add, (sums for models in highest.values() for sums in models.values()), Sums())


def _highest(one: Sums, other: Sums) -> Sums:
    return Sums(*map(max, astuple(one), astuple(other)))


def _differs(session: str, total: Sums, counted: Mapping[str, CountedUse]) -> bool:
    return session not in counted or counted[session].whole.tokens != total.total_tokens


def _reported(total: Sums) -> ReportedUse:
    return ReportedUse(by=BY, used=UsedTokens(total.total_tokens), beside=_beside(total))


def _beside(total: Sums) -> tuple[Cause, ...]:
    return ("web_search",) if total.web_searches else ()


def _compared(
    logs: Sequence[Observed], counted: Mapping[str, CountedUse]
) -> Iterable[tuple[str, ReportedUse]]:
    """With what explains the difference from what is counted: it takes the responses of the sessions."""
    sessions = sessions_with_totals([(each.home, observed(each.observation)) for each in logs])
    for session, lines, steps in steps_of(sessions):
        total = Sums(*map(sub, astuple(_total(step.state for step in steps)), _inherited(steps)))
        ours = counted.get(session, CountedUse()).whole.tokens
        explains: tuple[Cause, ...] = ()
        explained: int | None = None
        if any(step.stretch is None for step in steps):
            explains = ("deleted",)  # the session that it was forked from
        elif ours != total.total_tokens and (left_out := _in_no_total(lines, steps)):
            explains, explained = ("killed",), left_out
        yield (
            session,
            ReportedUse(
                by=BY,
                used=UsedTokens(total.total_tokens),
                explains=explains,
                explained_tokens=explained,
                beside=_beside(total),
            ),
        )


def _inherited(steps: Iterable[StateStep]) -> _Counts:
    """What the sums of a session began with, by class: that of the session that it was forked from."""
    began = [
        sums for step in steps if step.is_first and step.before for sums in by_model(step.before).values()
    ]
    return astuple(reduce(add, began, Sums()))


def _in_no_total(lines: SessionLines, steps: Iterable[StateStep]) -> int:
    """The tokens on lines that no total holds, since their process left none."""
    held = [
        Sums(*lines.used(model, step.stretch))
        for step in steps
        if step.stretch is not None
        for model in lines.models
    ]
    return Sums(*lines.whole()).total_tokens - sum(sums.total_tokens for sums in held)
