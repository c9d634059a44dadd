"""What a person sent to Codex, each message once: real rollouts, and the rules that tell."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from providers.codex.logs.format import ROLLOUTS
from providers.domain.cost import SentMessage
from providers.logs import Checkpoint, Observed
from tests.providers.codex.logs.test_corpora import CORPORA, SHARED
from tests.providers.codex.logs.test_format import START, Line, context, counted, line, meta, text, uuid7

THREAD, FORK, OTHER, LOST = (uuid7(0, tail) for tail in (1, 2, 3, 4))
HOME = Path("/home/dev/.codex")

# What the scenarios sent, in every version unless it is named: "fork" is four messages, three in a fork of it, one
# in a fork of that, and one in another that was empty at first.
SENT = {
    "aborted": 12,
    "archive": 5,
    "compact_auto": 4,
    "compact_auto_local": 4,
    "compact_local": 2,
    "compact_manual": 6,
    "fork": 9,
    "fork_at_turn": 4,
    "fork_slow": 9,
    "memories": 3,
    "parallel": 10,
    "plain": 5,
    "resume": 6,
    "revert": 9,
    "review": 5,
    "0.155.0/review": 4,
    "0.169.0/review": 4,
    "rollback": 5,
    "0.128.0/rollback": 4,
    "0.155.0/rollback": 4,
    "0.169.0/rollback": 4,
    "steer": 3,
    "0.98.0/steer": 2,
    "subagent": 5,
    "subagent_v2": 6,
    "switch_compacts": 10,
    "switch_full": 12,
    "upgrade": 27,
    "zstd": 7,
    "0.98.0/zstd": 5,
    "0.128.0/zstd": 5,
}


def scenarios() -> list[Any]:
    found = [
        pytest.param(path, SENT.get(f"{path.parent.name}/{path.name}", SENT[path.name]), id=str(path)[-24:])
        for name in CORPORA
        for path in sorted((SHARED / name / "codex").glob("*/*"))
        if path.name in SENT
    ]
    absent = pytest.mark.skip(reason="no shared corpora beside the repo")
    return found or [pytest.param(SHARED, 0, id="shared", marks=absent)]


def of_home(home: Path) -> list[Observed]:
    scanner = ROLLOUTS.scanner()
    return [
        Observed(home, scanner.scan(str(path)).observation)
        for path in sorted(home.rglob("rollout-*"))
        if ROLLOUTS.is_log(path.name)
    ]


@pytest.mark.parametrize(("scenario", "sent"), scenarios())
def test_each_message_counts_once(scenario: Path, sent: int) -> None:
    observed = of_home(scenario / "home")
    found = ROLLOUTS.resolve(observed).messages
    assert len(found) == sent
    assert len({each.key for each in found}) == sent
    random.Random(7).shuffle(observed)
    assert ROLLOUTS.resolve(observed + observed[:2]).messages == found


class Logs:
    """Rollouts in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def observed(self, lines: Sequence[Line] | bytes, thread: str = THREAD, home: Path = HOME) -> Observed:
        path = self.folder / f"rollout-2026-11-20T12-00-00-{thread}.jsonl"
        path.write_bytes(lines if isinstance(lines, bytes) else text(lines))
        scan = ROLLOUTS.scanner().scan(str(path))
        assert scan.skipped == 0
        assert scan.links == ROLLOUTS.links(scan.observation)
        return Observed(home, scan.observation)

    def sent(self, *lines: Line) -> list[float]:
        return seconds(ROLLOUTS.resolve([self.observed(lines)]).messages)


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


def seconds(messages: Iterable[SentMessage]) -> list[float]:
    return [each.at_ms / 1000 - START.timestamp() for each in messages]


def said(second: float, **more: object) -> Line:
    return line(second, "event_msg", {"type": "user_message", "message": "hello", **more})


def item(second: float, tail: int, kind: str = "UserMessage", thread: str = THREAD) -> Line:
    """From 0.151 on."""
    about = {
        "thread_id": thread,
        "turn_id": uuid7(second, 9),
        "item": {"type": kind, "id": uuid7(second, tail)},
    }
    return line(second, "event_msg", {"type": "item_completed", **about}, ordinal=tail)


def started(second: float, turn: str) -> Line:
    return line(second, "event_msg", {"type": "task_started", "turn_id": turn})


def event(second: float, kind: str) -> Line:
    return line(second, "event_msg", {"type": kind})


def forked(second: float, thread: str, *parents: str) -> list[Line]:
    """The first lines of a fork up to 0.150: those of its parents are copied."""
    return [
        meta(second, thread, forked_from_id=parents[0]),
        *(meta(second, parent) for parent in parents),
    ]


def test_only_the_persons_own_lines_count(logs: Logs) -> None:
    tool = line(4, "response_item", {"type": "function_call_output", "output": "user_message"})
    injected = line(5, "response_item", {"type": "message", "role": "user", "content": []})
    assert logs.sent(
        meta(0, THREAD),
        said(1),
        said(2, kind="plain"),
        tool,
        injected,
        item(6, 6),
        item(7, 7, "AgentMessage"),
    ) == [1, 2, 6]


def test_a_context_is_no_models(logs: Logs) -> None:
    about = {"cwd": "/home/dev/app", "originator": "codex_exec", "session_id": OTHER}
    lines = [meta(0, THREAD, **about), context(1, uuid7(1)), said(2)]
    (found,) = ROLLOUTS.resolve([logs.observed(lines)]).messages
    of = found.context
    assert (of.home, of.session, of.root, of.project, of.originator) == (
        HOME,
        THREAD,
        OTHER,
        "/home/dev/app",
        "codex_exec",
    )
    assert (of.model, of.effort, of.tier, of.not_on_lines) == (None, None, None, False)


def test_what_a_subagent_is_asked_is_not_the_persons(logs: Logs) -> None:
    spawned = {"subagent": {"thread_spawn": {"parent_thread_id": OTHER}}}
    assert logs.sent(meta(0, THREAD, source=spawned), said(1), item(2, 2)) == []


def test_a_review_is_asked_for_once(logs: Logs) -> None:
    """Up to 0.150 its message stands twice between two marks; a review that was killed has no second mark."""
    first, second, third = (uuid7(at) for at in (1, 5, 7))
    assert logs.sent(
        meta(0, THREAD),
        event(1, "entered_review_mode"),
        started(1.1, first),
        said(1.2),
        said(1.3),
        event(2, "exited_review_mode"),
        said(3),
        event(4, "entered_review_mode"),
        started(5, second),
        said(5.1),
        said(5.2),
        started(7, third),
        said(8),
    ) == pytest.approx([1.2, 3, 5.1, 8])


def test_a_copy_has_the_turn_of_its_original(logs: Logs) -> None:
    """From 0.101 on; it is as late as the fork, and where the original is gone, as early as the turn."""
    turn, thread, fork = uuid7(1), uuid7(0, 1), uuid7(60, 2)
    own = [meta(0, thread), started(1, turn), said(1.5), said(2)]
    copy = [
        *forked(60, fork, thread),
        started(60, turn),
        said(60),
        said(60),
        started(65, uuid7(65)),
        said(66),
    ]
    parent, child = logs.observed(own, thread), logs.observed(copy, fork)
    assert seconds(ROLLOUTS.resolve([child, parent]).messages) == [1.5, 2, 66]
    assert {each.context.session for each in ROLLOUTS.resolve([parent, child]).messages} == {thread, fork}
    assert seconds(ROLLOUTS.resolve([child]).messages) == [1, 1, 66]


def test_a_copy_without_a_turn_is_one_that_its_parent_had_by_then(logs: Logs) -> None:
    """Up to 0.98 nothing names it; what is written right after a fork at full speed is no copy."""
    own = [meta(0, THREAD), said(1), counted(2, 1, 1), said(3), said(90)]
    copy = [*forked(60, FORK, THREAD), said(60), counted(60, 1, 1), said(60.01), said(60.1), said(70)]
    parent, child = logs.observed(own), logs.observed(copy, FORK)
    assert seconds(ROLLOUTS.resolve([parent, child]).messages) == pytest.approx([1, 3, 60.1, 70, 90])


def test_a_fork_of_an_earlier_turn_has_fewer_copies(logs: Logs) -> None:
    own = [meta(0, THREAD), said(1), said(3), said(5)]
    copy = [*forked(60, FORK, THREAD), said(60), said(70), said(80)]
    found = ROLLOUTS.resolve([logs.observed(own), logs.observed(copy, FORK)]).messages
    assert seconds(found) == [1, 3, 5, 70, 80]


def test_copies_of_a_lost_thread_count_once(logs: Logs) -> None:
    forks = [
        logs.observed([*forked(at, thread, LOST), said(at), said(at + 0.1), said(at + 9)], thread)
        for at, thread in ((60, FORK), (70, OTHER))
    ]
    assert seconds(ROLLOUTS.resolve(forks).messages) == pytest.approx([60, 60.1, 69, 79])


def test_a_message_in_two_places_counts_once_and_first_where_it_was_sent(logs: Logs) -> None:
    lines = [meta(0, THREAD), said(1), item(2, 2)]
    copies = [logs.observed(lines, home=Path(home)) for home in ("/b", "/a", "/b")]
    found = ROLLOUTS.resolve(copies).messages
    assert [(str(each.context.home), second) for each, second in zip(found, seconds(found), strict=True)] == [
        ("/a", 1),
        ("/a", 2),
    ]


def test_an_image_is_not_read(logs: Logs) -> None:
    """A line that is longer than what is held of it: what counts stands at its start."""
    picture = {"content": [{"type": "image", "image_url": "data:image/png;base64," + "A" * (20 << 20)}]}
    large = item(2, 2)
    large["payload"]["item"] |= picture
    assert logs.sent(meta(0, THREAD), said(1, images=["A" * (20 << 20)]), large, said(3)) == [1, 2, 3]


def test_a_message_that_was_cut_counts_and_hides_nothing_behind_it(tmp_path: Path) -> None:
    cut = text([said(1)])[:-20]
    path = tmp_path / f"rollout-2026-11-20T12-00-00-{THREAD}.jsonl"
    path.write_bytes(text([meta(0, THREAD)]) + cut + text([counted(2, 1, 1)]) + cut + b"\n" + text([said(3)]))
    scan = ROLLOUTS.scanner().scan(str(path))
    observed = [Observed(HOME, scan.observation)]
    assert len(ROLLOUTS.resolve(observed).responses) == 1
    assert seconds(ROLLOUTS.resolve(observed).messages) == [1, 1, 3]
    assert scan.skipped == 1


def test_a_scan_goes_on_where_the_last_one_ended(logs: Logs) -> None:
    """In the middle of a turn, and of a review."""
    lines = [
        meta(0, THREAD),
        started(1, uuid7(1)),
        said(2),
        event(3, "entered_review_mode"),
        said(4),
        said(5),
    ]
    lines += [event(6, "exited_review_mode"), said(7), started(8, uuid7(8)), said(9), item(10, 4)]
    whole = logs.observed(lines).observation
    path = logs.folder / f"rollout-2026-11-20T12-00-00-{THREAD}.jsonl"
    for end in range(1, len(lines)):
        path.write_bytes(text(lines[:end]))
        first = ROLLOUTS.scanner().scan(str(path))
        path.write_bytes(text(lines))
        checkpoint = Checkpoint(first.offset, first.fingerprint, first.skipped, first.observation)
        assert ROLLOUTS.scanner().scan(str(path), checkpoint).observation == whole
