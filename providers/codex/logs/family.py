"""How the threads of all rollouts are related: what one says of another's usage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from providers.codex.logs.rollout import (
    Compaction,
    ModelContext,
    Rollout,
    TokenEvent,
    Tokens,
    added,
    turn_is_real,
)

# A fork of Codex 0.89-0.98 writes its copies at once: at most this long after the file's first line.
_COPYING_MS = 150


class Orphans(Struct, frozen=True):
    """Which events of a rollout are copies of a lost thread: those `until` then, and the first ones, by number.

    `owner` stands for that thread: copies of the same event have it in common.
    """

    owner: str
    until: int
    first: int


class Family:
    """How the threads of all rollouts are related."""

    def __init__(self, rollouts: Sequence[Rollout]) -> None:
        self._rollouts = rollouts
        self._of: dict[str, list[Rollout]] = {}
        self._files: dict[str, list[Rollout]] = {}
        self._recorded: set[str | tuple[str, str]] = set()
        self._ancestors: dict[frozenset[str], frozenset[str]] = {}
        self._first_seen: dict[str, dict[tuple[Tokens, Tokens], int]] = {}
        self._begun: dict[tuple[str, int], set[str]] | None = None
        for rollout in rollouts:
            self._of.setdefault(rollout.thread, []).append(rollout)
            self._files.setdefault(rollout.file, []).append(rollout)
            for place in {record.terms for record in rollout.records}:
                turn = rollout.terms[place].turn
                if turn is not None:
                    self._recorded.add(turn if turn_is_real(turn) else (rollout.thread, turn))

    def has_record(self, rollout: Rollout, turn: str | None, *, is_real: bool) -> bool:
        return turn is not None and (turn if is_real else (rollout.thread, turn)) in self._recorded

    def has_original(self, rollout: Rollout, event: TokenEvent, total: Tokens) -> bool:
        """True when an ancestor counted the same before this rollout began: then the event is a copy."""
        same = (total, event.last)
        return any(
            self._seen_in(thread).get(same, rollout.began_at + 1) <= rollout.began_at
            for thread in self._ancestors_of(rollout)
        )

    def orphans(self, rollout: Rollout) -> Orphans | None:
        """None where all ancestors of the rollout are known."""
        lost = self._lost(rollout)
        if not lost:
            return None
        return Orphans(min(lost), rollout.began_at + _COPYING_MS, self._shared(rollout, lost))

    def _shared(self, rollout: Rollout, lost: frozenset[str]) -> int:
        """How many of its first events a sibling has too, which continues the same lost thread."""
        begun = self._begun
        if begun is None:
            begun = self._begun = {}
            for each in self._rollouts:
                names = self._lost(each)
                for beginning in _beginnings(each) if names else ():
                    for name in names:
                        begun.setdefault((name, beginning), set()).add(each.thread)
        related = {rollout.thread} | self._ancestors_of(rollout) | self._descendants_of(rollout)
        shared = 0
        for beginning in _beginnings(rollout):
            if all(begun[name, beginning] <= related for name in lost):
                break
            shared += 1
        return shared

    def _descendants_of(self, rollout: Rollout) -> set[str]:
        return {each.thread for each in self._rollouts if rollout.thread in self._ancestors_of(each)}

    def usage(self, rollout: Rollout, event: TokenEvent, total: Tokens) -> Tokens | None:
        """What a token_count added; the counters of a rollout's first one may continue those of its base."""
        if event.opening and rollout.base is not None and rollout.counters_go_on:
            if rollout.base.thread not in self._files:
                return None  # it may hold any part of the base's use
            return added(self._counters_before(rollout), total, event.last)
        if isinstance(event.usage, bool):
            return event.last if event.usage else None
        return event.usage

    def switched_from(self, rollout: Rollout) -> dict[int, str]:
        """The model of each record that, when the model changed, summed up the history for the next one.

        Codex (0.155 on) has the old model do so if the new one cannot read its compacted history, or has a smaller
        window.
        """
        models = ((each.record, self._old_model(rollout, each)) for each in rollout.compactions)
        return {record: model for record, model in models if model is not None}

    def _old_model(self, rollout: Rollout, compaction: Compaction) -> str | None:
        turn = rollout.terms[rollout.records[compaction.record].terms].turn
        new, _ = rollout.settings.get(turn or "", (None, None))
        before = self._contexts_before(rollout, compaction.contexts)
        old = next((each for each in before if compaction.model in (None, each.model)), None)
        model = compaction.model or (old.model if old else None)
        if new is None or model in (None, new):
            return None
        old_hash = compaction.comp_hash or (old.comp_hash if old else None)
        new_hash = next((each.comp_hash for each in reversed(rollout.contexts) if each.model == new), None)
        if old_hash and new_hash and old_hash != new_hash:
            return model
        if old and old.window and compaction.window and compaction.window < old.window:
            return model
        return None

    def _contexts_before(self, rollout: Rollout, count: int) -> Iterator[ModelContext]:
        """The last one first; those of a fork's base come before its own."""
        yield from reversed(rollout.contexts[:count])
        for base, end in self._bases(rollout):
            for context in reversed(base.contexts):
                if context.ordinal is not None and context.ordinal < end:
                    yield context

    def _counters_before(self, rollout: Rollout) -> Tokens | None:
        """What the history that a fork by reference continues left on the counters."""
        for base, end in self._bases(rollout):
            before = [
                (event.ordinal, total)
                for event, total in base.totals()
                if event.ordinal is not None and event.ordinal < end
            ]
            forgot = [ordinal for ordinal in base.forgets if ordinal < end]
            if before:
                newest, total = before[-1]
                return None if forgot and forgot[-1] > newest else total
            if forgot or not base.counters_go_on:
                return None
        return None

    def _bases(self, rollout: Rollout) -> Iterator[tuple[Rollout, int]]:
        """The rollouts that a fork by reference continues, the nearest first, with the ordinals where they end."""
        base, visited = rollout.base, set[str]()
        end = base.ordinals if base is not None else 0
        while base is not None and base.thread in self._files and base.thread not in visited:
            visited.add(base.thread)
            end = min(end, base.ordinals)
            twins = self._files[base.thread]
            found = twins[0] if len(twins) == 1 else max(twins, key=_length)
            yield found, end
            base = found.base

    def _ancestors_of(self, rollout: Rollout) -> frozenset[str]:
        known = self._ancestors.get(rollout.parents)
        if known is None:
            found: set[str] = set()
            pending = list(rollout.parents)
            while pending:
                thread = pending.pop()
                if thread not in found:
                    found.add(thread)
                    for relative in self._of.get(thread, ()):
                        pending.extend(relative.parents)
            known = self._ancestors[rollout.parents] = frozenset(found)
        return known - {rollout.thread}

    def _lost(self, rollout: Rollout) -> frozenset[str]:
        """Its ancestors whose rollouts no longer exist."""
        return frozenset(thread for thread in self._ancestors_of(rollout) if thread not in self._of)

    def _seen_in(self, thread: str) -> dict[tuple[Tokens, Tokens], int]:
        seen = self._first_seen.get(thread)
        if seen is None:
            seen = self._first_seen[thread] = {}
            for rollout in self._of.get(thread, ()):
                for event, total in rollout.totals():
                    same = (total, event.last)
                    seen[same] = min(event.at, seen.get(same, event.at))
        return seen


def _length(twin: Rollout) -> tuple[int, bytes]:
    """Of twins, the one that was read to a later end has more; the bytes only settle a tie."""
    return len(list(twin.totals())), bytes(twin.events)


def _beginnings(rollout: Rollout) -> Iterator[int]:
    """A hash for each of its token_counts and all those before it."""
    beginning = 0
    for event, total in rollout.totals():
        beginning = hash((beginning, total, event.last))
        yield beginning
