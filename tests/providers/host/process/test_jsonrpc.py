from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.domain.errors import TimedOut
from providers.host.process.jsonrpc import LINE_LIMIT, Conversation, Ended, RpcRefused
from tests.providers.codex.test_auth import json_values


class FakeProgram:
    """Says what it is given, a chunk at a time; waiting costs time on its own clock."""

    def __init__(self, *chunks: bytes | None, ends: bool = False) -> None:
        self.chunks = list(chunks)
        self.ends = ends
        self.heard: list[Any] = []
        self.now = 0.0
        self.broken = False

    @property
    def open(self) -> bool:
        return bool(self.chunks) or not self.ends

    def write(self, data: bytes) -> None:
        if self.broken:
            raise BrokenPipeError
        assert data.endswith(b"\n")
        self.heard.append(json.loads(data))

    def next(self, seconds: float) -> tuple[str, bytes] | None:
        chunk = self.chunks.pop(0) if self.chunks else None
        if chunk is None:
            self.now += seconds
            return None
        self.now += 0.01
        return "out", chunk

    def clock(self) -> float:
        return self.now


def line(**members: Any) -> bytes:
    return json.dumps(members).encode() + b"\n"


def talk(program: FakeProgram) -> Conversation:
    return Conversation(program, program.clock)


def test_what_is_sent() -> None:
    program = FakeProgram()
    conversation = talk(program)
    assert conversation.ask("initialize", {"a": 1}) != conversation.ask("account/read")
    conversation.notify("initialized")
    assert program.heard == [
        {"id": 1, "method": "initialize", "params": {"a": 1}},
        {"id": 2, "method": "account/read"},
        {"method": "initialized"},
    ]


NOISE: list[bytes] = [
    b"",
    b"\n\n",
    b"WARNING: no JSON {\n",
    b"\xff\xfe\x00\n",
    b"[1, 2]\n7\nnull\n",
    line(method="account/updated", params={"id": 1}),
    line(id=77, result={}),
    line(id=True, result="not 1"),
    line(id=1.0, result="not 1"),
    line(id="1", result="not 1"),
    line(result={}),
    b'{"id": 1, "result": "' + b"x" * LINE_LIMIT + b'"}\n',
    b"[" * 100_000 + b"\n",
]


@pytest.mark.parametrize("noise", NOISE, ids=range(len(NOISE)))
@pytest.mark.parametrize("piece", [1 << 30, 1000])
def test_answers_are_found_among_all_else(noise: bytes, piece: int) -> None:
    said = noise + line(id=2, result="second") + noise + line(id=1, result="first") + noise
    program = FakeProgram(*(said[at : at + piece] for at in range(0, len(said), piece)))
    conversation = talk(program)
    first, second = conversation.ask("one"), conversation.ask("two")
    assert conversation.answer(first, 1e6) == "first"
    assert conversation.answer(second, 1e6) == "second"


def test_a_question_of_the_program_is_refused_whatever_it_is() -> None:
    question = line(id=1, method="execCommandApproval", params={"command": ["true"]})
    program = FakeProgram(question, line(id="a", method="x"), line(id=1, result="mine"))
    conversation = talk(program)
    assert conversation.answer(conversation.ask("one"), 5) == "mine"
    assert [(each["id"], each["error"]["code"]) for each in program.heard[1:]] == [(1, -32601), ("a", -32601)]


def test_only_the_first_answer_counts() -> None:
    program = FakeProgram(line(id=1, result="first"), line(id=1, result="again"), line(id=2, result="other"))
    conversation = talk(program)
    one, two = conversation.ask("one"), conversation.ask("two")
    assert conversation.answer(two, 5) == "other"
    assert conversation.answer(one, 5) == "first"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ({"code": -32600, "message": "Invalid request"}, -32600, "Invalid request"),
        ({"code": "x", "message": 7}, None, ""),
        ("text", None, ""),
        ([], None, ""),
        (False, None, ""),
    ],
)
def test_an_error_is_an_answer(error: object, code: int | None, message: str) -> None:
    conversation = talk(FakeProgram(line(id=1, error=error)))
    with pytest.raises(RpcRefused) as caught:
        conversation.answer(conversation.ask("one"), 5)
    assert (caught.value.code, caught.value.message) == (code, message)
    assert message == "" or message not in str(caught.value)


def test_silence_has_an_end_and_a_late_answer_is_not_lost() -> None:
    program = FakeProgram(None, line(id=1, result="late"))
    conversation = talk(program)
    asked = conversation.ask("one")
    with pytest.raises(TimedOut):
        conversation.answer(asked, 3)
    assert program.now == 3
    assert conversation.answer(asked, 6) == "late"


def test_chatter_does_not_move_the_deadline() -> None:
    program = FakeProgram(*[line(method="x")] * 1000)
    conversation = talk(program)
    with pytest.raises(TimedOut):
        conversation.answer(conversation.ask("one"), 3)
    assert 3 <= program.now < 3.1


def test_the_end_of_the_program() -> None:
    conversation = talk(FakeProgram(line(id=2, result="said before"), b'{"id": 1, "resu', ends=True))
    one, two = conversation.ask("one"), conversation.ask("two")
    assert conversation.answer(two, 5) == "said before"
    with pytest.raises(Ended):
        conversation.answer(one, 5)


@pytest.mark.parametrize("act", [lambda each: each.ask("one"), lambda each: each.notify("one")])
def test_nobody_reads_any_more(act: Callable[[Conversation], object]) -> None:
    program = FakeProgram()
    program.broken = True
    with pytest.raises(Ended):
        act(talk(program))


def test_who_asks_us_and_does_not_listen_does_no_harm() -> None:
    program = FakeProgram(line(id=9, method="x"), line(id=1, result="mine"))
    conversation = talk(program)
    asked = conversation.ask("one")
    program.broken = True
    assert conversation.answer(asked, 5) == "mine"


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode() + b"\n")))
def test_any_bytes_at_all_are_an_answer_or_a_classed_error(chunks: list[bytes]) -> None:
    conversation = talk(FakeProgram(*chunks, ends=True))
    with suppress(TimedOut, Ended, RpcRefused):
        conversation.answer(conversation.ask("one"), 1)
