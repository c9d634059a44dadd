"""A Claude on loopback that does what its prompts ask for, when the test lets it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from tests.real.billed_claude import SUMMARY, TITLE, TURN, Model, Served, news
from tests.real.tls_proxy import Reply, Request

HELD_SECONDS = 60.0

HELD, RUN, ASK, QUESTION, BOTH = "zz-held", "zz-run", "zz-ask", "zz-question", "zz-both"
AGENT, CHILD, SHELL = "zz-agent", "zz-child", "zz-shell"
NEAR, FAR, NEAR_CHILD = "zz-near", "zz-far", "zz-chick"
WAIT = "python3 wait.py"
WAITER = """import pathlib, time
pathlib.Path("begun").write_text(str(time.time()))
while not pathlib.Path("go").exists():
    time.sleep(0.02)
pathlib.Path("ended").write_text(str(time.time()))
"""
ALLOWED = {"permissions": {"allow": ["Bash(python3:*)", "Agent"]}}

Block = dict[str, Any]


class Play(Struct, frozen=True):
    """What the model does for a prompt with these `words`: the tools that it calls, one answer after the other,
    and then a text. `parts` are called in one answer.
    """

    words: str
    answers: tuple[tuple[tuple[str, dict[str, Any]], ...], ...] = ()


def _bash(command: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "Bash", {"command": command, "description": "what it does", **more}


def _agent(prompt: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "Agent", {"description": "d", "prompt": prompt, "subagent_type": "general-purpose", **more}


_OPTIONS = [{"label": label, "description": label} for label in ("One", "Two")]
_ASKED = {"question": "Which?", "header": "Pick", "options": _OPTIONS, "multiSelect": False}
PLAYS = (
    Play(RUN, ((_bash(WAIT),),)),
    Play(ASK, ((_bash("touch asked"),),)),
    Play(BOTH, ((_bash("touch first"), _bash("touch second")),)),
    Play(QUESTION, ((("AskUserQuestion", {"questions": [_ASKED]}),),)),
    Play(SHELL, ((_bash(WAIT, run_in_background=True),),)),
    Play(NEAR_CHILD, ((_bash("touch below"),),)),
    Play(AGENT, ((_agent(CHILD),),)),
    Play(NEAR, ((_agent(NEAR_CHILD, run_in_background=False),),)),
    Play(FAR, ((_agent(NEAR_CHILD, run_in_background=True),),)),
)
"""RUN waits until the file `go` is there, and so does SHELL, in the background; ASK needs a permission, and so do
both calls of BOTH, and what the agents of NEAR and FAR do: the one in the foreground, the other in the background.
"""


class LiveModel(Model):
    """`plays` say what it does, `held` are words: a request of a turn whose news hold one of them is answered
    after `let(words)`, its first half at once. `log` has what came and went, with its time.
    """

    def __init__(self, *plays: Play) -> None:
        super().__init__()
        self.plays = plays
        self.log: list[tuple[float, str, str]] = []
        self.refuses = 0
        self._held: dict[str, threading.Event] = {}

    def hold(self, words: str) -> None:
        self._held[words] = threading.Event()

    def let(self, words: str) -> None:
        self._held.pop(words).set()

    def waits(self, words: str) -> bool:
        """Whether a request is held for these words."""
        begun = [what for _, what, about in self.log if about == words]
        return bool(begun) and begun[-1] == "begins"

    def __call__(self, request: Request) -> Reply:
        if request.path.split("?")[0] != "/v1/messages":
            return super().__call__(request)
        text = json.dumps(news(json.loads(request.body)))
        if self.refuses and '"text": "quota"' not in text:
            self.refuses -= 1
            error = {"type": "rate_limit_error", "message": "This request would exceed your limit."}
            return Reply(
                429, {"type": "error", "error": error}, {"retry-after": "1", "x-should-retry": "false"}
            )
        reply = super().__call__(request)
        words = next((words for words in self._held if words in text), None)
        if words is None or not isinstance(reply.content, bytes) or self.served[-1].purpose != TURN:
            return reply
        return Reply(reply.status, self._slowly(words, reply.content), reply.headers)

    def _slowly(self, words: str, content: bytes) -> Iterator[bytes]:
        self.log.append((time.time(), "begins", words))
        half = content.index(b"\n\n") + 2
        yield content[:half]
        if words in self._held:
            self._held[words].wait(HELD_SECONDS)
        self.log.append((time.time(), "ends", words))
        yield content[half:]

    def content(self, asked: dict[str, Any], served: Served, number: int) -> tuple[list[Block], str]:
        if served.purpose in {SUMMARY, TITLE}:
            return super().content(asked, served, number)
        play, answered = self._play(asked)
        if play is None or answered >= len(play.answers):
            return super().content(asked, served, number)
        calls = [
            {"type": "tool_use", "id": f"toolu_{number:04}{at}", "name": name, "input": given}
            for at, (name, given) in enumerate(play.answers[answered])
        ]
        return calls, "tool_use"

    def _play(self, asked: dict[str, Any]) -> tuple[Play | None, int]:
        """That of the newest prompt which has one, and how many answers there were since."""
        answered = 0
        for message in reversed(asked["messages"]):
            if message["role"] == "assistant":
                answered += 1
                continue
            text = json.dumps(message["content"])
            for play in self.plays:
                if play.words in text:
                    return play, answered
        return None, answered
