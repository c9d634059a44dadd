"""Rollouts as Codex 0.169 writes them: a token_usage_record and a token_count for each response."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from tests.bench.corpus import (
    IMAGE,
    TEXT,
    Billed,
    Line,
    Log,
    Session,
    Stock,
    Tokens,
    encode,
    stamp,
    style,
    uuid7,
)

_MODELS = ("gpt-5.5", "gpt-5.5", "gpt-5.4", "gpt-5.1-codex")
_CLASSES = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
)

Counts = tuple[int, int, int, int, int]
_NONE: Counts = (0, 0, 0, 0, 0)


class _End(Struct, frozen=True):
    """Where a thread stands, for forks that go on from there."""

    thread: str
    ordinal: int
    size: int
    counters: Counts


class CodexLogs:
    """Writes rollouts below a home; one in thirty is a fork of the one before, by reference."""

    def __init__(self, home: Path, rng: random.Random, billed: Billed) -> None:
        self._home = home
        self._rng = rng
        self._billed = billed
        self._stock = Stock(rng)
        self._last: _End | None = None

    def write(self, sessions: Iterable[Session]) -> None:
        for session in sessions:
            self._write(session)

    def _write(self, session: Session) -> None:
        base = self._last if self._rng.random() < 1 / 30 else None
        thread = uuid7(session.start, self._rng)
        day, name = session.start.strftime("%Y/%m/%d"), session.start.strftime("%Y-%m-%dT%H-%M-%S")
        log = Log(self._home / "sessions" / day / f"rollout-{name}-{thread}.jsonl")
        rollout = _Rollout(log, thread, session, base, self._rng, self._stock, self._billed)
        rollout.write()
        log.close(rollout.now)
        self._billed.bytes += log.size
        self._last = _End(thread, rollout.ordinal, log.size, rollout.counters)


class _Rollout:
    """One file, line by line."""

    def __init__(
        self,
        log: Log,
        thread: str,
        session: Session,
        base: _End | None,
        rng: random.Random,
        stock: Stock,
        billed: Billed,
    ) -> None:
        self._log, self._thread, self._session, self._base = log, thread, session, base
        self._rng, self._stock, self._billed = rng, stock, billed
        self._model = rng.choice(_MODELS)
        self._turn = ""
        self._of_turn = _NONE
        self._context = 12_000
        self._latest: Line = {}
        self._style = ""
        self._responses = 0
        self.now = session.start
        self.ordinal = base.ordinal if base else 0
        self.counters = base.counters if base else _NONE

    def write(self) -> None:
        self._begin()
        while True:
            self._start_turn()
            for _ in range(self._rng.randint(1, 12)):
                self._respond()
                if self._responses == 1 and self._session.long_line:
                    self._long_line()
                if self._responses % 80 == 0:
                    self._compact(self._stock.text(self._stock.size(50_000, 200_000)))
                if self._log.size >= self._session.size:
                    break
            self._line(
                "event_msg", {"type": "task_complete", "turn_id": self._turn, "last_agent_message": "done"}
            )
            if self._log.size >= self._session.size:
                return

    def _line(self, kind: str, payload: Line, *, text: bytes = b"") -> bytes:
        raw = encode(self._members(kind, payload), text=text, style=self._style)
        self._log.write(raw)
        return raw

    def _members(self, kind: str, payload: Line) -> Line:
        line = {"timestamp": stamp(self.now), "ordinal": self.ordinal, "type": kind, "payload": payload}
        self.ordinal += 1
        return line

    def _begin(self) -> None:
        base = self._base
        meta: Line = {"account_scoped": True, "session_id": self._thread, "id": self._thread}
        if base is not None:
            meta |= {"forked_from_id": base.thread, "forked_from_ordinal_exclusive": base.ordinal}
        meta |= {"timestamp": stamp(self.now), "cwd": f"/home/dev/app{self.now.day % 7}"}
        meta |= {
            "originator": "codex_cli_rs",
            "cli_version": "0.169.0",
            "source": "cli",
            "thread_source": "user",
        }
        meta |= {"model_provider": "openai", "base_instructions": {"text": TEXT}, "history_mode": "paginated"}
        if base is not None:
            end = {"end_ordinal_exclusive": base.ordinal, "end_byte_offset": base.size}
            meta["history_base"] = {"thread_id": base.thread, **end}
        self._line("session_meta", meta, text=self._stock.text(min(16_000, self._session.size // 4)))

    def _start_turn(self) -> None:
        self._turn, self._of_turn = uuid7(self.now, self._rng), _NONE
        started: Line = {"type": "task_started", "turn_id": self._turn, "root_turn_id": self._turn}
        self._line(
            "event_msg", started | {"started_at": int(self.now.timestamp()), "model_context_window": 258_400}
        )
        context: Line = {
            "turn_id": self._turn,
            "root_turn_id": self._turn,
            "cwd": "/home/dev/app",
            "approval_policy": "never",
        }
        mode: Line = {"mode": "default", "settings": {"model": self._model, "developer_instructions": None}}
        context |= {"model": self._model, "effort": "high", "collaboration_mode": mode, "summary": "none"}
        self._line("world_state", {"full": True, "state": {}})
        self._line("turn_context", context | {"sandbox_policy": {"type": "danger-full-access"}})
        settings = {"model": self._model, "approval_policy": "never", "collaboration_mode": mode}
        applied = {"type": "thread_settings_applied", "thread_id": self._thread, "thread_settings": settings}
        self._line("event_msg", applied)
        asked = self._item("message", role="user", content=[{"type": "input_text", "text": TEXT}])
        words = self._stock.text(self._stock.size(300, 3_000))
        self._line("response_item", asked, text=words)
        content = [{"type": "text", "text": TEXT, "text_elements": []}]
        said: Line = {"type": "UserMessage", "id": uuid7(self.now, self._rng), "content": content}
        self._completed(said, text=words)

    def _respond(self) -> None:
        """What the model thought and called, what that printed, and what it cost."""
        rng, stock = self._rng, self._stock
        self._style = style(rng)
        self.now += timedelta(seconds=rng.uniform(3, 40))
        self._responses += 1
        thought: Line = {
            "type": "Reasoning",
            "id": f"rs_{rng.getrandbits(64):x}",
            "summary_text": [],
            "raw_content": [],
        }
        self._completed(thought)
        reasoning = self._item("reasoning", summary=[], content=None, encrypted_content=TEXT)
        self._line("response_item", reasoning, text=stock.image(stock.size(500, 6_000)))
        calls = [f"call_{rng.getrandbits(96):x}" for _ in range(1 if rng.random() < 0.7 else 2)]
        for call in calls:
            called = self._item("function_call", name="exec_command", arguments=TEXT, call_id=call)
            self._line("response_item", called, text=stock.text(stock.size(256, 6_000)))
        counts = self._bill()
        for call in calls:
            printed = stock.text(stock.size(1_000, 120_000))
            ran = {
                "type": "CommandExecution",
                "id": call,
                "command": ["/bin/bash", "-lc", "make"],
                "exit_code": 0,
            }
            self._completed(ran | {"aggregated_output": TEXT}, text=printed)
            output = self._item("function_call_output", call_id=call, output=TEXT)
            self._line("response_item", output, text=printed[: 160 * 256])
        self._count(counts)
        self._style = ""

    def _item(self, kind: str, **members: object) -> Line:
        passed_on = {"turn_id": self._turn, "create_time": self.now.timestamp()}
        return {
            "type": kind,
            "id": f"it_{self._thread}",
            **members,
            "internal_chat_message_metadata_passthrough": passed_on,
        }

    def _completed(self, item: Line, *, text: bytes = b"") -> None:
        about = {"type": "item_completed", "thread_id": self._thread, "turn_id": self._turn}
        ms = int(self.now.timestamp() * 1000)
        self._line("event_msg", about | {"item": item, "started_at_ms": ms, "completed_at_ms": ms}, text=text)

    def _bill(self) -> Counts:
        rng = self._rng
        self._context = min(self._context + rng.randint(200, 9_000), 250_000)
        if self._context == 250_000:
            self._context = 20_000
        output = rng.randint(40, 2_500)
        cached = self._context * rng.randint(60, 98) // 100
        written = (self._context - cached) // 2 if rng.random() < 0.3 else 0
        counts: Counts = (self._context, cached, written, output, output * rng.randint(0, 80) // 100)
        self._of_turn, self.counters = _added(self._of_turn, counts), _added(self.counters, counts)
        record: Line = {"thread_id": self._thread, "turn_id": self._turn, "session_id": self._thread}
        record |= {
            "root_turn_id": self._turn,
            "response_id": f"resp_{rng.getrandbits(128):032x}",
            "usage": _usage(counts),
        }
        record |= {"turn_token_usage": _usage(self._of_turn), "thread_token_usage": _usage(self.counters)}
        self._latest = record
        raw = self._line("token_usage_record", record)
        if rng.random() < 0.005:
            self._log.write(raw)  # the same line again
        self._billed.bytes_of_use += len(raw)
        self._billed.add(self._model, _tokens(counts))
        return counts

    def _count(self, counts: Counts) -> None:
        reset = int(self.now.timestamp()) // 18_000 * 18_000 + 18_000
        primary = {"used_percent": float(self._responses % 100), "window_minutes": 300, "resets_at": reset}
        limits: Line = {"limit_id": "codex", "limit_name": None, "primary": primary, "secondary": None}
        limits |= {
            "credits": {"has_credits": True, "unlimited": False, "balance": "150.5"},
            "plan_type": "pro",
        }
        info: Line = {"total_token_usage": _usage(self.counters), "last_token_usage": _usage(counts)}
        info |= {"last_usage_includes_reasoning": False, "model_context_window": 258_400}
        raw = self._line("event_msg", {"type": "token_count", "info": info, "rate_limits": limits})
        self._billed.bytes_of_use += len(raw)
        if self._rng.random() < 0.05:
            self._log.write(raw)  # limits are told again, with the same counters

    def _compacted(self, member: str, stand_in: str) -> Line:
        history = [{"type": "message", "role": "user", "content": [{"type": "input_text", member: stand_in}]}]
        return {"message": "", "replacement_history": history, "latest_token_usage_record": self._latest}

    def _compact(self, text: bytes) -> None:
        self._line("compacted", self._compacted("text", TEXT), text=text)

    def _long_line(self) -> None:
        if self._rng.random() < 0.5:
            kind, payload = "compacted", self._compacted("image_url", IMAGE)
        else:
            kind, payload = (
                "response_item",
                self._item("function_call_output", call_id="call_1", output=IMAGE),
            )
        self._log.write_long(
            self._members(kind, payload), self._stock.image(100_000), self._session.long_line
        )


def one_more(path: Path, now: datetime, number: int) -> bytes:
    """A line to append to a rollout: one more response."""
    thread = path.stem[-36:]
    turn, usage = uuid7(now, random.Random(number)), _usage((1_000, 500, 0, 100, 10))
    record = {
        "thread_id": thread,
        "turn_id": turn,
        "session_id": thread,
        "root_turn_id": turn,
        "usage": usage,
    }
    record |= {"response_id": f"resp_more_{number}", "turn_token_usage": usage, "thread_token_usage": usage}
    return encode({"timestamp": stamp(now), "type": "token_usage_record", "payload": record})


def _usage(counts: Counts) -> Line:
    return {**dict(zip(_CLASSES, counts, strict=True)), "total_tokens": counts[0] + counts[3]}


def _added(one: Counts, other: Counts) -> Counts:
    a, b, c, d, e = (x + y for x, y in zip(one, other, strict=True))
    return a, b, c, d, e


def _tokens(counts: Counts) -> Tokens:
    whole, cached, written, output, reasoning = counts
    return Tokens(
        responses=1,
        input_tokens=whole - cached - written,
        cache_read_tokens=cached,
        cache_write_tokens=written,
        output_tokens=output,
        reasoning_tokens=reasoning,
    )
