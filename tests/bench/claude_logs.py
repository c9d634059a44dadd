"""Transcripts as Claude Code 2.1 writes them: an answer in one line for each of its parts."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

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
    uuid4,
)

_MODELS = ("claude-opus-4-8", "claude-opus-4-8", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001")
_VERSION = "2.1.197"


class ClaudeLogs:
    """Writes transcripts below a home. One in six is a subagent's, one in thirty a fork, which copies."""

    def __init__(self, home: Path, rng: random.Random, billed: Billed) -> None:
        self._home = home
        self._rng = rng
        self._billed = billed
        self._stock = Stock(rng)
        self._last: _Transcript | None = None

    def write(self, sessions: Iterable[Session]) -> None:
        for session in sessions:
            self._write(session)

    def _write(self, session: Session) -> None:
        last, dice = self._last, self._rng.random()
        place = self._home / "projects" / f"-home-dev-app{session.start.day % 7}"
        name = uuid4(self._rng)
        if last is not None and dice < 1 / 6:
            agent = f"a{self._rng.getrandbits(64):016x}"
            path = place / last.session / "subagents" / f"agent-{agent}.jsonl"
            transcript = _Transcript(path, last.session, agent, session, self._rng, self._stock, self._billed)
        else:
            path = place / f"{name}.jsonl"
            transcript = _Transcript(path, name, None, session, self._rng, self._stock, self._billed)
            if last is not None and dice > 29 / 30:
                transcript.copy(last)
            self._last = transcript
        transcript.write()


class _Transcript:
    """One file, line by line."""

    def __init__(
        self,
        path: Path,
        session: str,
        agent: str | None,
        planned: Session,
        rng: random.Random,
        stock: Stock,
        billed: Billed,
    ) -> None:
        self._log = Log(path)
        self.session, self._agent, self._planned = session, agent, planned
        self._rng, self._stock, self._billed = rng, stock, billed
        self._model = rng.choice(_MODELS)
        self._cwd = f"/home/dev/app{planned.start.day % 7}"
        self._parent: str | None = None
        self._context = 15_000
        self._responses = 0
        self._style = ""
        self._now = planned.start
        self._first: list[Line] = []

    def copy(self, other: _Transcript) -> None:
        """As a fork does: the same ids and times under another session."""
        for line in other._first:
            origin = {"sessionId": other.session, "messageUuid": line["uuid"]}
            self._log.write(encode(line | {"sessionId": self.session, "forkedFrom": origin}))

    def write(self) -> None:
        queued = {"type": "queue-operation", "operation": "enqueue", "timestamp": stamp(self._now)}
        self._log.write(encode(queued | {"sessionId": self.session}))
        while True:
            self._ask()
            for _ in range(self._rng.randint(1, 15)):
                self._respond()
                if self._responses == 1 and self._planned.long_line:
                    self._long_line()
                if self._log.size >= self._planned.size:
                    break
            self._say({"type": "system", "subtype": "turn_duration", "durationMs": 61_000})
            if self._log.size >= self._planned.size:
                break
        self._log.write(encode({"type": "last-prompt", "lastPrompt": "go on", "sessionId": self.session}))
        self._log.close(self._now)
        self._billed.bytes += self._log.size

    def _say(self, members: Line, *, text: bytes = b"", image: bytes = b"") -> Line:
        line = self._members(members)
        self._log.write(encode(line, text=text, image=image, style=self._style))
        return line

    def _members(self, members: Line) -> Line:
        uuid = uuid4(self._rng)
        line: Line = {"parentUuid": self._parent, "isSidechain": self._agent is not None}
        if self._agent is not None:
            line["agentId"] = self._agent
        line |= members | {
            "uuid": uuid,
            "timestamp": stamp(self._now),
            "userType": "external",
            "entrypoint": "cli",
        }
        line |= {"cwd": self._cwd, "sessionId": self.session, "version": _VERSION, "gitBranch": "main"}
        self._parent = uuid
        return line

    def _ask(self) -> None:
        snapshot = {"messageId": uuid4(self._rng), "trackedFileBackups": {}, "timestamp": stamp(self._now)}
        self._log.write(encode({"type": "file-history-snapshot", "messageId": "m", "snapshot": snapshot}))
        text = self._stock.text(self._stock.size(256, 3_000))
        self._say(
            {"promptId": uuid4(self._rng), "type": "user", "message": {"role": "user", "content": TEXT}},
            text=text,
        )
        self._say(
            {"attachment": {"type": "task_reminder", "content": [], "itemCount": 0}, "type": "attachment"}
        )
        if self._rng.random() < 0.02:
            self._say(
                {
                    "type": "assistant",
                    "message": _message("<synthetic>", _usage(Tokens(), "x"), "stop_sequence"),
                }
            )

    def _respond(self) -> None:
        rng, stock = self._rng, self._stock
        self._style = style(rng)
        self._now += timedelta(seconds=rng.uniform(3, 40))
        self._responses += 1
        tokens = self._bill()
        message = f"msg_01{rng.getrandbits(96):024x}"
        request = f"req_01{rng.getrandbits(96):024x}"
        tools = [f"toolu_01{rng.getrandbits(96):024x}" for _ in range(1 if rng.random() < 0.75 else 2)]
        parts: list[tuple[Line, bytes]] = []
        if rng.random() < 0.6:
            thought = {"type": "thinking", "thinking": "", "signature": TEXT}
            parts.append((thought, stock.image(stock.size(300, 3_000))))
        if rng.random() < 0.4:
            parts.append(({"type": "text", "text": TEXT}, stock.text(stock.size(256, 2_000))))
        for tool in tools:
            called = {"type": "tool_use", "id": tool, "name": "Edit", "input": {"command": TEXT}}
            parts.append((called, stock.text(stock.size(256, 6_000))))
        for number, (part, text) in enumerate(parts, 1):
            self._part(message, request, tokens, part, text, last=number == len(parts))
        for tool in tools:
            self._result(tool, stock.text(stock.size(1_000, 80_000)))
        self._style = ""

    def _part(
        self, message: str, request: str, tokens: Tokens, part: Line, text: bytes, *, last: bool
    ) -> None:
        """A subagent's lines are written while the answer is streaming: only the last one tells its output."""
        said = tokens
        stop: str | None = "tool_use"
        if self._agent is not None and not last:
            said, stop = replace(tokens, output_tokens=self._rng.randint(1, 8)), None
        body = _message(self._model, _usage(said, stop), stop, id=message, content=[part])
        line = self._members({"message": body, "requestId": request, "type": "assistant"})
        raw = encode(line, text=text, style=self._style)
        self._log.write(raw)
        if self._rng.random() < 0.005:
            self._log.write(raw)  # the same line again
        self._billed.bytes_of_use += len(raw)
        if self._responses <= 10 and self._agent is None:
            self._first.append(line)

    def _result(self, tool: str, text: bytes) -> None:
        content = [{"tool_use_id": tool, "type": "tool_result", "content": TEXT, "is_error": False}]
        result: Line = {"stdout": TEXT, "stderr": "", "interrupted": False, "isImage": False}
        if self._rng.random() < 0.03:
            spent = {
                "input_tokens": 999_999,
                "output_tokens": 99_999,
            }  # a subagent's sum: its own lines tell it too
            result = {"status": "completed", "totalTokens": 1_099_998, "usage": spent, "content": TEXT}
        told = {"promptId": uuid4(self._rng), "type": "user", "message": {"role": "user", "content": content}}
        self._say(told | {"toolUseResult": result, "sourceToolAssistantUUID": self._parent}, text=text)

    def _bill(self) -> Tokens:
        rng = self._rng
        new = rng.randint(200, 9_000)
        self._context = self._context + new if self._context < 180_000 else 20_000
        lasting = new if rng.random() < 0.5 else 0
        tokens = Tokens(
            responses=1,
            input_tokens=rng.randint(1, 30),
            cache_read_tokens=self._context,
            cache_write_tokens=new,
            cache_write_1h_tokens=lasting,
            output_tokens=rng.randint(20, 2_500),
        )
        self._billed.add(self._model, tokens)
        return tokens

    def _long_line(self) -> None:
        source = {"type": "base64", "media_type": "image/png", "data": IMAGE}
        content = [
            {
                "tool_use_id": "toolu_1",
                "type": "tool_result",
                "content": [{"type": "image", "source": source}],
            }
        ]
        line = self._members({"type": "user", "message": {"role": "user", "content": content}})
        self._log.write_long(line, self._stock.image(100_000), self._planned.long_line)


def one_more(path: Path, now: datetime, number: int) -> bytes:
    """A line to append to a transcript: one more answer."""
    usage = _usage(Tokens(input_tokens=500, cache_read_tokens=500, output_tokens=100), "end_turn")
    body = _message(
        _MODELS[0], usage, "end_turn", id=f"msg_more_{number}", content=[{"type": "text", "text": "ok"}]
    )
    of_agent = path.parent.name == "subagents"
    session = path.parent.parent.name if of_agent else path.stem
    line = {"parentUuid": None, "isSidechain": of_agent, "message": body, "requestId": f"req_more_{number}"}
    line |= {"type": "assistant", "uuid": f"00000000-0000-4000-8000-{number:012x}", "timestamp": stamp(now)}
    return encode(line | {"cwd": "/home/dev/app", "sessionId": session, "version": _VERSION})


def _message(
    model: str,
    usage: Line,
    stop: str | None,
    *,
    id: str = "msg_0",  # noqa: A002 - its name on the wire
    content: list[Line] | None = None,
) -> Line:
    head = {"model": model, "id": id, "type": "message", "role": "assistant", "content": content or []}
    return head | {"stop_reason": stop, "stop_sequence": None, "usage": usage}


def _usage(tokens: Tokens, stop: str | None) -> Line:
    written, lasting = tokens.cache_write_tokens, tokens.cache_write_1h_tokens
    usage: Line = {"input_tokens": tokens.input_tokens, "cache_creation_input_tokens": written}
    usage |= {"cache_read_input_tokens": tokens.cache_read_tokens, "output_tokens": tokens.output_tokens}
    usage["server_tool_use"] = {"web_search_requests": 0, "web_fetch_requests": 0}
    usage["service_tier"] = "standard"
    usage["cache_creation"] = {
        "ephemeral_1h_input_tokens": lasting,
        "ephemeral_5m_input_tokens": written - lasting,
    }
    if stop is not None:
        usage |= {"inference_geo": "global", "iterations": [], "speed": "standard"}
    return usage
