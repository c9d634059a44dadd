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
SEARCH = "search the web"  # in a prompt, it makes the model use WebSearch, and then answer
FILL = "fill the context"  # in a prompt, it makes the answer leave no room for another one
JUDGED = "Is the work done"  # a hook of type prompt asks the model that

# What a request is for, by words in its last message: Claude Code 2.1.332 writes a line for the answer of none of
# these, and counts all but the first in its cost-state.
QUOTA, TITLE, SUMMARY, ASIDE, TURN = "quota", "title", "summary", "aside", "turn"
SEARCHES, HOOK = "search", "hook"
PURPOSES = (
    ("<session>", TITLE),
    ("followed by a <summary> block", SUMMARY),
    ("This is a side question from the user", ASIDE),
    (JUDGED, HOOK),
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
            purpose = _purpose(asked)
            served = Served(
                id=f"msg_{self._made}{number:04}",
                request_id=f"req_{self._made}{number:04}",
                model=asked["model"],
                effort=(asked.get("output_config") or {}).get("effort"),
                purpose=purpose,
                usage=_usage(number, thinks=_thinks(asked)) | _more_usage(asked, purpose),
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


def _more_usage(asked: dict[str, Any], purpose: str) -> dict[str, Any]:
    """Of a search, and of an answer that fills the context."""
    if purpose == SEARCHES:
        return {"server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0}}
    is_full = purpose == TURN and FILL in json.dumps(news(asked))
    return {"cache_read_input_tokens": 195_000} if is_full else {}


def _searches(asked: dict[str, Any]) -> bool:
    return any(str(tool.get("type")).startswith("web_search") for tool in asked.get("tools") or ())


def _purpose(asked: dict[str, Any]) -> str:
    if _searches(asked):
        return SEARCHES
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
    if "WebSearch" in tools and served.purpose == TURN and SEARCH in json.dumps(content) and not answers:
        ask = {"query": "tankful"}
        return [
            *thinking,
            {"type": "tool_use", "id": f"toolu_{number:04}", "name": "WebSearch", "input": ask},
        ], "tool_use"
    if served.purpose == SEARCHES:
        return [*thinking, *_found(number)], "end_turn"
    text = f"Answer {number}."
    if served.purpose == HOOK:
        text = json.dumps({"ok": True})
    if served.purpose == SUMMARY:
        text = f"<summary>{text}</summary>"
    return [*thinking, {"type": "text", "text": text}], "end_turn"


def _found(number: int) -> list[dict[str, Any]]:
    """What a search of the vendor's own finds."""
    name = f"srvtoolu_{number:04}"
    page = {"type": "web_search_result", "url": "https://example.com/", "title": "Example", "page_age": None}
    return [
        {"type": "server_tool_use", "id": name, "name": "web_search", "input": {"query": "tankful"}},
        {
            "type": "web_search_tool_result",
            "tool_use_id": name,
            "content": [page | {"encrypted_content": "c2ln"}],
        },
        {"type": "text", "text": "Found."},
    ]


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
        "server_tool_use": {"input": {}},
    }
    deltas: dict[str, list[dict[str, Any]]] = {
        "text": [{"type": "text_delta", "text": block.get("text")}],
        "thinking": [
            {"type": "thinking_delta", "thinking": block.get("thinking")},
            {"type": "signature_delta", "signature": block.get("signature")},
        ],
        "tool_use": [{"type": "input_json_delta", "partial_json": json.dumps(block.get("input"))}],
        "server_tool_use": [{"type": "input_json_delta", "partial_json": json.dumps(block.get("input"))}],
    }
    kind = block["type"]
    yield {"type": "content_block_start", "index": index, "content_block": block | empty.get(kind, {})}
    for delta in deltas.get(kind, []):
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
