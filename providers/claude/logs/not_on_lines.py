"""What a session used beyond the responses on its lines, from the totals that Claude Code logs.

At the end of a process 2.1.329 and later log the session's total: it also holds the summary of /compact, side
questions (/btw), titles and the requests of WebSearch, which are on no line. The sum goes on from process to
process and from a session to its fork; a killed process logs none, and its responses are in no later one.
Checked against what 2.1.332 was billed, in all classes: `-p`, `--resume`, `--fork-session`, /compact, /btw,
titles, subagents, killed processes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from operator import add, attrgetter, itemgetter, sub

from msgspec import Struct
from msgspec.structs import astuple, replace

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
    usd: float | None = None


class SessionUsage(Struct, frozen=True, kw_only=True):
    """A session's own responses, and its states in their order. Where it was forked from another one,
    `copied_until` is the time of the last line that it copied from there (epoch seconds).
    """

    responses: Sequence[OwnResponse]
    states: Sequence[RunningTotal]
    copied_until: float | None


class Growth(Struct, frozen=True):
    """What a session used of a model in one stretch up to a state, whose time and first process these are: `total`
    is that of the state, `unlogged` the part of the growth that is on no line.
    """

    session: str
    at: float
    started_ms: float
    model: str
    total: Sums
    unlogged: Sums


class StateStep(Struct, frozen=True):
    """A state, the one before that it goes on from, and the responses in between; `stretch` is None where nobody
    knows from where it goes on. `is_first` where the session has none before of the same sum.
    """

    state: RunningTotal
    before: RunningTotal | None
    stretch: StateStretch | None
    is_first: bool


def not_on_lines(sessions: Mapping[str, SessionUsage]) -> Iterator[Growth]:
    """Of all states of these sessions, which must be complete: those that began with the same process together."""
    for name, lines, steps in steps_of(sessions):
        for step in steps:
            if step.stretch is not None:
                unlogged = _unlogged(lines, step.stretch, step.before, step.state)
                for model, (total, left) in unlogged.items():
                    yield Growth(name, step.state.at, step.state.started_ms, model, total, left)


def steps_of(sessions: Mapping[str, SessionUsage]) -> Iterator[tuple[str, SessionLines, list[StateStep]]]:
    """By session its responses, and its states one by one."""
    by_process = _by_process(sessions) if len(sessions) > 1 else {}
    for name, session in sessions.items():
        lines = SessionLines(session.responses)
        yield name, lines, list(_steps(name, session, lines, by_process))


def _steps(
    name: str, session: SessionUsage, lines: SessionLines, by_process: Mapping[float, list[_Stated]]
) -> Iterator[StateStep]:
    newest: dict[float, RunningTotal] = {}  # by the process in which the sum began
    for state in session.states:
        own = newest.get(state.started_ms)
        before = own or _of_parent(by_process.get(state.started_ms, ()), name, lines.began(state.at), state)
        newest[state.started_ms] = state if own is None else _risen(own, state)
        # /branch begins a sum of its own; --fork-session goes on with one that is older than the copied lines.
        is_own = session.copied_until is None or state.started_ms / 1000 > session.copied_until
        is_known = before is not None or is_own
        stretch = _stretch(lines, before, state, is_own=own is not None) if is_known else None
        yield StateStep(state, before, stretch, own is None)


_Stated = tuple[float, int, str, RunningTotal]
"""A state of a session after its time, its total and the session."""


def _by_process(sessions: Mapping[str, SessionUsage]) -> dict[float, list[_Stated]]:
    """The states of all sessions by the process in which their sums began, the oldest first."""
    found: dict[float, list[_Stated]] = {}
    for name, session in sessions.items():
        for state in session.states:
            found.setdefault(state.started_ms, []).append((state.at, _total(state), name, state))
    for states in found.values():
        states.sort(key=itemgetter(0, 1, 2))
    return found


def _of_parent(
    states: Sequence[_Stated], name: str, began: float, state: RunningTotal
) -> RunningTotal | None:
    """The last state of another session before this one `began` that this state can go on from."""
    for place in reversed(range(bisect_right(states, began, key=itemgetter(0)))):
        _, _, other, earlier = states[place]
        if other != name and _within(earlier, state):
            return earlier
    return None


class SessionLines:
    """The responses of a session in the order of time, summed up so that those of a stretch are found at once."""

    def __init__(self, responses: Sequence[OwnResponse]) -> None:
        in_order = sorted(responses, key=attrgetter("at"))
        self._main = [own.at for own in in_order if not own.of_subagent]
        self._first = in_order[0].at if in_order else None
        self._sums: dict[tuple[str, bool], _SoFar] = {}
        for own in in_order:
            times, sums = self._sums.setdefault((own.model, own.of_subagent), ([], [_NOTHING]))
            times.append(own.at)
            sums.append(tuple(map(add, sums[-1], astuple(own.sums))))

    def began(self, otherwise: float) -> float:
        return otherwise if self._first is None else self._first

    def main_after(self, at: float, otherwise: float) -> float:
        """The time of the session's own first response after that."""
        place = bisect_right(self._main, at)
        return self._main[place] if place < len(self._main) else otherwise

    @property
    def models(self) -> set[str]:
        return {model for model, _ in self._sums}

    def whole(self) -> tuple[int, ...]:
        """What all of them used, by class."""
        used = _NOTHING
        for _, sums in self._sums.values():
            used = tuple(map(add, used, sums[-1]))
        return used

    def used(self, model: str, stretch: StateStretch) -> tuple[int, ...]:
        """What the responses of a stretch used of a model, by class."""
        main, agents = self._sums.get((model, False)), self._sums.get((model, True))
        used = _NOTHING
        if main is not None:
            times, sums = main
            used = _grown(sums, bisect_right(times, stretch.began), bisect_right(times, stretch.ended))
        if agents is not None:
            times, sums = agents
            first, following = bisect_left(times, stretch.first), bisect_left(times, stretch.following)
            used = tuple(map(add, used, _grown(sums, first, following)))
        return used


_SoFar = tuple[list[float], list[tuple[int, ...]]]
"""The times of responses, and what the first 0, 1, 2 and so on of them used together, by class."""

_NOTHING = astuple(Sums())


def _grown(sums: Sequence[tuple[int, ...]], before: int, after: int) -> tuple[int, ...]:
    """Nothing where a stretch ends before it begins."""
    return tuple(map(sub, sums[after], sums[before])) if after > before else _NOTHING


class StateStretch(Struct, frozen=True):
    """The session's own lines after `began`, up to `ended`, and its subagents' from `first` until `following`.

    A subagent may answer when its session has logged its last line, until the session's next one.
    """

    began: float
    ended: float
    first: float
    following: float


def _stretch(
    lines: SessionLines, before: RunningTotal | None, state: RunningTotal, *, is_own: bool
) -> StateStretch:
    """From the state before, which is the session's own or that of its parent, to this one.

    A killed process may have written lines since the state before: those are older than the stretch is long. All
    lines of a session are older than its sum where the first process that ended had no answer on a line.
    """
    began = state.started_ms / 1000
    if before is not None and 0 < before.ran_ms <= state.ran_ms:
        began = state.at - (state.ran_ms - before.ran_ms) / 1000
        began = max(began, before.at) if is_own else began
    elif before is not None and is_own:
        began = before.at
    first = lines.main_after(began, began) if is_own else began
    return StateStretch(began, state.at, first, lines.main_after(state.at, float("inf")))


def _unlogged(
    lines: SessionLines, stretch: StateStretch, before: RunningTotal | None, state: RunningTotal
) -> dict[str, tuple[Sums, Sums]]:
    """By model the state's total, and its growth since the one before less what the lines of that stretch hold."""
    earlier = by_model(before.sums) if before is not None else {}
    found: dict[str, tuple[Sums, Sums]] = {}
    for model, total in by_model(state.sums).items():
        held = astuple(earlier[model]) if model in earlier else _NOTHING
        used = lines.used(model, stretch)
        left = [max(0, new - old - own) for new, old, own in zip(astuple(total), held, used, strict=True)]
        if any(left):
            found[model] = total, Sums(*left)
    return found


def by_model(total: Mapping[str, Sums]) -> dict[str, Sums]:
    """The same model may be in a sum under two names, with its long context and without."""
    found: dict[str, Sums] = {}
    for name, sums in total.items():
        model = name.removesuffix(_LONG_CONTEXT)
        found[model] = found[model] + sums if model in found else sums
    return found


def _within(smaller: RunningTotal, larger: RunningTotal) -> bool:
    """Whether no count of one state exceeds that of the other."""
    return all(
        model in larger.sums
        and all(less <= more for less, more in zip(astuple(sums), astuple(larger.sums[model]), strict=True))
        for model, sums in smaller.sums.items()
    )


def _risen(before: RunningTotal, state: RunningTotal) -> RunningTotal:
    """The state with no count below that of the one before: what drops and rises again is not used twice."""
    if _within(before, state):
        return state
    sums = {**before.sums, **state.sums}
    for model in before.sums.keys() & state.sums.keys():
        sums[model] = Sums(*map(max, astuple(before.sums[model]), astuple(state.sums[model])))
    return replace(state, sums=sums)


def _total(state: RunningTotal) -> int:
    return sum(sum(astuple(sums)) for sums in state.sums.values())
