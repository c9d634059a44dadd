"""What a session used beside the responses on its lines, from what Claude Code says that it used in all.

At the end of a process 2.1.329 and later log the session's sum: it also holds the summary of /compact,
asides, titles and the requests of WebSearch, which no line tells. The sum goes on from process to process and
from a session to its fork; a killed process logs none, and its responses are in no later one. Checked against
what 2.1.332 was billed, in all classes: `-p`, `--resume`, `--fork-session`, /compact, asides, titles,
subagents, killed processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import astuple

from providers.claude.logs.transcript import Sums

_LONG_CONTEXT = "[1m]"  # ends the name of a model in a sum, not on a line


class OwnResponse(Struct, frozen=True):
    """A response of a session that it did not copy; `at` in epoch seconds."""

    at: float
    model: str
    sums: Sums
    of_subagent: bool


class RunningTotal(Struct, frozen=True):
    """A sum of a session: `SessionTotal` without its place."""

    at: float
    started_ms: float
    ran_ms: float
    sums: dict[str, Sums]


class SessionUsage(Struct, frozen=True, kw_only=True):
    """A session's own responses, and its states in their order. `is_fork` where it has copied lines."""

    responses: Sequence[OwnResponse]
    states: Sequence[RunningTotal]
    is_fork: bool


class Growth(Struct, frozen=True):
    """What a session used of a model in one stretch that no line tells, up to a state; `total` is that of the
    state.
    """

    session: str
    state: RunningTotal
    model: str
    total: Sums
    beside: Sums


def not_on_lines(sessions: Mapping[str, SessionUsage]) -> Iterator[Growth]:
    """Of all states of these sessions, which must be complete: those that began with the same process together."""
    for name, session in sessions.items():
        for number, state in enumerate(session.states):
            before = _before(sessions, name, number)
            if before is not None:
                for model, (total, beside) in _beside(session, before, state).items():
                    yield Growth(name, state, model, total, beside)


_NOTHING = RunningTotal(0.0, 0.0, 0.0, {})


def _before(sessions: Mapping[str, SessionUsage], name: str, number: int) -> RunningTotal | None:
    """The state that this one goes on from; None where that is not known."""
    session = sessions[name]
    state = session.states[number]
    for earlier in reversed(session.states[:number]):
        if earlier.started_ms == state.started_ms:
            return earlier
    began = min((own.at for own in session.responses), default=state.at)
    of_parents = [
        other
        for other_name, each in sessions.items()
        if other_name != name
        for other in each.states
        if other.started_ms == state.started_ms and other.at <= began and _within(other, state)
    ]
    if of_parents:
        return max(of_parents, key=lambda other: (other.at, _total(other)))
    return None if session.is_fork else _NOTHING


def _beside(session: SessionUsage, before: RunningTotal, state: RunningTotal) -> dict[str, tuple[Sums, Sums]]:
    """By model the state's total, and its growth since the one before less what the lines of that stretch hold."""
    own = _on_lines(session, before, state)
    found: dict[str, tuple[Sums, Sums]] = {}
    for model, total in _by_model(state).items():
        held = [astuple(each[model]) for each in (_by_model(before), own) if model in each]
        left = [max(0, value - sum(less)) for value, *less in zip(astuple(total), *held, strict=True)]
        if any(left):
            found[model] = total, Sums(*left)
    return found


def _on_lines(session: SessionUsage, before: RunningTotal, state: RunningTotal) -> dict[str, Sums]:
    """What the lines of a stretch hold, by model.

    A killed process may have written lines since the state before: those are older than the stretch is long.
    """
    goes_on = before.ran_ms > 0 and before.started_ms == state.started_ms
    began = state.at - (state.ran_ms - before.ran_ms) / 1000 if goes_on else state.started_ms / 1000
    began = max(began, before.at) if before in session.states else began
    main = [own.at for own in session.responses if not own.of_subagent]
    # A subagent may answer when its session has logged its last line, until the session's next one.
    first = min((at for at in main if at > began), default=began) if before in session.states else began
    following = min((at for at in main if at > state.at), default=float("inf"))
    found: dict[str, Sums] = {}
    for own in session.responses:
        if first <= own.at < following if own.of_subagent else began < own.at <= state.at:
            known = found.get(own.model, Sums())
            found[own.model] = Sums(*map(sum, zip(astuple(known), astuple(own.sums), strict=True)))
    return found


def _by_model(state: RunningTotal) -> dict[str, Sums]:
    return {model.removesuffix(_LONG_CONTEXT): sums for model, sums in state.sums.items()}


def _within(smaller: RunningTotal, larger: RunningTotal) -> bool:
    """Whether no count of one state exceeds that of the other."""
    return all(
        model in larger.sums
        and all(less <= more for less, more in zip(astuple(sums), astuple(larger.sums[model]), strict=True))
        for model, sums in smaller.sums.items()
    )


def _total(state: RunningTotal) -> int:
    return sum(sum(astuple(sums)) for sums in state.sums.values())
