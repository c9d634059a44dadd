"""What a session used beyond its lines where it logged one total, as most do: that which `not_on_lines` finds,
without sorting its responses and summing them up first.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import sub

from msgspec.structs import astuple

from providers.claude.logs.not_on_lines import by_model
from providers.claude.logs.transcript import Claim, SessionTotal, Sums

OwnUse = tuple[float, bool, str, Claim]
"""Of a response that is no copy: its time (epoch seconds), whether a subagent's, its model and its usage."""


def unlogged_of_one(state: SessionTotal, own: Sequence[OwnUse]) -> dict[str, tuple[Sums, Sums]]:
    """By model the total, and the part of it that is on no line, where there is any."""
    began, ended = state.started_ms / 1000, state.at
    following = min([at for at, is_agents, _, _ in own if at > ended and not is_agents], default=float("inf"))
    totals = by_model(state.sums)
    left = {model: astuple(total) for model, total in totals.items()}
    for at, is_agents, model, best in own:
        # A subagent may answer when its session has logged its last line, until the session's next one.
        if model in left and (began <= at < following if is_agents else began < at <= ended):
            left[model] = tuple(map(sub, left[model], used(best)))
    return {
        model: (totals[model], Sums(*[max(0, each) for each in rest]))
        for model, rest in left.items()
        if max(rest) > 0
    }


def used(best: Claim) -> tuple[int, ...]:
    """By class, as in `Sums`."""
    return (
        best.fresh,
        best.cache_read,
        best.cache_write,
        best.cache_write_1h,
        best.output,
        best.thinking,
        best.web_searches,
    )
