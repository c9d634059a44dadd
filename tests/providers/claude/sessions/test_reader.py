"""What the lines of a transcript say of its session."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.claude.sessions.finder import ClaudeSessions
from providers.claude.sessions.reader import SessionTranscript, counts
from providers.sessions import SessionFacts
from tests.providers.claude.sessions.written import (
    SESSION,
    answer,
    call,
    ended,
    interrupted,
    line,
    notification,
    prompt,
    result,
)


def read(*lines: bytes) -> SessionFacts:
    reader = SessionTranscript()
    for each in lines:
        reader.feed(each)
    return reader.facts


def tools(facts: SessionFacts) -> list[tuple[str, str | None]]:
    return [(each.task.tool, each.task.argument) for each in facts.calls]


def test_a_turn_from_its_prompt_to_its_end() -> None:
    lines = [prompt(), call(), result(), answer(seconds=3), ended()]
    assert [read(*lines[:count]).turn for count in range(6)] == [
        None,
        "open",
        "open",
        "open",
        "ended",
        "ended",
    ]
    assert [tools(read(*lines[:count])) for count in (1, 2, 3)] == [[], [("Bash", "make check")], []]


def test_what_a_session_is() -> None:
    facts = read(prompt(), answer(sent=1000))
    assert (facts.session, facts.thread, facts.cwd) == (SESSION, SESSION, "/home/dev/project")
    assert (facts.model, facts.effort, facts.version, facts.branch) == (
        "claude-opus-5-5",
        "high",
        "2.1.332",
        "main",
    )
    assert (facts.context_tokens, facts.turns, facts.is_settled) == (1000, 1, True)


def test_a_folder_without_a_repository_has_no_branch() -> None:
    assert read(prompt(gitBranch="HEAD")).branch is None


def test_the_window_is_only_named_where_it_is_certain() -> None:
    assert read(prompt(), answer(sent=1000)).context_window is None
    assert read(prompt(), answer(message={"model": "claude-haiku-4-5"})).context_window == 200_000
    assert read(prompt(), answer(sent=200_001), answer(sent=5000)).context_window == 1_000_000


def test_calls_that_run_side_by_side() -> None:
    facts = read(prompt(), call(number=1), call("Read", 2, {"file_path": "/home/dev/notes.md"}), result(1))
    assert tools(facts) == [("Read", "notes.md")]


@pytest.mark.parametrize(
    ("tool", "asked", "shown"),
    [
        ("Bash", {"command": "curl -H 'Authorization: Bearer abcdef1234567890' x.org"}, "curl"),
        ("Agent", {"description": "words", "prompt": "words", "subagent_type": "Explore"}, "Explore"),
        ("Write", {"file_path": "C:\\dev\\a.py", "content": "words"}, "a.py"),
        ("AskUserQuestion", {"questions": [{"question": "words"}]}, None),
        ("mcp__mail__send", {"text": "words"}, None),
        ("TodoWrite", {"todos": "words"}, None),
        ("Bash", {"command": 7}, None),
    ],
)
def test_the_argument_is_short_and_nobodys_words(tool: str, asked: dict[str, Any], shown: str | None) -> None:
    [(name, argument)] = tools(read(prompt(), call(tool, given=asked)))
    assert name == tool
    assert (argument is None) if shown is None else (argument or "").startswith(shown)
    assert "words" not in str(argument)
    assert "abcdef1234567890" not in str(argument)


def test_of_a_tool_that_calls_a_cli_no_prompt_is_shown() -> None:
    """However far behind the prompt the call is."""
    reader = SessionTranscript(clis=("fake",))
    reader.feed(call(given={"command": f"echo '{'why is it red? ' * 200}' | fake -p"}))
    assert tools(reader.facts) == [("Bash", "… fake -p")]


def test_an_interrupt_ends_the_turn_and_its_calls() -> None:
    facts = read(prompt(), call(), result(), interrupted())
    assert (facts.turn, facts.calls) == ("ended", ())
    assert read(prompt(), interrupted(), prompt(seconds=5)).turn == "open"


@pytest.mark.parametrize("kind", ["hook_stopped_continuation", "hook_deferred_tool"])
def test_a_hook_ends_the_turn(kind: str) -> None:
    assert read(prompt(), call(), result(), line("attachment", attachment={"type": kind})).turn == "ended"


def test_an_error_that_is_tried_again_ends_nothing() -> None:
    assert read(prompt(), line("system", subtype="api_error", retryAttempt=1)).turn == "open"
    failed = answer(message={"model": "<synthetic>"}, isApiErrorMessage=True, error="rate_limit")
    assert read(prompt(), answer(sent=900), prompt(), failed).turn == "ended"
    assert read(prompt(), answer(sent=900), prompt(), failed).context_tokens == 900


@pytest.mark.parametrize(
    "text",
    [
        "<command-name>/model</command-name>",
        "<local-command-stdout>Set</local-command-stdout>",
        "<bash-input>ls</bash-input>",
    ],
)
def test_commands_of_the_program_begin_no_turn(text: str) -> None:
    assert read(prompt(), answer(), prompt(text)).turn == "ended"
    assert read(prompt(text)).turns == 0


def test_work_in_the_background_is_known_until_it_is_notified() -> None:
    launched = [
        prompt(),
        call("Agent", given={"run_in_background": True}),
        result(toolUseResult={"isAsync": True, "agentId": "a1"}),
        answer(seconds=3),
        ended(pendingBackgroundAgentCount=1),
    ]
    assert read(*launched).background == ("a1",)
    after = read(*launched, notification("a1"))
    assert (after.background, after.turn, after.turns) == ((), "open", 1)


def test_a_compaction_empties_the_context() -> None:
    boundary = line("system", subtype="compact_boundary")
    facts = read(prompt(), answer(), boundary, prompt("words", isCompactSummary=True))
    assert (facts.compactions, facts.context_tokens, facts.turn, facts.turns) == (1, None, "ended", 1)
    assert facts.is_settled


def test_a_sidechain_is_apart() -> None:
    """Before 2.1 or so subagents wrote into the transcript of their session."""
    facts = read(prompt(), answer(), call(isSidechain=True, seconds=9))
    assert (facts.turn, facts.calls) == ("ended", ())


def test_the_transcript_of_a_subagent_is_read_by_its_own_lines() -> None:
    own: dict[str, Any] = {"isSidechain": True, "agentId": "a1"}
    facts = read(prompt(**own), call(**own))
    assert (facts.session, facts.thread, facts.turn) == ("a1", SESSION, "open")
    assert read(prompt(**own), call(**own), result(**own), answer(**own)).turn == "ended"


def test_a_value_of_another_type_is_no_reason() -> None:
    assert read(prompt(), answer(message={"stop_reason": ["end_turn"]})).turn == "open"
    assert read(prompt(), line("attachment", attachment={"type": {}})).turn == "open"


def test_a_title_is_the_persons_then_the_programs() -> None:
    named, made = line("custom-title", customTitle="mine"), line("ai-title", aiTitle="an\x1b[1m idea " * 20)
    assert read(named, made).title == "mine"
    assert len(read(made).title or "") == 60
    assert read(prompt("how it\nbegan"), prompt("later", parentUuid="x")).title == "how it began"
    assert read(prompt("how it began"), made, named).title == "mine"
    assert read(prompt("later", parentUuid="x"), prompt("<command-name>/model</command-name>")).title is None


def test_what_is_counted_has_one_of_the_bytes() -> None:
    block = [{"type": "text", "text": "please"}]
    lines = [
        prompt(),
        line("user", message={"role": "user", "content": block}),
        line("system", subtype="compact_boundary"),
    ]
    for each in lines:
        assert counts(each) != (0, 0)
        assert any(needle in each for needle in ClaudeSessions.counted)
    assert counts(result()) == counts(answer()) == counts(b"{") == (0, 0)


LINES = [
    prompt(),
    call(),
    call("Read", 2, {"file_path": "a"}),
    call("AskUserQuestion", 3, {}),
    result(1),
    result(2),
    answer(),
    answer(stop=None),
    ended(),
    interrupted(),
    notification(),
    line("system", subtype="compact_boundary"),
    line("attachment", attachment={"type": "queued_command"}),
    line("queue-operation", operation="enqueue", content="<task-notification><task-id>a1</task-id>"),
    b"",
    b"{}",
    b"[1]",
    b'{"type":"user","message":7}',
    b'{"type":"assistant","message":{"content":[7,{"type":"tool_use","id":7}],"usage":{"input_tokens":"x"}}}',
    b'{"type":"user","message":{"content":[{"type":"tool_result"}]},"toolUseResult":"text"}',
    b"\xff\xfe",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=40))
def test_any_order_of_lines_is_read(lines: list[bytes]) -> None:
    reader = SessionTranscript()
    for each in lines:
        reader.feed(each)
        facts = reader.facts
        assert facts.turn != "ended" or not facts.calls


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@settings(deadline=None)
@given(st.sampled_from(LINES[:14]), st.data())
def test_a_member_of_another_type_costs_no_more_than_itself(one: bytes, data: st.DataObject) -> None:
    content = json.loads(one)
    name = data.draw(st.sampled_from(sorted(content)))
    content[name] = data.draw(_ANY)
    read(prompt(), json.dumps(content).encode())


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=30), st.integers(0, 30))
def test_a_tail_that_is_settled_says_what_all_of_it_says(lines: list[bytes], start: int) -> None:
    """Of the present; one of more lines may know of older calls."""
    whole, tail = read(*lines), read(*lines[start:])
    if tail.is_settled:
        assert (tail.turn, tail.context_tokens, tail.model) == (whole.turn, whole.context_tokens, whole.model)


def test_what_kind_of_session_wrote_last() -> None:
    assert read(prompt()).kind == ""
    assert read(prompt(), line("user", entrypoint="sdk-cli")).kind == "exec"


def test_a_tail_that_names_no_model_is_not_settled() -> None:
    compacted = line("system", subtype="compact_boundary")
    assert not read(prompt(), compacted).is_settled
    assert read(prompt(), answer(), compacted).is_settled
