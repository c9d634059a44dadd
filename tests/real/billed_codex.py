"""A provider of models on loopback for real Codex CLIs; what it served is the bill."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from msgspec import Struct

DELEGATE = "delegate this"  # in a prompt, it makes the model start a subagent
TOOL = "use the tool"  # in a prompt, it makes the model run a command, and then answer


class Served(Struct, frozen=True):
    """One response; `usage` as on the wire."""

    id: str
    model: str
    effort: str | None
    usage: dict[str, Any]


class Models:
    """Each response has a usage of its own; those of the first requests are these `calls`, if there are any."""

    def __init__(self, calls: Sequence[dict[str, Any]] = ()) -> None:
        self.calls = calls
        self.served: list[Served] = []
        self.paths: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.url = ""
        self._lock = threading.Lock()

    @property
    def config(self) -> str:
        return f"""
model_provider = "mock"
model = "gpt-5.5"
model_reasoning_effort = "medium"
check_for_update_on_startup = false
[model_providers.mock]
name = "mock"
base_url = "{self.url}/v1"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
request_max_retries = 0
stream_max_retries = 0
[analytics]
enabled = false
"""

    def answer(self, asked: dict[str, Any]) -> Iterator[bytes]:
        """A response, as it is streamed."""
        with self._lock:
            number = len(self.served) + 1
            served = Served(
                id=f"resp_{number:04}",
                model=asked["model"],
                effort=(asked.get("reasoning") or {}).get("effort"),
                usage=_usage(number),
            )
            self.served.append(served)
            self.asked.append(asked)
        about = {"id": served.id, "object": "response", "model": served.model}
        yield _event({"type": "response.created", "response": about | {"status": "in_progress"}})
        items = self.items(asked, number)
        for index, item in enumerate(items):
            yield _event({"type": "response.output_item.done", "output_index": index, "item": item})
        completed = about | {"status": "completed", "usage": served.usage, "output": items}
        yield _event({"type": "response.completed", "response": completed})

    def items(self, asked: dict[str, Any], number: int) -> list[dict[str, Any]]:
        return [self.calls[number - 1] if number <= len(self.calls) else _item(asked, number)]


def _event(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _usage(number: int) -> dict[str, Any]:
    fresh, cached, written, output = 100 + number, 1000 * number, 200 + 3 * number, 50 + 7 * number
    whole = fresh + cached + written
    return {
        "input_tokens": whole,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": 20 + number},
        "total_tokens": whole + output,
    }


def _item(asked: dict[str, Any], number: int) -> dict[str, Any]:
    if DELEGATE in json.dumps(asked["input"][-1]):
        return {
            "type": "function_call",
            "id": f"fc_{number}",
            "call_id": f"call_{number}",
            "namespace": "collaboration",
            "name": "spawn_agent",
            "arguments": json.dumps({"message": "Say done.", "task_name": "done"}),
        }
    if TOOL in json.dumps(asked["input"][-1]):
        command = json.dumps({"cmd": "echo tool >> ran.txt; echo its-output"})
        about = {"name": "exec_command", "arguments": command}
        return {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", **about}
    text = {"type": "output_text", "text": f"Answer {number}.", "annotations": []}
    return {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": [text]}


_Kind = TypeVar("_Kind", bound=Models)


@contextmanager
def billed_models(calls: Sequence[dict[str, Any]] = ()) -> Iterator[Models]:
    with serving(Models(calls)) as models:
        yield models


@contextmanager
def serving(made: _Kind) -> Iterator[_Kind]:
    """These models, at an address of their own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            made.paths.append(f"POST {self.path}")
            if not self.path.endswith("/responses"):
                self.say(404, b"{}", "application/json")
                return
            with suppress(OSError):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for event in made.answer(json.loads(body)):
                    self.wfile.write(event)

        def do_GET(self) -> None:
            made.paths.append(f"GET {self.path}")
            self.say(404, b"{}", "application/json")

        def say(self, status: int, body: bytes, kind: str) -> None:
            with suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
