"""Parses what app-server says of the usage of one thread.

    account/usage/read {threadId}  {summary, dailyUsageBuckets: null, threadUsage: T | null}      0.171
    T = {threadId, estimatedUsageCreditsMicros, estimatedUsageUsdMicros: N, nativeUsageUsdMicros: N, groups: [G]}
    G = {model, reasoningEffort, speed, estimatedUsageCreditsMicros, inputTokens: N, cachedInputTokens: N,
         netNewInputTokens: N, outputTokens: N, totalTokens: N}
    N = a whole number, or null

It asks `POST {base}/wham/usage/thread_usage/query {"thread_ids": […]}`, whose answer is `{"threads": [T]}` in
snake case. `threadUsage` is null where that address answers 403 or 404: the server has no such count. A program
that does not know the parameter leaves the member out. `inputTokens` includes the cached ones; net new are the
others. `nativeUsageUsdMicros` is what was billed in dollars, the estimate is made of credits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from providers.codex import shapes
from providers.domain.errors import NotUnderstood, ProgramTooOld
from providers.domain.scalars import whole
from providers.domain.server_count import ServerUse

_MOST_GROUPS = 1000
_MOST = 10**15
_MICROS = 1e6


def thread_use(raw: Any, thread: str) -> ServerUse | None:
    """None where the server has no count of single threads. Raises ProgramTooOld, or NotUnderstood for an answer
    about another thread or in another format.
    """
    sent = shapes.members(raw)
    if sent is None:
        raise _not_understood()
    if "thread_usage" not in sent:
        raise ProgramTooOld("This Codex is too old to report the usage of a thread.", remedy="Update Codex.")
    if sent["thread_usage"] is None:
        return None
    use = shapes.members(sent["thread_usage"])
    if use is None or use.get("thread_id") != thread:
        raise _not_understood()
    groups = _groups(use.get("groups"))
    native = _count(use.get("native_usage_usd_micros"))
    micros = _count(use.get("estimated_usage_usd_micros")) if native is None else native
    inputs = _sum([_net_new(group) for group in groups])
    cached, output = (_sum([_count(group.get(name)) for group in groups]) for name in _NAMES)
    return ServerUse(
        total_tokens=_sum([_total(group) for group in groups]),
        input_tokens=inputs,
        cache_read_tokens=cached,
        output_tokens=output,
        usd=None if micros is None else micros / _MICROS,
        is_estimate=native is None and micros is not None,
    )


_NAMES = ("cached_input_tokens", "output_tokens")


def _groups(raw: Any) -> list[dict[str, Any]]:
    """Raises NotUnderstood: a sum without one of them would be too small."""
    if not isinstance(raw, list) or len(raw) > _MOST_GROUPS:
        raise _not_understood()
    groups = [shapes.members(each) for each in raw]
    known = [group for group in groups if group is not None]
    if len(known) < len(groups):
        raise _not_understood()
    return known


def _net_new(group: dict[str, Any]) -> int | None:
    stated = _count(group.get("net_new_input_tokens"))
    whole_input, cached = _count(group.get("input_tokens")), _count(group.get("cached_input_tokens"))
    if stated is not None or whole_input is None or cached is None:
        return stated
    return whole_input - cached if whole_input >= cached else None


def _total(group: dict[str, Any]) -> int | None:
    stated = _count(group.get("total_tokens"))
    parts = (_count(group.get("input_tokens")), _count(group.get("output_tokens")))
    return _sum(parts) if stated is None else stated


def _sum(counts: Sequence[int | None]) -> int | None:
    """None if one of them is unknown, or if there are none."""
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _count(raw: Any) -> int | None:
    count = whole(raw)
    return count if count is not None and 0 <= count <= _MOST else None


def _not_understood() -> NotUnderstood:
    return NotUnderstood("Codex reported the usage of a thread in an unknown format.")
