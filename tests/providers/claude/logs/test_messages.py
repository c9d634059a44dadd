"""What a person sent to Claude, each message once: lines as Claude Code 2.1.30 to 2.1.332 wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from providers.claude.logs import wire
from providers.domain.account import account_id
from providers.domain.cost import SentMessage
from providers.logs import Observed
from tests.providers.claude.reading import (
    AGENT_LOG,
    FORK,
    FORMAT,
    HOME,
    LOG,
    SESSION,
    Line,
    answer,
    observed,
    read,
    spent,
    text,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
FORK_LOG = LOG.replace(SESSION, FORK)
HUMAN = {"kind": "human"}
RESULT = {"tool_use_id": "toolu_1", "type": "tool_result", "content": "hello"}
PICTURE = {"type": "image", "source": {"type": "base64", "data": "AAAA"}}


def user(second: float, content: object = "hello", session: str = SESSION, **more: object) -> Line:
    """In the order of 2.1.332; a name that ends in _ stands before the message."""
    before = {name.removesuffix("_"): value for name, value in more.items() if name.endswith("_")}
    after = {name: value for name, value in more.items() if not name.endswith("_")}
    line = {"parentUuid": None, "isSidechain": False, "promptId": "p", "type": "user"} | before
    return line | {"message": {"role": "user", "content": content}, **dated(second, session), **after}


def queued(second: float, prompt: object = "hello", session: str = SESSION, **more: object) -> Line:
    """What was typed while the model worked."""
    command = {"type": "queued_command", "prompt": prompt, "commandMode": "prompt", **more}
    attached = {"parentUuid": None, "isSidechain": False, "attachment": command, "type": "attachment"}
    return attached | dated(second, session)


def dated(second: float, session: str) -> Line:
    at = datetime.fromtimestamp(NOON + second, UTC).isoformat(timespec="milliseconds")
    uuid = f"00000000-0000-4000-a000-{round(second * 1000):012x}"
    return {
        "uuid": uuid,
        "timestamp": at.replace("+00:00", "Z"),
        "cwd": "/home/dev/app",
        "sessionId": session,
    }


def seconds(messages: Iterable[SentMessage]) -> list[float]:
    return [each.at_ms / 1000 - NOON for each in messages]


def sent(*lines: Line | bytes, path: str = LOG) -> list[float]:
    return seconds(FORMAT.resolve([observed(lines, path)]).messages)


@pytest.mark.parametrize(
    "line",
    [
        user(1),
        user(1, promptSource="sdk", turnOrigin="sdk"),
        user(1, promptSource="queued", origin=HUMAN, turnOrigin="human"),
        user(1, "<command-message>mine</command-message>\n<command-name>/mine</command-name>"),
        user(
            1,
            [
                {"type": "text", "text": "<ide_opened_file>a.py</ide_opened_file>"},
                {"type": "text", "text": "so"},
            ],
        ),
        user(1, [PICTURE]),
        user(1, "<b>why</b> is this bold?"),
        user(1, "  hello"),
        user(1, '"hello", she said'),
        user(1, "你好"),
        {"message": {"role": "user", "content": "hello"}, "type": "user"} | dated(1, SESSION),
        queued(1, origin=HUMAN, humanTurn=True),
        queued(1),
    ],
)
def test_what_a_person_sent(line: Line) -> None:
    assert sent(line) == [1]


@pytest.mark.parametrize(
    "line",
    [
        user(1, [RESULT]),
        user(1, [RESULT], toolUseResult={"content": "hello"}),
        user(1, [{"type": "text", "text": "hello"}], isMeta=True),
        user(1, "This session is being continued", isCompactSummary=True),
        user(1, isSidechain_=True),
        user(1, agentId_="a1b2"),
        user(1, "<command-name>/compact</command-name>\n  <command-message>compact</command-message>"),
        user(1, "<local-command-stdout>Compacted</local-command-stdout>"),
        user(1, "<bash-input>ls</bash-input>"),
        user(1, "<bash-stdout>a.py</bash-stdout><bash-stderr></bash-stderr>"),
        user(1, "<task-notification>\n<task-id>a</task-id></task-notification>"),
        user(1, "done", origin={"kind": "task-notification"}, turnOrigin="task_notification"),
        user(1, "go on", origin={"kind": "auto-continuation"}),
        user(1, "every hour", turnOrigin="scheduled"),
        user(1, '<teammate-message teammate_id="a">done</teammate-message>'),
        user(1, [{"type": "text", "text": "[Request interrupted by user]"}]),
        user(1, [{"type": "text", "text": "[Request interrupted by user for tool use]"}]),
        user(1, ""),
        user(1, " \n"),
        user(1, "\n <command-name>/compact</command-name>"),
        user(1, "hello", isMeta=True),
        user(1, "hello", isSidechain=True),
        user(1, [1, None]),
        user(1, None),
        queued(1, "<task-notification>", commandMode="task-notification"),
        queued(1, isMeta=True, origin={"kind": "unclassified"}),
        queued(1, None),
        {"type": "attachment", "attachment": {"type": "file", "prompt": "hello"}} | dated(1, SESSION),
        {"type": "queue-operation", "operation": "enqueue", "content": "hello"} | dated(1, SESSION),
        {"type": "system", "subtype": "local_command", "content": "<command-name>"} | dated(1, SESSION),
    ],
)
def test_what_nobody_sent(line: Line) -> None:
    for each in (line, dict(reversed(line.items()))):
        reader = read(text([each]))
        assert FORMAT.resolve([Observed(HOME, reader.observation())]).messages == []
        assert reader.skipped == 0


def test_what_a_tool_returned_is_not_parsed() -> None:
    """Nor are attachments: most of a transcript is one of them."""
    parsed = [user(1), queued(1), user(1, [PICTURE])]
    first = {"type": "tool_result", "tool_use_id": "toolu_1"}
    dropped = [user(1, [RESULT]), user(1, [first]), queued(1, type="file"), user(1, [RESULT], origin=HUMAN)]
    assert [wire.UNWANTED.match(text([line])) is None for line in parsed + dropped] == [True] * 3 + [
        False
    ] * 4


def test_a_line_without_a_time_is_no_message_and_no_damage() -> None:
    for line in (user(1), queued(1)):
        for odd in (line | {"timestamp": None}, line | {"timestamp": "1999-01-01T00:00:00Z"}):
            reader = read(text([odd]))
            assert (FORMAT.resolve([Observed(HOME, reader.observation())]).messages, reader.skipped) == (
                [],
                0,
            )


def test_a_text_may_be_damaged_or_escaped() -> None:
    assert sent(text([user(1, "hell?")]).replace(b"?", b"\xff")) == [1]
    assert sent(text([user(1, "?command-name>")]).replace(b"?", rb"\u003c")) == []


def test_a_subagents_log_has_none() -> None:
    assert sent(user(1), queued(2), path=AGENT_LOG) == []


def test_a_copy_in_a_fork_counts_once() -> None:
    """It keeps its uuid and its time; a resume writes on in the same log."""
    own = [user(1), answer(spent(), second=2), user(3)]
    copy = [*(line | {"sessionId": FORK} for line in own[:2]), user(5, session=FORK)]
    logs = [observed(own), observed(copy, FORK_LOG)]
    assert seconds(FORMAT.resolve(logs).messages) == [1, 3, 5]
    assert FORMAT.resolve(logs).messages == FORMAT.resolve([logs[1], logs[0], logs[0]]).messages
    assert FORMAT.links(logs[0].observation) & FORMAT.links(logs[1].observation)


def test_logs_that_share_nothing_but_a_message_belong_together() -> None:
    """A fork of a session that was interrupted before it had an answer."""
    first = observed([user(1)])
    second = observed([user(1, session=FORK), user(2, session=FORK)], FORK_LOG)
    assert FORMAT.links(first.observation) & FORMAT.links(second.observation)
    assert seconds(FORMAT.resolve([first, second]).messages) == [1, 2]


def test_a_context_has_the_session_the_project_and_the_account() -> None:
    owner = {"type": "session-owner", "accountUuid": "a", "organizationUuid": "o", "sessionId": SESSION}
    (found,) = FORMAT.resolve([observed([owner, user(1)])]).messages
    context = found.context
    assert (context.home, context.session, context.root, context.project) == (
        HOME,
        SESSION,
        SESSION,
        "/home/dev/app",
    )
    assert context.account == account_id("claude", "a/o")
    assert (context.model, context.effort, context.tier, context.not_on_lines) == (None, None, None, False)


def test_one_in_two_homes_is_of_the_first() -> None:
    copies = [observed([user(1)], home=Path(home)) for home in ("/b", "/a")]
    (found,) = FORMAT.resolve(copies).messages
    assert found.context.home == Path("/a")


def test_two_records_on_one_line_both_count() -> None:
    lines = text([user(1)])[:-1] + text([answer(spent(), second=2)])[:-1] + text([queued(3)])
    assert sent(lines) == [1, 3]
    assert len(FORMAT.resolve([observed([lines])]).responses) == 1


def test_a_scan_goes_on_where_the_last_one_ended() -> None:
    lines: list[Any] = [user(1), answer(spent(), second=2), queued(3), user(4, [RESULT]), user(5), user(5)]
    whole = read(text(lines))
    for end in range(len(lines) + 1):
        first = read(text(lines[:end]))
        both = read(text(lines[end:]), observation=first.observation())
        assert both.observation() == whole.observation()
        assert frozenset(both.links()) == frozenset(whole.links()) == FORMAT.links(whole.observation())
        assert both.last_ms() == whole.last_ms() == round((NOON + 5) * 1000)
