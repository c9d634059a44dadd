"""The limits as Codex itself last wrote them down: the newest `rate_limits` in the rollouts, without a network.

Codex notes them in each `token_count`. Not every such line is news: forks up to 0.150 re-stamp their parent's
lines with the time of the fork, and a line whose counters did not move restates what is known. A line counts
when its totals or its limits differ from the line before it, in a turn of the file's own thread.
Only the ends of the newest files are read, so this takes milliseconds however large the logs are.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from providers.codex import limits
from providers.errors import ProviderError
from providers.models import RateWindow, Reading
from providers.source import Home, Question

NEWEST_FILES = 24
HEAD_BYTES = 1 << 18
TAIL_BYTES = (1 << 17, 1 << 20, 1 << 22)
OLDEST = timedelta(days=31)


class _Window(Struct, frozen=True):
    used_percent: float
    window_minutes: float | None = None
    resets_at: float | None = None


class _Credits(Struct, frozen=True):
    has_credits: bool = False
    unlimited: bool = False
    balance: str | float | None = None


class _RateLimits(Struct, frozen=True):
    limit_id: str | None = None
    primary: Any = None
    secondary: Any = None
    credits: Any = None
    plan_type: str | None = None


class _Payload(Struct, frozen=True):
    type: str | None = None
    id: str | None = None
    turn_id: str | None = None
    info: Any = None
    rate_limits: Any = None
    forked_from_id: str | None = None
    parent_thread_id: str | None = None
    source: Any = None


class _Line(Struct, frozen=True):
    timestamp: datetime
    type: str
    payload: _Payload


class _Noted(Struct, frozen=True):
    at: datetime
    rate_limits: _RateLimits


_WANTED = (b'"token_count"', b'"task_started"', b'"turn_context"', b'"session_meta"')
_decoder = msgspec.json.Decoder(_Line)


class RolloutLimits:
    """Implements providers.source.Source."""

    id = "rollouts"
    title = "Codex logs"
    local = True

    def unavailable(self, question: Question) -> ProviderError | None:  # noqa: ARG002 - as every source
        return None

    def read(self, question: Question) -> Reading | None:
        """The newest trustworthy note; None where there is none. Windows past their reset are left out."""
        newest: _Noted | None = None
        for path, changed in _newest_files(question.home, question.now):
            if newest is not None and changed < newest.at:
                break  # nothing in a file can be newer than its last write
            noted = _last_noted(path, question)
            if noted is not None and (newest is None or noted.at > newest.at):
                newest = noted
        return None if newest is None else _reading(newest, question.now)


def _newest_files(home: Home, now: datetime) -> Iterator[tuple[Path, datetime]]:
    """Live and archived rollouts, last written first. Compressed ones are a week old and tell nothing new."""
    found: list[tuple[float, str]] = []
    for folder in ("sessions", "archived_sessions"):
        for root, _, names in os.walk(home.path / folder):
            for name in names:
                if name.startswith("rollout-") and name.endswith(".jsonl"):
                    path = os.path.join(root, name)
                    try:
                        found.append((os.stat(path).st_mtime, path))
                    except OSError:
                        continue  # moved away since it was listed
    oldest = (now - OLDEST).timestamp()
    for changed, name in sorted(found, reverse=True)[:NEWEST_FILES]:
        if changed > oldest:
            yield Path(name), datetime.fromtimestamp(changed, UTC)


def _last_noted(path: Path, question: Question) -> _Noted | None:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            own = _own_turns(_lines(file.read(HEAD_BYTES)))
            noted = None
            for length in TAIL_BYTES:
                start = max(0, size - length)
                file.seek(start)
                block = file.read(size - start)
                noted, seen = _newest_of(
                    _lines(block if start == 0 else block.partition(b"\n")[2]), own, question
                )
                # The first line of a block may repeat one before it; a second one tells.
                if start == 0 or (noted is not None and seen > 1):
                    break
    except OSError:
        return None  # the other files speak
    return noted


class _OwnTurns(Struct, frozen=True):
    """How a file's own turns are told from copied ones: `since` is when its thread began.

    `copies` is False for a thread without a parent, whose lines are all its own.
    """

    copies: bool
    since: int | None


def _own_turns(head: Iterator[_Line]) -> _OwnTurns:
    for line in head:
        if line.type == "session_meta":
            meta = line.payload
            spawned = isinstance(meta.source, dict) and "subagent" in meta.source
            has_parent = bool(meta.forked_from_id or meta.parent_thread_id or spawned)
            return _OwnTurns(has_parent, _uuid7_ms(meta.id))
    return _OwnTurns(copies=True, since=None)


def _newest_of(lines: Iterator[_Line], own: _OwnTurns, question: Question) -> tuple[_Noted | None, int]:
    """The last line that is news, and how many there were that could have been."""
    newest: _Noted | None = None
    before: tuple[Any, _RateLimits] | None = None
    seen = 0
    turn_is_own = not own.copies
    for line in lines:
        payload = line.payload
        if payload.turn_id is not None and own.copies:
            begun = _uuid7_ms(payload.turn_id)
            turn_is_own = begun is not None and own.since is not None and begun >= own.since
        if line.type != "event_msg" or payload.type != "token_count":
            continue
        said = _account_limits(payload.rate_limits)
        if said is None:
            continue
        seen += 1
        total = payload.info.get("total_token_usage") if isinstance(payload.info, dict) else None
        fresh, before = (total, said) != before, (total, said)
        at = line.timestamp
        if fresh and turn_is_own and question.account_since <= at <= question.now + timedelta(minutes=5):
            newest = _Noted(at, said)
    return newest, seen


def _account_limits(raw: Any) -> _RateLimits | None:
    """The account's own limits; those with another limit_id are a single model's."""
    try:
        said = msgspec.convert(raw, _RateLimits)
    except msgspec.ValidationError:
        return None
    return said if said.limit_id in (None, "codex") and (said.primary or said.secondary) else None


def _lines(block: bytes) -> Iterator[_Line]:
    """The whole lines of a block that can matter, in order; what is not understood is passed over."""
    for raw in block.split(b"\n")[:-1]:
        if not any(mark in raw for mark in _WANTED):
            continue
        try:
            line = _decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if line.timestamp.tzinfo is not None:
            yield line


def _reading(noted: _Noted, now: datetime) -> Reading:
    said = noted.rate_limits
    windows = [made for slot in (said.primary, said.secondary) if (made := _window(slot)) is not None]
    bought = None
    try:
        credits_ = msgspec.convert(said.credits, _Credits | None)
        if credits_ is not None:
            bought = limits.bought(
                has_credits=credits_.has_credits, unlimited=credits_.unlimited, balance=credits_.balance
            )
    except (msgspec.ValidationError, ValueError):
        pass  # not told in a way that can be understood: the lane is absent
    return Reading(
        source=RolloutLimits.id,
        fetched_at=noted.at.astimezone(UTC),
        windows=limits.one_of_each([w for w in windows if w.resets_at is None or w.resets_at > now]),
        credits=bought,
        plan=said.plan_type,
    )


def _window(raw: Any) -> RateWindow | None:
    try:
        sent = msgspec.convert(raw, _Window)
    except msgspec.ValidationError:
        return None
    made = limits.window(sent.used_percent, sent.window_minutes, sent.resets_at)
    return made if made and made.duration else None


def _uuid7_ms(value: str | None) -> int | None:
    """The time in a UUIDv7, in epoch ms; None for anything else."""
    try:
        parsed = uuid.UUID(value or "")
    except ValueError:
        return None
    return parsed.int >> 80 if parsed.version == 7 else None
