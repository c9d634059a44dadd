"""What the lines of a log hold: the oracle for tokens. No response may have more, or other, tokens than they say.

A usage is any object with a member that ends in `_tokens`, wherever it stands, also behind a line that was cut. A
number in it may be written in quotes or with zeros for places; what is no whole number counts as not sent. A
billed response must be that of one usage, or for Codex, whose counters go on, the difference of two:

    Codex       output as it is; fresh, cached and written input make up the input. Where the parts say more than
                the whole, the whole counts.
    Claude      each class as it is; a cache write of which only the parts are known is their sum
                what a session used beside its lines is within a sum of its `cost-state`
                Where a number cannot be read, it is made up from the other usage of its line, so each class may
                be of another one, or between two.
    both        1-hour writes are within the writes, reasoning within the output; no more responses than usages
    time        one that stands in the log, in ISO 8601 or in a UUID of version 7
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, KeysView
from typing import Any

from providers.domain.cost import BilledResponse, TokenUsage
from tests.fuzz.figures import Figures
from tests.fuzz.run import require
from tests.homes import NOW

Usage = dict[str, int]
Counts = tuple[int, int, int, int]
"""Input, cached and written of it, and output: what a counter of Codex has."""

_ONLY_CODEX = {"cached_input_tokens", "reasoning_output_tokens", "total_tokens"}
_OF_CODEX = {"input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens"}
_PLAUSIBLE = 10**9
"""What is more may be taken for damage, as if it had not been sent."""
_WHOLE = re.compile(r"\s*\+?(\d{1,30})(?:\.0*)?\s*", re.ASCII)
_UUID7 = re.compile(r"([0-9a-fA-F]{8})-([0-9a-fA-F]{4})-7[0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


class Found:
    """The usages in a log, how many objects they are, and how many of its records have one.

    An object that can be read in two ways has two usages.
    """

    def __init__(self, content: bytes) -> None:
        self.usages: list[Usage] = []
        self.sums: list[Usage] = []
        self.objects = self.records = 0
        self.has_unreadable = False
        decoder = json.JSONDecoder(object_pairs_hook=self._object, strict=False)
        for line in content.split(b"\n"):
            for text in {line, line.replace(b"\0", b"")}:  # NULs may stand for nothing, or damage a name
                self._read(text.decode("utf-8", "replace"), decoder)

    def _read(self, line: str, decoder: json.JSONDecoder) -> None:
        """All objects in the line; in one that was cut, those within it."""
        at = line.find("{")
        while at >= 0:
            before = len(self.usages)
            try:
                _, end = decoder.raw_decode(line, at)
            except (ValueError, RecursionError):
                end = at + 1
            self.records += len(self.usages) > before
            at = line.find("{", end)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if any(name.endswith("_tokens") for name, _ in pairs):
            self.objects += 1
            unread = (name for name, value in pairs if name.endswith("_tokens") and _whole(value) is None)
            self.has_unreadable |= any(unread) or _lacks_members(dict(pairs).keys())
            # Of a name that stands there twice a decoder may take either.
            whole = [pair for pair in pairs if _whole(pair[1]) is not None]
            for taken in (pairs, pairs[::-1], whole) if len(dict(pairs)) < len(pairs) else (pairs,):
                self._add(dict(taken))
        elif any(name.endswith("InputTokens") or name == "outputTokens" for name, _ in pairs):
            self.sums.append(_counts(dict(pairs)))
        return dict(pairs)

    def _add(self, members: dict[str, Any]) -> None:
        usage = _counts(members)
        parts = members.get("cache_creation")
        known = _counts(parts) if isinstance(parts, dict) else {}
        usage |= {name: count for name, count in known.items() if name.startswith("ephemeral_")}
        self.usages.append(usage)
        if any(count > _PLAUSIBLE for count in usage.values()):
            self.usages.append({name: count for name, count in usage.items() if count <= _PLAUSIBLE})


def _lacks_members(names: KeysView[str]) -> bool:
    """Whether it is a usage of Codex without one of its members."""
    return bool(names & _ONLY_CODEX) and not names >= _OF_CODEX


def check_codex(responses: Iterable[BilledResponse], content: bytes) -> None:
    found, figures = Found(content), Figures(content, NOW)
    counters = {counts for usage in found.usages for counts in _of_codex_line(usage)}
    billed = list(responses)
    for response in billed:
        _check(response, found, figures)
        ours = _of_codex(response.usage)
        fits = any(_fits(ours, sent) for sent in counters) or any(
            _fits(ours, _minus(later, earlier)) for later in counters for earlier in counters
        )
        fits = fits or (found.has_unreadable and _is_made_up(ours, counters))
        require(fits, f"tokens in no line and between no two: {_all(response.usage)}")
    require(len(billed) <= found.records, f"{len(billed)} responses in {found.records} records")


def check_claude(responses: Iterable[BilledResponse], content: bytes) -> None:
    found, figures = Found(content), Figures(content, NOW)
    sent = {counts for usage in found.usages for counts in _of_claude(usage)}
    on_lines = 0
    for response in responses:
        usage = response.usage
        ours = (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.output_tokens)
        if getattr(response.context, "not_on_lines", False):  # no response: what is left of a session's sum
            within = any(_is_within(ours, each) for each in found.sums)
            require(within, f"tokens beside the lines in no sum: {_all(usage)}")
            continue
        on_lines += 1
        _check(response, found, figures)
        require(ours in sent, f"tokens in no line: {_all(usage)}")
    require(on_lines <= found.objects, f"{on_lines} responses with {found.objects} usages")


def _is_within(ours: Counts, total: Usage) -> bool:
    names = ("inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens", "outputTokens")
    return all(0 <= count <= total.get(name, 0) for count, name in zip(ours, names, strict=True))


def _check(response: BilledResponse, found: Found, figures: Figures) -> None:
    usage = response.usage
    require(min(_all(usage)) >= 0, f"a negative count: {_all(usage)}")
    require(
        usage.cache_write_1h_tokens <= usage.cache_write_tokens,
        f"more 1-hour writes than writes: {_all(usage)}",
    )
    require(usage.reasoning_tokens <= usage.output_tokens, f"more reasoning than output: {_all(usage)}")
    for part in (usage.cache_write_1h_tokens, usage.reasoning_tokens):
        held = part == 0 or figures.holds(part) or any(part in each.values() for each in found.usages)
        held = held or _is_difference(part, found) or found.has_unreadable
        require(held, f"a part of {part} tokens is in no line")
    require(
        response.web_searches == 0 or figures.holds(response.web_searches), "searches that are in no line"
    )
    held = figures.is_moment(response.at) or response.at_ms in set(_births(figures.text))
    require(held, f"the time {response.at} is in no line")


def _all(usage: TokenUsage) -> tuple[int, ...]:
    return tuple(int(getattr(usage, name)) for name in usage.__struct_fields__)


def _of_codex_line(usage: Usage) -> Iterator[Counts]:
    """Where the input cannot be read, that of it which can may count, or nothing."""
    cached, written = usage.get("cached_input_tokens", 0), usage.get("cache_write_input_tokens", 0)
    for whole in {usage.get("input_tokens", 0), usage.get("input_tokens", cached + written)}:
        yield whole, cached, written, usage.get("output_tokens", 0)


def _minus(later: Counts, earlier: Counts) -> Counts:
    return (
        later[0] - earlier[0],
        later[1] - earlier[1],
        later[2] - earlier[2],
        later[3] - earlier[3],
    )


def _of_codex(usage: TokenUsage) -> Counts:
    whole = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    return whole, usage.cache_read_tokens, usage.cache_write_tokens, usage.output_tokens


def _fits(ours: Counts, sent: Counts) -> bool:
    if ours[0] != sent[0] or ours[3] != sent[3]:
        return False
    if sent[1] + sent[2] <= sent[0]:
        return ours == sent
    return ours[1] <= sent[1] and ours[2] <= sent[2]


def _is_made_up(ours: Counts, counters: set[Counts]) -> bool:
    """Whether each count is that of some usage, or between two; parts that make up the whole may be cut to it."""
    whole, *parts, _ = ours
    for number, count in enumerate(ours):
        known = {each[number] for each in counters} | {0}
        is_cut = number in (1, 2) and sum(parts) == whole and count <= max(known)
        if count not in known and not is_cut and not any(count + less in known for less in known):
            return False
    return True


def _of_claude(usage: Usage) -> Iterator[Counts]:
    parts = usage.get("ephemeral_5m_input_tokens", 0) + usage.get("ephemeral_1h_input_tokens", 0)
    written = usage.get("cache_creation_input_tokens")
    for each in {parts if written is None else written, written or 0}:
        yield (
            usage.get("input_tokens", 0),
            usage.get("cache_read_input_tokens", 0),
            each,
            usage.get("output_tokens", 0),
        )


def _is_difference(part: int, found: Found) -> bool:
    counts = {count for usage in found.usages for count in usage.values()}
    return any(part + count in counts for count in counts)


def _counts(members: dict[str, Any]) -> Usage:
    return {name: count for name, value in members.items() if (count := _whole(value)) is not None}


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    if isinstance(value, float):
        return int(value) if value >= 0 and value.is_integer() else None
    match = _WHOLE.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) if match else None


def _births(text: str) -> Iterator[int]:
    for found in _UUID7.finditer(text):
        yield int(found[1] + found[2], 16)
