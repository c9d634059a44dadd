"""What Claude Code says that each session used in all, without the use of the session that it was forked from.

It logs a running total, `cost-state`, at the end of a process (2.1.329 and later). The total goes on over
`--resume` and into a fork; a killed process leaves none, and what it used is in no later one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from operator import add, sub
from pathlib import Path

from msgspec import Struct
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
from providers.domain.audit import NOTHING, CountedUse, ReportedUse, UsedTokens
from providers.domain.cause import Cause
from providers.logs import Observed

BY = "cost-state"
_NUMBERS = re.compile(r"[0-9]{1,9}")
FIRST_WITH_TOTALS = (2, 1, 329)
_ORDER: tuple[Cause, ...] = ("compaction", "web_search", "hooks", "titles")
"""Of requests without a line, those that usually use most come first."""


class _NotedOfSession(Struct, frozen=True):
    """What the logs of a session say beside its totals: the causes of requests without a line, and the versions
    of the program that wrote its first and its last response.
    """

    beside: frozenset[str] = frozenset()
    first: str = ""
    last: str = ""


_NOTHING_NOTED = _NotedOfSession()
_Totals = Mapping[str, Sequence[RunningTotal]]


def reported_sessions(logs: Sequence[Observed], counted: Mapping[str, CountedUse]) -> dict[str, ReportedUse]:
    """Of the sessions of logs that belong together; without those of which nothing is counted or reported."""
    readable, kept = _unpacked(logs)
    states, noted = states_of(kept), _noted(kept)
    found = {session: _without_total(noted[session]) for session in noted if session in counted}
    if not states:
        return found
    if not forks_of(kept) and not _shares_a_sum(states):
        totals = {session: (_total(own), _usd(own)) for session, own in states.items()}
        if all(_is_whole(session, total, counted) for session, (total, _) in totals.items()):
            return found | {
                session: _reported(total, usd, noted.get(session, _NOTHING_NOTED))
                for session, (total, usd) in totals.items()
            }
    return found | dict(_compared(readable, counted, noted))


def _unpacked(logs: Sequence[Observed]) -> tuple[list[Observed], list[tuple[Path, PackedObservation]]]:
    """Without those of another make, whose logs are deleted."""
    readable: list[Observed] = []
    kept: list[tuple[Path, PackedObservation]] = []
    for each in logs:
        try:
            kept.append((each.home, packed(each.observation)))
        except ValueError:
            continue
        readable.append(each)
    return readable, kept


def _noted(kept: Iterable[tuple[Path, PackedObservation]]) -> dict[str, _NotedOfSession]:
    """By session; a copy of a log says the same once more."""
    found: dict[str, _NotedOfSession] = {}
    for _, each in kept:
        for root in {place.root for place in each.places}:
            known, (first, last) = found.get(root, _NOTHING_NOTED), each.versions
            found[root] = _NotedOfSession(
                known.beside | set(each.beside.get(root, ())),
                min(filter(None, (known.first, first)), key=_version, default=""),
                max(known.last, last, key=_version),
            )
    return found


@lru_cache(maxsize=64)
def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBERS.findall(text)[:3]))


def _shares_a_sum(states: _Totals) -> bool:
    """Whether a session goes on with the sum of another one."""
    began: dict[float, str] = {}
    return any(
        began.setdefault(state.started_ms, session) != session
        for session, own in states.items()
        for state in own
    )


def _total(states: Iterable[RunningTotal]) -> Sums:
    """Of all sums that a session began, what each came to at most: a sum that drops and rises is one."""
    highest: dict[float, dict[str, Sums]] = {}
    for state in states:
        models = highest.setdefault(state.started_ms, {})
        for model, sums in by_model(state.sums).items():
            models[model] = _highest(models[model], sums) if model in models else sums
    return reduce(add, (sums for models in highest.values() for sums in models.values()), Sums())


def _highest(one: Sums, other: Sums) -> Sums:
    return Sums(*map(max, astuple(one), astuple(other)))


def _usd(states: Iterable[RunningTotal]) -> float | None:
    """The same in USD; None where one is not known."""
    highest: dict[float, float] = {}
    for state in states:
        if state.usd is None:
            return None
        highest[state.started_ms] = max(state.usd, highest.get(state.started_ms, 0.0))
    return sum(highest.values())


def _is_whole(session: str, total: Sums, counted: Mapping[str, CountedUse]) -> bool:
    return session in counted and counted[session].whole.tokens == total.total_tokens


def _reported(
    total: Sums,
    usd: float | None,
    noted: _NotedOfSession,
    explains: tuple[Cause, ...] = (),
    explained_tokens: int | None = None,
    why: str | None = None,
) -> ReportedUse:
    beside = {*noted.beside, *(("web_search",) if total.web_searches else ())}
    return ReportedUse(
        by=BY,
        used=UsedTokens(total.total_tokens, usd),
        explains=explains,
        explained_tokens=explained_tokens,
        beside=tuple(cause for cause in _ORDER if cause in beside),
        why=why,
    )


def _without_total(noted: _NotedOfSession) -> ReportedUse:
    why = None
    if noted.last:
        why = "older_version" if _is_older(noted.last) else "killed"
    return ReportedUse(by=BY, explains=("no_total",), why=why)


def _is_older(version: str) -> bool:
    """Than the first that logs totals; an unknown version is none."""
    return () < _version(version) < FIRST_WITH_TOTALS


def _compared(
    logs: Sequence[Observed], counted: Mapping[str, CountedUse], noted: Mapping[str, _NotedOfSession]
) -> Iterator[tuple[str, ReportedUse]]:
    """With what explains the difference from what is counted: it takes the responses of the sessions."""
    sessions = sessions_with_totals([(each.home, observed(each.observation)) for each in logs])
    for session, lines, steps in steps_of(sessions):
        about, states = noted.get(session, _NOTHING_NOTED), [step.state for step in steps]
        inherited = [step.before for step in steps if step.is_first and step.before is not None]
        total = Sums(*map(sub, astuple(_total(states)), astuple(_total(inherited))))
        usd, before = _usd(states), _usd(inherited)
        usd = None if usd is None or before is None else usd - before
        if any(step.stretch is None for step in steps):  # nobody read the session that it was forked from
            yield session, _reported(total, usd, about, ("deleted",))
            continue
        ours = counted.get(session, CountedUse(on_lines=NOTHING)).whole.tokens
        left_out = _in_no_total(lines, steps) if ours != total.total_tokens else 0
        if not left_out:
            yield session, _reported(total, usd, about)
        elif _is_older(about.first):
            yield session, _reported(total, usd, about, ("no_total",), left_out, "older_version")
        else:
            yield session, _reported(total, usd, about, ("killed",), left_out)


def _in_no_total(lines: SessionLines, steps: Iterable[StateStep]) -> int:
    """The tokens on lines that no total holds, since their process left none."""
    held = [
        Sums(*lines.used(model, step.stretch))
        for step in steps
        if step.stretch is not None
        for model in lines.models
    ]
    return Sums(*lines.whole()).total_tokens - sum(sums.total_tokens for sums in held)
