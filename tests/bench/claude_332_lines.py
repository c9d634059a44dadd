"""Lines of Claude Code 2.1.332 that say nothing of use, in the shapes and sizes of what the program wrote.

A session with `-p` that was answered once is 147 KB: these lines are 98 % of it. The sizes are of runs against a
server that answered in a few words, of a session and of its subagent. Texts are prepared ones of the same length.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from msgspec import Struct

from tests.bench.corpus import TEXT, Line, Stock, encode

VERSION = "2.1.332"
OPENING_BYTES = {"session": 142_000, "subagent": 84_000}

_MEMBERS_BYTES = 480
"""What the members take that each line of a conversation has."""

_BETAS = (
    *("claude-code-20250219", "oauth-2025-04-20", "interleaved-thinking-2025-05-14"),
    *("context-management-2025-06-27", "prompt-caching-scope-2026-01-05", "per-turn-control-2026-07-01"),
    *("mid-conversation-tool-changes-2026-07-01", "tool-provenance-2026-10-26"),
    *("thinking-token-count-2026-05-13", "advanced-tool-use-2025-11-20"),
    *("mid-conversation-system-clear-at-2026-08-21", "effort-2025-11-24"),
    *("thinking-binding-controls-2026-08-01", "extended-cache-ttl-2025-04-11", "cache-diagnosis-2026-04-07"),
)
_DEFERRED = (
    *("CronCreate", "CronDelete", "CronList", "DesignSync", "EnterWorktree", "ExitWorktree", "Monitor"),
    *("NotebookEdit", "RemoteTrigger", "SendMessage", "TaskStop", "WebFetch", "WebSearch"),
)
_TOOLS = (
    *("Agent", "Bash", "Edit", "Glob", "Grep", "Read", "Skill", "ToolSearch", "Write", "TodoWrite"),
    *("AskUserQuestion", "ExitPlanMode"),
)
_SKILLS = tuple(f"skill-{number}" for number in range(14))


class Shape(Struct, frozen=True):
    """A line and how long it is in a session and in a subagent's log; 0 where it is not written.

    `parts` is how many TEXTs are in it, which share its length.
    """

    line: Line
    parts: int
    session: int
    subagent: int


def _attachment(kind: str, *, role: str = "system", **members: object) -> Line:
    rendered = {"rendered": [{"content": TEXT}], "renderedRole": role}
    return {"attachment": {"type": kind, **members}, "type": "attachment"} | rendered


def _schema(parts: int = 4) -> Line:
    properties = {f"argument_{number}": {"description": TEXT, "type": "string"} for number in range(parts)}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}
    return head | {"properties": properties, "required": ["argument_0"], "additionalProperties": False}


_TOOL = {name: {"name": name, "description": TEXT, "input_schema": _schema()} for name in _TOOLS}
_IDENTITY = {"modelId": "claude-opus-5-5", "marketingName": "Opus 5.5", "knowledgeCutoff": "June 2026"}
_SNAPSHOT: Line = {"reminderFold": False, "echoWireToolInputs": False, "contextRendering": "announced"}

OPENING = (
    Shape(_attachment("environment", snapshot={"platform": "linux", "shell": "zsh"}), 1, 1_464, 1_487),
    Shape(_attachment("model", identity=_IDENTITY, text=TEXT), 2, 830, 857),
    Shape(
        _attachment("deferred_tools_delta", addedNames=_DEFERRED, addedLines=_DEFERRED, removedNames=[]),
        *(1, 1_395, 1_159),
    ),
    Shape(_attachment("agent_listing_delta", addedLines=[TEXT] * 5, isInitial=True), 6, 3_870, 0),
    Shape(_attachment("skill_listing", content=TEXT, skillCount=14, names=_SKILLS), 2, 14_628, 14_655),
    Shape(_attachment("session_context", role="user", context={"userEmail": TEXT}), 2, 1_463, 433),
    Shape(_attachment("date", date="2026-11-29"), 1, 520, 547),
    Shape(_attachment("credential_org", organizationUuid=TEXT), 2, 450, 477),
    Shape(_attachment("remote_session_change", role="user", url=None, commit=TEXT, pr=TEXT), 3, 1_279, 1_306),
    Shape(_attachment("prompt_snapshot", systemPrompt=[TEXT] * 11, **_SNAPSHOT), 12, 7_622, 3_641),
)  # fmt: skip
"""Before the first request, after the prompt."""

AFTER_ANSWER = Shape(
    _attachment(
        "prompt_snapshot",
        systemPrompt=[TEXT] * 11,
        tools=[{"name": name, "description": TEXT, "schema": tool} for name, tool in _TOOL.items()],
        cliPrefix="You are a Claude agent, built on Anthropic's Claude Agent SDK.",
        systemTurns=True,
        toolChangeHeader=True,
        **_SNAPSHOT,
    ),
    *(12 + 6 * len(_TOOLS), 56_816, 29_197),
)
"""Once, after the first answer."""

_REQUEST_SHAPE = Shape(
    {"system": [{"type": "text", "text": TEXT}] * 3, "tools": list(_TOOL.values())},
    *(3 + 5 * len(_TOOLS), 38_289, 19_615),
)
_USER_BLOB = Shape({"role": "user", "content": [{"type": "text", "text": TEXT}] * 3}, 3, 1_508, 869)
_SYSTEM_BLOB = Shape(
    {"role": "system", "content": [{"type": "text", "text": TEXT}], "output_config": {"effort": "medium"}},
    *(1, 10_099, 8_415),
)


class Filler:
    """Fills shapes with text, `scale` times as long as measured."""

    def __init__(self, rng: random.Random, stock: Stock, scale: float, *, of_subagent: bool) -> None:
        self._rng, self._stock = rng, stock
        self._scale, self._of_subagent = scale, of_subagent

    def size(self, shape: Shape) -> int:
        return int((shape.subagent if self._of_subagent else shape.session) * self._scale)

    def text(self, shape: Shape, members_bytes: int = _MEMBERS_BYTES) -> bytes | None:
        """For each TEXT of a shape; None where the line is not written."""
        size = self.size(shape)
        if size == 0:
            return None
        structure = len(encode(shape.line)) - shape.parts * len(TEXT)
        return self._stock.exactly(max(8, (size - members_bytes - structure) // shape.parts))

    def requested(self, session: str, at: str) -> Iterator[bytes]:
        """What the first request of a process consists of."""
        of_session = {"sessionId": session}
        head: Line = {"type": "api-request-shape", **of_session, "shapeHash": self.hash(), "timestamp": at}
        yield self._filled(head | {"version": VERSION, "shape": _REQUEST_SHAPE.line}, _REQUEST_SHAPE)
        for blob in (_USER_BLOB, _SYSTEM_BLOB):
            head = {"type": "api-request-blob", **of_session, "hash": self.hash(), "message": blob.line}
            yield self._filled(head, blob)

    def hash(self) -> str:
        return f"{self._rng.getrandbits(256):064x}"

    def _filled(self, line: Line, shape: Shape) -> bytes:
        return encode(line, text=self.text(shape, members_bytes=200) or b"")


def api_request(session: str, request: str, at: str, model: str, keep: int, filler: Filler) -> bytes:
    cache = {"type": "ephemeral", "ttl": "1h"}
    thinking = {"type": "adaptive", "display": "omitted"}
    params: Line = {"model": model, "betas": _BETAS, "max_tokens": 128_000, "thinking": thinking}
    params |= {"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}}
    line: Line = {"type": "api-request", "sessionId": session, "id": request, "timestamp": at}
    line |= {"version": VERSION, "querySource": "sdk", "shapeHash": filler.hash()}
    line |= {"params": params | {"output_config": {"effort": "medium"}}, "thread": {"type": "none"}}
    line |= {"echoWireToolInputs": False, "keep": keep, "tail": [filler.hash(), filler.hash()]}
    paths = (["system", 1], ["system", 2], ["messages", keep + 1, "content", 0])
    line |= {"cacheControl": [{"path": path, "value": cache} for path in paths]}
    return encode(line | {"requestDigest": filler.hash()})


def session_owner(session: str) -> bytes:
    account, organization = "11111111-2222-4333-8444-555555555555", "99999999-8888-4777-8666-555555555555"
    owner = {"type": "session-owner", "accountUuid": account, "organizationUuid": organization}
    return encode(owner | {"sessionId": session})
