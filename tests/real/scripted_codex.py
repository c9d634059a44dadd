"""Models for real Codex CLIs that answer as a test wants, at the moment that it wants."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from tests.real.billed_codex import Models

SECONDS = 60
Item = dict[str, Any]


class Held(Struct, frozen=True):
    """An answer that begins at once, and goes on when the test releases it by this name."""

    name: str
    items: tuple[Item, ...]


Script = Mapping[str, Sequence[Item | Held]]
"""The answers to each prompt, in order; then one of words."""


class Asked(Struct, frozen=True):
    """A request for the answer number `number` to a prompt; `answered_at` and this are of `time.time`."""

    prompt: str
    number: int
    at: float


class ScriptedModels(Models):
    """A prompt of a script is a word in brackets: `[[tool]] please`. The newest in a request counts. A
    title is no answer to a prompt.
    """

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.script = script
        self.requests: list[Asked] = []
        self.answered: list[Asked] = []
        self._released: dict[str, threading.Event] = {}
        self._names = threading.Lock()
        self._over = False

    def releases(self, name: str) -> None:
        self._event(name).set()

    def releases_all(self) -> None:
        with self._names:
            self._over = True
            for event in self._released.values():
                event.set()

    def _event(self, name: str) -> threading.Event:
        with self._names:
            event = self._released.setdefault(name, threading.Event())
            if self._over:
                event.set()
            return event

    def items(self, asked: Item, number: int) -> list[Item]:
        if "format" in (asked.get("text") or {}):
            return [message('{"title": "A title"}', number)]
        prompt, answers = self._place(asked["input"])
        about = Asked(prompt, answers, time.time())
        self.requests.append(about)
        planned = self.script.get(prompt, ())
        answer: Item | Held = planned[answers] if answers < len(planned) else message("Done.", number)
        items: tuple[Item, ...] = (answer,) if isinstance(answer, dict) else answer.items
        if isinstance(answer, Held):
            assert self._event(answer.name).wait(SECONDS), f"{answer.name} was never released"
        self.answered.append(Asked(prompt, answers, time.time()))
        return [item | {"id": f"item_{number}_{index}"} for index, item in enumerate(items)]

    def _place(self, items: Sequence[Item]) -> tuple[str, int]:
        """The newest prompt of a script, and how often a tool has answered since."""
        outputs = 0
        for item in reversed(items):
            if item["type"].endswith("_call_output"):
                outputs += 1
            text = json.dumps(item)
            for prompt in self.script:
                if f"[[{prompt}]]" in text and item["type"] in ("message", "agent_message"):
                    return prompt, outputs
        return "", outputs


def message(text: str, number: int = 0) -> Item:
    content = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": [content]}


def call(name: str, call_id: str, namespace: str | None = None, **arguments: Any) -> Item:
    where = {} if namespace is None else {"namespace": namespace}
    about = {"call_id": call_id, "name": name, "arguments": json.dumps(arguments)}
    return {"type": "function_call", **where, **about}


def script_call(code: str, call_id: str) -> Item:
    """Of Code Mode."""
    return {"type": "custom_tool_call", "call_id": call_id, "name": "exec", "input": code}
