"""Transcripts as Claude Code 2.1.332 writes them: each file begins with 140 KB that say nothing of use.

Sessions have subagents in files of their own, fork, and end with the total of what they were billed; that holds
their titles, too, which are on no other line.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from tests.bench.claude_332_lines import (
    AFTER_ANSWER,
    OPENING,
    OPENING_BYTES,
    VERSION,
    Filler,
    api_request,
    session_owner,
)
from tests.bench.claude_332_totals import Totals, usage_of
from tests.bench.corpus import TEXT, Billed, Line, Log, Session, Stock, Tokens, encode, stamp, style, uuid4

_MODELS = ("claude-opus-5-5", "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5")
_TITLES = "claude-haiku-5-5"
_AGENTS = (0, 0, 0, 0, 1, 2)
_OPENING_SHARE = 0.6
"""Of a file that is shorter than its opening lines are as a rule: then these are shorter, too."""
_LAST_ANSWER_BYTES = 6_000


class Claude332Logs:
    """Writes transcripts below a home. A third are subagents', one session in thirty is a fork."""

    def __init__(self, home: Path, rng: random.Random, billed: Billed) -> None:
        self._home = home
        self._rng = rng
        self._billed = billed
        self._stock = Stock(rng)

    def write(self, sessions: Iterable[Session]) -> None:
        planned = iter(sessions)
        parent: _Session | None = None
        for of_session in planned:
            of_agents = list(islice(planned, self._rng.choice(_AGENTS)))
            project = self._home / "projects" / f"-home-dev-app{of_session.start.day % 7}"
            session = _Session(project, of_session, self._rng, self._stock, self._billed)
            if parent is not None and self._rng.random() < 1 / 30:
                session.fork(parent)
            session.write(of_agents)
            parent = session


class _Transcript:
    """One file, line by line."""

    def __init__(
        self,
        path: Path,
        session: str,
        agent: str | None,
        planned: Session,
        start: datetime,
        source: tuple[random.Random, Stock, Billed],
        totals: Totals,
    ) -> None:
        self._log = Log(path)
        self._session, self._agent, self._planned = session, agent, planned
        self._rng, self._stock, self._billed = source
        self._totals = totals
        opening = OPENING_BYTES["session" if agent is None else "subagent"]
        scale = min(1, planned.size * _OPENING_SHARE / opening)
        self._filler = Filler(self._rng, self._stock, scale, of_subagent=agent is not None)
        self._model = self._rng.choice(_MODELS)
        self._cwd = f"/home/dev/app{planned.start.day % 7}"
        self._parent: str | None = None
        self._context = 15_000
        self._answers = 0
        self.now = start
        self.answered: list[Line] = []

    def write_line(self, raw: bytes) -> None:
        self._log.write(raw)

    def close(self) -> None:
        self._log.close(self.now)
        self._billed.bytes += self._log.size

    def open(self, prompt: int) -> None:
        """The first prompt of a process, and what it sends with it."""
        self.ask(prompt)
        for shape in OPENING:
            text = self._filler.text(shape)
            if text is not None:
                self._say(shape.line, text)

    def request_first(self) -> None:
        for raw in self._filler.requested(self._session, stamp(self.now)):
            self.write_line(raw)

    def ask(self, size: int) -> None:
        line: Line = {
            "promptId": uuid4(self._rng),
            "type": "user",
            "message": {"role": "user", "content": TEXT},
        }
        self._say(line | {"permissionMode": "default", "promptSource": "sdk"}, self._stock.text(size))

    def answer(self, *, is_last: bool) -> None:
        """A response, a line for each of its parts, and the result of what it called."""
        request = uuid4(self._rng)
        self.write_line(
            api_request(self._session, request, stamp(self.now), self._model, self._answers, self._filler)
        )
        self.now += timedelta(seconds=self._rng.uniform(3, 40))
        tokens = self._bill()
        ids = {"id": f"msg_01{self._rng.getrandbits(96):024x}", "model": self._model}
        tool = f"toolu_01{self._rng.getrandbits(96):024x}"
        stop = "end_turn" if is_last else "tool_use"
        parts: list[tuple[Line, int]] = []
        if self._rng.random() < 0.6:
            parts.append(({"type": "thinking", "thinking": "", "signature": TEXT}, 400))
        called: Line = {"type": "tool_use", "id": tool, "name": "Edit", "input": {"command": TEXT}}
        parts.append(({"type": "text", "text": TEXT}, 600) if is_last else (called, 1_500))
        written_as = style(self._rng)
        for number, (part, most) in enumerate(parts):
            body = {"type": "message", "role": "assistant", "content": [part], "stop_reason": stop}
            usage = {"usage": usage_of(tokens), "stop_details": None}
            about = {"apiBlockIndex": number, "requestId": ids["id"].replace("msg", "req")}
            self._part({"message": ids | body | usage} | about | {"requestRef": request}, most, written_as)
        if not is_last:
            self._result(tool)
        self._answers += 1
        if self._answers == 1:
            self._say(AFTER_ANSWER.line, self._filler.text(AFTER_ANSWER) or b"")

    def answer_until_long_enough(self) -> None:
        while self._bytes_left() > 0:
            self.answer(is_last=False)
        self.answer(is_last=True)

    def _bytes_left(self) -> int:
        after = 0 if self._answers else self._filler.size(AFTER_ANSWER)
        return self._planned.size - self._log.size - after - _LAST_ANSWER_BYTES

    def _part(self, members: Line, most: int, written_as: str) -> None:
        about: Line = {"requestedModel": self._model}
        if self._agent is None:
            about |= {"promptCacheRequested": "1h"}
        else:
            about |= {"promptCacheRequested": "5m", "attributionAgent": "general-purpose"}
        about |= {"type": "assistant"}
        line = self._members(
            members | about, {"effort": "medium", "perTurnEffort": "medium", "madeBy": "model"}
        )
        raw = encode(line, text=self._stock.text(self._stock.size(256, most)), style=written_as)
        self.write_line(raw)
        self._billed.bytes_of_use += len(raw)
        if self._agent is None:
            self.answered.append(line)

    def _result(self, tool: str) -> None:
        content = [{"tool_use_id": tool, "type": "tool_result", "content": TEXT, "is_error": False}]
        ran: Line = {"stdout": TEXT, "stderr": "", "interrupted": False, "isImage": False}
        line: Line = {
            "promptId": uuid4(self._rng),
            "type": "user",
            "message": {"role": "user", "content": content},
        }
        size = min(self._stock.size(30_000, 200_000), self._bytes_left() // 2)  # it is in the line twice
        self._say(line | {"toolUseResult": ran}, self._stock.text(max(256, size)))

    def _say(self, members: Line, text: bytes) -> None:
        self.write_line(encode(self._members(members, {}), text=text))

    def _members(self, members: Line, after: Line) -> Line:
        uuid = uuid4(self._rng)
        line: Line = {"parentUuid": self._parent, "isSidechain": self._agent is not None}
        if self._agent is not None:
            line["agentId"] = self._agent
        line |= members | {"uuid": uuid, "timestamp": stamp(self.now)} | after
        line |= {"userType": "external", "entrypoint": "sdk-cli", "cwd": self._cwd}
        self._parent = uuid
        return line | {"sessionId": self._session, "version": VERSION, "gitBranch": "main"}

    def _bill(self) -> Tokens:
        rng = self._rng
        new = rng.randint(200, 9_000)
        self._context = self._context + new if self._context < 180_000 else 20_000
        output = rng.randint(20, 2_500)
        tokens = Tokens(
            responses=1,
            input_tokens=rng.randint(1, 30),
            cache_read_tokens=self._context,
            cache_write_tokens=new,
            cache_write_1h_tokens=new if self._agent is None else 0,
            output_tokens=output,
            reasoning_tokens=output * rng.randint(0, 60) // 100,
        )
        self._billed.add(self._model, tokens)
        self._totals.add(self._model, tokens)
        return tokens


class _Session(_Transcript):
    """The file of a session itself."""

    def __init__(
        self, project: Path, planned: Session, rng: random.Random, stock: Stock, billed: Billed
    ) -> None:
        name = uuid4(rng)
        self._folder = project / name
        super().__init__(
            project / f"{name}.jsonl",
            name,
            None,
            planned,
            planned.start,
            (rng, stock, billed),
            Totals(planned.start),
        )
        self._in_terminal = rng.random() < 0.5

    def fork(self, parent: _Session) -> None:
        """It begins with copies of answers and goes on from the total."""
        self.now = max(self.now, parent.now + timedelta(minutes=1))
        self._totals = parent._totals.forked()
        for line in parent.answered[:20]:
            copied = {"sessionId": self._session, "requestSessionId": line["sessionId"]}
            self.write_line(encode(line | copied, text=b"the same text"))

    def write(self, of_agents: Iterable[Session]) -> None:
        self._flush()
        for operation in ("enqueue", "dequeue"):
            line = {"type": "queue-operation", "operation": operation, "timestamp": stamp(self.now)}
            self.write_line(encode(line | {"sessionId": self._session}))
        self.open(self._stock.size(256, 3_000))
        self.request_first()
        for planned in of_agents:
            self.answer(is_last=False)
            self._agent_works(planned)
        self.answer_until_long_enough()
        if self._in_terminal:
            self._title()
        self._flush()
        for _ in range(2 if self._in_terminal else 1):
            self.write_line(self._totals.line(self._session, self.now))
        self.close()

    def _agent_works(self, planned: Session) -> None:
        agent = f"a{self._rng.getrandbits(64):016x}"
        source = (self._rng, self._stock, self._billed)
        path = self._folder / "subagents" / f"agent-{agent}.jsonl"
        transcript = _Transcript(path, self._session, agent, planned, self.now, source, self._totals)
        transcript.open(256)
        transcript.request_first()
        transcript.answer_until_long_enough()
        transcript.close()
        about = Log(path.with_suffix(".meta.json"))
        about.write(encode({"agentType": "general-purpose", "description": "look"}))
        about.close(planned.start)
        self.now = max(self.now, transcript.now)

    def _title(self) -> None:
        tokens = Tokens(input_tokens=self._rng.randint(300, 900), output_tokens=self._rng.randint(8, 30))
        self._totals.add(_TITLES, tokens)
        self._billed.beyond.add(tokens)
        for line in (
            {"type": "custom-title", "customTitle": "a title"},
            {"type": "agent-name", "agentName": "a"},
        ):
            self.write_line(encode(line | {"sessionId": self._session}))

    def _flush(self) -> None:
        """As at the start of a process, and after each turn."""
        of_session = {"sessionId": self._session}
        self.write_line(encode({"type": "last-prompt", "lastPrompt": "go on", **of_session}))
        self.write_line(session_owner(self._session))
        self.write_line(encode({"type": "mode", "mode": "normal", **of_session}))
        self.write_line(encode({"type": "atis-latch", "atis": "", **of_session}))
