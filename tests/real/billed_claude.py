"""A Claude on loopback that knows what it served: its own list of responses is the bill."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from tests.real.test_claude import anthropic
from tests.real.tls_proxy import Reply, Request

DELEGATE = "delegate this"  # in a prompt, it makes the model start a subagent
TOOLS = "use two tools"  # in a prompt, it makes the model run two commands, and then answer

# What a request is for, by words in its last message: Claude Code 2.1.332 writes a line for the answer of none of
# these, and counts all but the first in its cost-state.
QUOTA, TITLE, SUMMARY, ASIDE, TURN = "quota", "title", "summary", "aside", "turn"
PURPOSES = (
    ("<session>", TITLE),
    ("followed by a <summary> block", SUMMARY),
    ("This is a side question from the user", ASIDE),
)


class Served(Struct, frozen=True):
    """One response; `usage` as on the wire."""

    id: str
    request_id: str
    model: str
    effort: str | None
    purpose: str
    usage: dict[str, Any]


class Model:
    """Answers `/v1/messages`, each time with a usage of its own, and everything else as `anthropic` does.

    It calls the `tool` of that name, if there is one, before it says anything.
    """

    def __init__(self, tool: str | None = None) -> None:
        self.tool = tool
        self.served: list[Served] = []
        self.asked: list[dict[str, Any]] = []
        self.listener: Callable[[str], None] = lambda _news: None  # hears each prompt before it is answered
        self._lock = threading.Lock()
        self._made = f"{time.time_ns():x}"  # ids are unique for ever, also between two models

    def __call__(self, request: Request) -> Reply:
        path = request.path.split("?")[0]
        if path == "/v1/messages/count_tokens":
            return Reply(200, {"input_tokens": 1000})
        if path != "/v1/messages":
            return anthropic(request)
        asked = json.loads(request.body)
        self.listener(json.dumps(news(asked)))
        with self._lock:
            number = len(self.served) + 1
            served = Served(
                id=f"msg_{self._made}{number:04}",
                request_id=f"req_{self._made}{number:04}",
                model=asked["model"],
                effort=(asked.get("output_config") or {}).get("effort"),
                purpose=_purpose(asked),
                usage=_usage(number, thinks=_thinks(asked)),
            )
            self.served.append(served)
            self.asked.append(asked)
        answered = any(block["type"] == "tool_result" for block in news(asked))
        if self.tool is not None and served.purpose == TURN and not answered:
            call = {"type": "tool_use", "id": f"toolu_{number:04}", "name": self.tool, "input": {}}
            return _reply(asked, served, [call], "tool_use")
        return _reply(asked, served, *self.content(asked, served, number))

    def content(self, asked: dict[str, Any], served: Served, number: int) -> tuple[list[dict[str, Any]], str]:
        """The blocks of its answer, and why it stops."""
        return _content(asked, served, number)


def _thinks(asked: dict[str, Any]) -> bool:
    return (asked.get("thinking") or {}).get("type") in {"enabled", "adaptive"}


def _usage(number: int, *, thinks: bool) -> dict[str, Any]:
    short, long = 200 + 4 * number, 100 + 3 * number
    usage: dict[str, Any] = {
        "input_tokens": 10 + number,
        "cache_creation_input_tokens": short + long,
        "cache_read_input_tokens": 1000 * number,
        "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
        "output_tokens": 50 + 11 * number,
        "service_tier": "standard",
        "inference_geo": "global",
    }
    return usage | ({"output_tokens_details": {"thinking_tokens": 20 + number}} if thinks else {})


def _purpose(asked: dict[str, Any]) -> str:
    content = asked["messages"][-1]["content"]
    if content == QUOTA:
        return QUOTA
    text = json.dumps(content)
    return next((purpose for words, purpose in PURPOSES if words in text), TURN)


def _content(asked: dict[str, Any], served: Served, number: int) -> tuple[list[dict[str, Any]], str]:
    thinking = [{"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}] if _thinks(asked) else []
    content = news(asked)
    answers = any(block["type"] == "tool_result" for block in content)
    tools = {tool.get("name") for tool in asked.get("tools") or ()}
    if "Agent" in tools and served.purpose == TURN and DELEGATE in json.dumps(content) and not answers:
        ask = {"description": "look", "prompt": "Say done.", "subagent_type": "general-purpose"}
        call = {"type": "tool_use", "id": f"toolu_{number:04}", "name": "Agent", "input": ask}
        return [*thinking, call], "tool_use"
    if "Bash" in tools and served.purpose == TURN and TOOLS in json.dumps(content) and not answers:
        asks = [{"command": f"echo tool{one} >> ran.txt", "description": "look"} for one in (1, 2)]
        calls = [
            {"type": "tool_use", "id": f"toolu_{number:04}{at}", "name": "Bash", "input": ask}
            for at, ask in enumerate(asks)
        ]
        return [*thinking, *calls], "tool_use"
    text = f"Answer {number}."
    if served.purpose == SUMMARY:
        text = f"<summary>{text}</summary>"
    return [*thinking, {"type": "text", "text": text}], "end_turn"


def news(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """All blocks since the model's last answer: reminders of the program's own may follow a prompt."""
    found: list[dict[str, Any]] = []
    for message in reversed(asked["messages"]):
        if message["role"] == "assistant":
            break
        content = message["content"]
        found += content if isinstance(content, list) else [{"type": "text", "text": content}]
    return found


def _reply(asked: dict[str, Any], served: Served, blocks: list[dict[str, Any]], stop: str) -> Reply:
    headers = {"request-id": served.request_id}
    message = {"id": served.id, "type": "message", "role": "assistant", "model": served.model}
    ended = {"stop_reason": stop, "stop_sequence": None}
    if not asked.get("stream"):
        return Reply(200, message | ended | {"content": blocks, "usage": served.usage}, headers)
    early = {name: value for name, value in served.usage.items() if name != "output_tokens_details"}
    begun: dict[str, Any] = message | {
        "content": [],
        "stop_reason": None,
        "usage": early | {"output_tokens": 1},
    }
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": begun},
        *(event for index, block in enumerate(blocks) for event in _streamed(index, block)),
        {"type": "message_delta", "delta": ended, "usage": served.usage},
        {"type": "message_stop"},
    ]
    stream = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return Reply(200, stream.encode(), headers | {"Content-Type": "text/event-stream"})


def _streamed(index: int, block: dict[str, Any]) -> Iterable[dict[str, Any]]:
    empty: dict[str, dict[str, Any]] = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"input": {}},
    }
    deltas: dict[str, list[dict[str, Any]]] = {
        "text": [{"type": "text_delta", "text": block.get("text")}],
        "thinking": [
            {"type": "thinking_delta", "thinking": block.get("thinking")},
            {"type": "signature_delta", "signature": block.get("signature")},
        ],
        "tool_use": [{"type": "input_json_delta", "partial_json": json.dumps(block.get("input"))}],
    }
    kind = block["type"]
    yield {"type": "content_block_start", "index": index, "content_block": block | empty[kind]}
    for delta in deltas[kind]:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
