from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.codex.logs import wire
from providers.codex.logs.format import Rollouts
from providers.codex.logs.observation import decode, rollout
from providers.codex.logs.reader import RolloutReader
from providers.codex.logs.resolve import billed
from providers.codex.logs.rollout import Rollout, born_at
from providers.domain.cost import BilledResponse
from providers.source import Home
from tests.counting import Count, count, read_log

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

START = datetime(2026, 11, 20, 12, tzinfo=UTC)

Line = dict[str, Any]


def uuid7(second: float, tail: int = 0) -> str:
    ms = int((START.timestamp() + second) * 1000)
    return f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7000-8000-{tail:012x}"


def line(second: float, kind: str, payload: object, **more: object) -> Line:
    at = (START + timedelta(seconds=second)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"timestamp": at, **more, "type": kind, "payload": payload}


def tokens(size: int) -> Line:
    """A usage whose classes all differ: of 10 input, 6 are cached and 1 is written to the cache."""
    return {
        "input_tokens": 10 * size,
        "cached_input_tokens": 6 * size,
        "cache_write_input_tokens": size,
        "output_tokens": 2 * size,
        "reasoning_output_tokens": size,
        "total_tokens": 12 * size,
    }


def meta(second: float, thread: str, version: str = "0.147.0", **more: object) -> Line:
    return line(second, "session_meta", {"id": thread, "cli_version": version, "source": "exec", **more})


def context(second: float, turn: str | None, model: str = "gpt-5.5") -> Line:
    return line(second, "turn_context", {"turn_id": turn, "model": model} if turn else {"model": model})


def counted(second: float, total: int, last: int, **more: object) -> Line:
    info = {"total_token_usage": tokens(total), "last_token_usage": tokens(last), "model_context_window": 1}
    return line(second, "event_msg", {"type": "token_count", "info": info}, **more)


def forgot(second: float, **more: object) -> Line:
    return line(second, "event_msg", {"type": "token_count", "info": None}, **more)


def record(second: float, thread: str, turn: str, size: int, total: int, **more: object) -> Line:
    payload = {"thread_id": thread, "turn_id": turn, "response_id": "r", "usage": tokens(size)}
    return line(second, "token_usage_record", payload | {"thread_token_usage": tokens(total)} | more)


def text(lines: Sequence[Line]) -> bytes:
    return b"".join(json.dumps(each, separators=(",", ":")).encode() + b"\n" for each in lines)


class Homes:
    """Homes in a folder of the test's own, and the rollouts put there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def home(self, name: str = "home") -> Home:
        return Home(provider="codex", path=self.folder / name, label=name)

    def put(
        self, lines: Sequence[Line] | bytes, thread: str = "", home: str = "home", suffix: str = ""
    ) -> Path:
        content = lines if isinstance(lines, bytes) else text(lines)
        thread = thread or (lines[0]["payload"]["id"] if not isinstance(lines, bytes) else uuid7(0))
        path = (
            self.folder / home / "sessions" / "2026" / f"rollout-2026-11-20T12-00-00-{thread}.jsonl{suffix}"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def count(self) -> Count:
        return count(Rollouts(), [self.home().path])

    def sizes(self) -> list[int]:
        return sizes(self.count().responses)


def sizes(responses: Sequence[BilledResponse]) -> list[int]:
    return [response.usage.output_tokens // 2 for response in responses]


@pytest.fixture
def homes(tmp_path: Path) -> Homes:
    return Homes(tmp_path)


THREAD, TURN = uuid7(0, 1), uuid7(1, 2)
CHILD, CHILD_TURN = uuid7(100, 3), uuid7(101, 4)


def test_a_record_is_one_response_in_disjoint_classes(homes: Homes) -> None:
    homes.put([meta(0, THREAD), context(1, TURN), record(2, THREAD, TURN, 5, 5), counted(3, 5, 5)])
    counts = homes.count()
    (response,) = counts.responses
    assert response.at == START + timedelta(seconds=2)
    assert (response.context.model, response.context.home) == ("gpt-5.5", homes.home().path)
    usage = response.usage
    assert (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens) == (15, 30, 5)
    assert (usage.output_tokens, usage.reasoning_tokens, usage.total_tokens) == (10, 5, 60)
    assert (counts.files, counts.skipped_lines, counts.unreadable_files) == (1, 0, ())


def test_a_turns_model_is_known_before_its_context(homes: Homes) -> None:
    first = [meta(0, THREAD), context(1, TURN, "old"), record(2, THREAD, CHILD_TURN, 1, 1)]
    homes.put([*first, context(3, CHILD_TURN, "new"), record(4, THREAD, uuid7(5), 1, 2)])
    assert [response.context.model for response in homes.count().responses] == ["new", "new"]


def test_an_answer_without_usage_was_not_billed(homes: Homes) -> None:
    homes.put([meta(0, THREAD), context(1, TURN), record(2, THREAD, TURN, 0, 0)])
    assert homes.count().responses == []


def test_a_total_that_did_not_move_is_a_repeat(homes: Homes) -> None:
    homes.put([meta(0, THREAD), context(1, TURN), counted(2, 3, 3), counted(3, 3, 3), counted(4, 8, 5)])
    assert homes.sizes() == [3, 5]


def test_usage_is_what_the_total_moved_by(homes: Homes) -> None:
    homes.put([meta(0, THREAD), context(1, TURN), counted(2, 3, 3), counted(3, 10, 5), counted(4, 6, 2)])
    assert homes.sizes() == [3, 7, 2]


def test_counters_start_anew_after_no_info_and_after_zero(homes: Homes) -> None:
    anew = [counted(2, 3, 3), forgot(3), counted(4, 3, 3), counted(5, 0, 0), counted(6, 3, 3)]
    homes.put([meta(0, THREAD), context(1, TURN), *anew])
    assert homes.sizes() == [3, 3, 3]


def test_a_size_of_the_window_is_no_usage(homes: Homes) -> None:
    overflow = counted(3, 0, 0)
    overflow["payload"]["info"]["total_token_usage"]["total_tokens"] = 258_400
    homes.put([meta(0, THREAD), context(1, TURN), counted(2, 3, 3), overflow])
    assert homes.sizes() == [3]


def test_a_copied_history_counts_once_at_its_own_time(homes: Homes) -> None:
    events = [context(1, TURN), counted(2, 3, 3), counted(3, 8, 5)]
    homes.put([meta(0, THREAD), *events])
    copied = [context(100, TURN, "other"), counted(100, 3, 3), counted(100, 8, 5)]
    own = [context(101, CHILD_TURN), counted(102, 9, 1)]
    homes.put([meta(100, CHILD, forked_from_id=THREAD), meta(100, THREAD), *copied, *own])
    responses = homes.count().responses
    assert sizes(responses) == [3, 5, 1]
    assert [response.at for response in responses] == [START + timedelta(seconds=n) for n in (2, 3, 102)]
    assert {response.context.model for response in responses} == {"gpt-5.5"}


def test_nothing_is_reported_after_the_last_time_of_a_reader() -> None:
    """Not even where a clock was set back before a fork re-stamped what it copied."""
    thread, original = uuid7(3600), uuid7(0)
    turn = uuid7(1800, 1)
    lines = [meta(0, thread, forked_from_id=original), context(1, turn), record(2, original, turn, 10, 10)]
    reader = RolloutReader(f"rollout-x-{thread}.jsonl")
    for content in text(lines).splitlines():
        reader.take(content)
    (response,) = billed([rollout_of(reader)])
    assert response.at == START + timedelta(seconds=1800)
    assert response.at_ms <= reader.last_ms()


def test_a_copy_without_its_original_counts_once_and_then(homes: Homes) -> None:
    for child in (CHILD, uuid7(200, 9)):
        copied = [context(200, TURN), counted(200, 3, 3), record(200, THREAD, uuid7(5), 2, 5)]
        homes.put([meta(200, child, forked_from_id=THREAD), *copied])
    responses = homes.count().responses
    assert sizes(responses) == [3, 2]
    assert [response.at for response in responses] == [START + timedelta(seconds=n) for n in (1, 5)]


def test_old_copies_without_turn_ids_are_recognized_by_their_ancestors(homes: Homes) -> None:
    homes.put([meta(0, THREAD, "0.98.0"), context(1, None), counted(2, 3, 3), counted(3, 8, 5)])
    copied = [context(100, None), counted(100, 3, 3), counted(100, 8, 5), counted(110, 9, 1)]
    homes.put([meta(100, CHILD, "0.98.0", forked_from_id=THREAD), *copied])
    grandchild = [context(200, None), counted(200, 3, 3), counted(210, 4, 1)]
    homes.put([meta(200, uuid7(200), "0.98.0", forked_from_id=CHILD), *grandchild])
    assert homes.sizes() == [3, 5, 1, 1]


def test_old_copies_of_a_lost_thread_count_once(homes: Homes) -> None:
    for child, own in ((CHILD, 6), (uuid7(100, 9), 7)):
        copied = [counted(100.1, 3, 3), counted(110, 3 + own, own)]
        homes.put([meta(100, child, "0.98.0", forked_from_id=THREAD), context(100, None), *copied])
    assert homes.sizes() == [3, 6, 7]


def test_an_invented_turn_id_is_none(homes: Homes) -> None:
    for thread in (THREAD, CHILD):
        homes.put([meta(0, thread), context(1, "rollout-5"), counted(2, 3, 3)])
    assert homes.sizes() == [3, 3]


def test_a_record_of_an_invented_turn_counts_for_its_own_rollout_only(homes: Homes) -> None:
    homes.put(
        [meta(0, THREAD), context(1, "rollout-5"), record(2, THREAD, "rollout-5", 3, 3), counted(2, 3, 3)]
    )
    homes.put([meta(0, CHILD), context(1, "rollout-5"), counted(2, 4, 4)])
    assert sorted(homes.sizes()) == [3, 4]


def base_of(thread: str, ordinals: int) -> Line:
    return {
        "forked_from_id": thread,
        "history_base": {"thread_id": thread, "end_ordinal_exclusive": ordinals},
    }


def test_a_fork_by_reference_goes_on_from_its_base(homes: Homes) -> None:
    events = [context(1, TURN), counted(2, 3, 3, ordinal=2), counted(3, 8, 5, ordinal=3)]
    homes.put([meta(0, THREAD, "0.155.0"), *events])
    fork = [meta(100, CHILD, "0.155.0", **base_of(THREAD, 3)), context(101, CHILD_TURN)]
    homes.put([*fork, counted(102, 3, 3, ordinal=3), counted(103, 7, 1, ordinal=4)])
    assert homes.sizes() == [3, 5, 4]
    homes.folder.joinpath("home", "sessions", "2026").rename(homes.folder / "lost")
    homes.put([*fork, counted(102, 7, 4, ordinal=3), counted(103, 9, 2, ordinal=4)])
    assert homes.sizes() == [2]  # how much of the first event is the base's, nobody knows any more


def test_a_fork_by_reference_before_0_153_starts_anew(homes: Homes) -> None:
    homes.put([meta(0, THREAD, "0.152.1"), context(1, TURN), counted(2, 3, 3, ordinal=2)])
    fork = [meta(100, CHILD, "0.152.1", **base_of(THREAD, 3)), context(101, CHILD_TURN)]
    homes.put([*fork, counted(102, 3, 3, ordinal=3)])
    assert homes.sizes() == [3, 3]


@pytest.mark.parametrize(
    ("events", "first"),
    [
        ([counted(2, 3, 3, ordinal=2), counted(3, 8, 5, ordinal=9)], 4),
        ([counted(2, 3, 3, ordinal=2), forgot(3, ordinal=3)], 1),
        ([counted(2, 3, 3, ordinal=2), forgot(3, ordinal=9)], 4),
        ([counted(2, 3, 3, ordinal=9)], 1),
        ([], 1),
    ],
)
def test_what_a_base_left_on_the_counters(homes: Homes, events: list[Line], first: int) -> None:
    homes.put([meta(0, THREAD, "0.155.0"), context(1, TURN), *events])
    fork = [meta(100, CHILD, "0.155.0", **base_of(THREAD, 5)), context(101, CHILD_TURN)]
    homes.put([*fork, counted(102, 7, 1, ordinal=5)])
    assert homes.sizes()[-1] == first


@pytest.mark.parametrize(("version", "first"), [("0.155.0", 4), ("0.152.1", 1)])
def test_a_base_without_use_left_what_its_own_base_did(homes: Homes, version: str, first: int) -> None:
    events = [counted(2, 3, 3, ordinal=2), counted(3, 6, 3, ordinal=7)]
    homes.put([meta(0, THREAD, "0.155.0"), context(1, TURN), *events])
    middle = uuid7(50, 7)
    homes.put([meta(50, middle, version, **base_of(THREAD, 5))])
    fork = [meta(100, CHILD, "0.155.0", **base_of(middle, 9)), context(101, CHILD_TURN)]
    homes.put([*fork, counted(102, 7, 1, ordinal=9)])
    assert homes.sizes()[-1] == first


def test_a_fork_that_forgets_does_not_ask_its_base(homes: Homes) -> None:
    homes.put([meta(0, THREAD, "0.155.0"), context(1, TURN), counted(2, 3, 3, ordinal=2)])
    fork = [
        meta(100, CHILD, "0.155.0", **base_of(THREAD, 3)),
        context(101, CHILD_TURN),
        forgot(101, ordinal=3),
    ]
    homes.put([*fork, counted(102, 7, 2, ordinal=4)])
    assert homes.sizes() == [3, 2]


def test_the_same_rollout_in_two_homes_counts_once(homes: Homes) -> None:
    lines = [meta(0, THREAD), context(1, TURN), record(2, THREAD, TURN, 5, 5)]
    for name in ("one", "two"):
        homes.put(lines, home=name)
    counts = count(Rollouts(), [homes.home(name).path for name in ("two", "one", "missing")])
    assert (len(counts.responses), counts.files) == (1, 2)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("spaced", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_spelling_does_not_matter(homes: Homes, line_end: bytes, spaced: bool, turned: bool) -> None:
    lines = [meta(0, THREAD), context(1, TURN), counted(2, 3, 3), record(3, THREAD, uuid7(3), 5, 8)]
    dull = line(1, "response_item", {"type": "message", "text": '"type":"token_count"'})
    content = b""
    for each in (*lines, dull):
        turned_line = dict(reversed(each.items())) if turned else each
        separators = (", ", ": ") if spaced else (",", ":")
        content += json.dumps(turned_line, separators=separators).encode() + line_end
    homes.put(content, THREAD)
    counts = homes.count()
    assert (sizes(counts.responses), counts.skipped_lines) == ([3, 5], 0)


def test_a_marker_inside_a_string_fools_nobody(homes: Homes) -> None:
    inner = text([record(2, THREAD, TURN, 5, 5)]).decode()
    lines = [
        line(2, "response_item", {"type": "message", "text": inner}),
        line(2, "event_msg", {"type": "agent_message", "message": inner}),
        line(
            2,
            "something_new",
            {"type": "token_count", "text": inner, "info": {"total_token_usage": tokens(9)}},
        ),
        line(
            2,
            "compacted",
            {"message": "", "latest_token_usage_record": record(2, THREAD, TURN, 5, 5)["payload"]},
        ),
    ]
    homes.put([meta(0, THREAD), context(1, TURN), *lines])
    counts = homes.count()
    assert (counts.responses, counts.skipped_lines) == ([], 0)


def test_bad_lines_are_skipped_and_counted(homes: Homes) -> None:
    good = text([meta(0, THREAD), context(1, TURN), record(2, THREAD, TURN, 5, 5)])
    wrong = record(3, THREAD, TURN, 1, 6, usage="12")
    empty = record(3, THREAD, TURN, 1, 6, usage={"input_tokens": -1, "output_tokens": None})
    undated = record(3, THREAD, TURN, 1, 6) | {"timestamp": "yesterday"}
    ancient = record(3, THREAD, TURN, 1, 6) | {"timestamp": "0001-01-01T00:00:00+23:59"}
    bad = text([wrong, empty, undated, ancient]) + b"{}[]\n\0\0\0\0\n\xff\xfe\n[1]\n" + b"[" * 100_000 + b"\n"
    homes.put(good + bad + b'{"timestamp":"2026-11-20T12:00:09.000Z","type":"token_usage_rec', THREAD)
    counts = homes.count()
    assert (sizes(counts.responses), counts.skipped_lines) == ([5], 9)


def test_files_that_are_none(homes: Homes) -> None:
    empty = homes.put(b"")
    (empty.parent / f"rollout-x-{uuid7(1)}.jsonl").mkdir()
    dangling = empty.parent / f"rollout-y-{uuid7(2)}.jsonl"
    dangling.symlink_to("nowhere")
    (empty.parent / "notes.jsonl").write_bytes(b"no rollout\n")
    counts = homes.count()
    assert (counts.responses, counts.files, counts.unreadable_files) == ([], 1, (str(dangling),))


def test_a_torn_compressed_rollout_is_reported(homes: Homes) -> None:
    whole = zstd.compress(text([meta(0, THREAD), context(1, TURN), record(2, THREAD, TURN, 5, 5)]))
    path = homes.put(whole + zstd.compress(b"more\n")[:-3], THREAD, suffix=".zst")
    counts = homes.count()
    assert sizes(counts.responses) == [5]
    assert counts.unreadable_files == (str(path),)


def test_plain_and_compressed_twins_count_once(homes: Homes) -> None:
    lines = [meta(0, THREAD), context(1, TURN), counted(2, 3, 3)]
    homes.put(lines)
    homes.put(zstd.compress(text(lines)), THREAD, suffix=".zst")
    assert homes.sizes() == [3]


def test_when_an_id_was_made() -> None:
    assert born_at(uuid7(5)) == (START.timestamp() + 5) * 1000
    assert born_at("c0ffee00-0000-4000-8000-000000000000") is None
    assert born_at("rollout-5") is None


LINES = [
    meta(0, THREAD, forked_from_id=CHILD, source={"subagent": {"thread_spawn": {"parent_thread_id": CHILD}}}),
    line(1, "event_msg", {"type": "task_started", "turn_id": TURN}),
    context(1, TURN),
    counted(2, 3, 3, ordinal=4),
    record(2, THREAD, TURN, 3, 3),
    meta(2, CHILD, **base_of(THREAD, 3)),
]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def put_at(value: Any, path: tuple[Any, ...], new: object) -> Any:
    return {**value, path[0]: put_at(value[path[0]], path[1:], new)} if path else new


@settings(deadline=None)
@given(st.data())
def test_any_value_anywhere_never_raises(data: st.DataObject) -> None:
    changed = []
    for each in LINES:
        place = data.draw(st.sampled_from(places(each)))
        changed.append(put_at(each, place, data.draw(values)) if data.draw(st.booleans()) else each)
    reader = RolloutReader("rollout.jsonl")
    for content in text(changed).splitlines():
        reader.take(content)
    billed([rollout_of(reader)])


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_never_raise(content: bytes) -> None:
    reader = RolloutReader("rollout.jsonl")
    reader.take(content)
    assert reader.state.skipped <= 1


FIXTURES = Path(__file__).parents[3] / "fixtures" / "codex" / "0.169.0"
SHARED = Path(__file__).parents[5] / "shared" / "corpora" / "codex"


def real_rollouts() -> list[Path]:
    folders = (FIXTURES / "zstd", SHARED / "0.98.0" / "fork", SHARED / "0.169.0" / "upgrade")
    return sorted(path for folder in folders for path in folder.rglob("rollout-*"))


def rollout_of(reader: RolloutReader) -> Rollout:
    return rollout(Path("home"), decode(reader.observation()))


def rollout_at(path: Path) -> Rollout:
    reader = RolloutReader(str(path))
    read_log(str(path), wire.UNWANTED, reader.take)
    return rollout_of(reader)


ROLLOUTS = [rollout_at(each) for each in real_rollouts()]


@settings(deadline=None)
@given(st.permutations(ROLLOUTS))
def test_the_order_of_files_does_not_matter(order: list[Rollout]) -> None:
    assert billed(order) == billed(ROLLOUTS)


@pytest.mark.parametrize("path", real_rollouts(), ids=lambda path: path.name[-50:-6])
def test_a_stored_state_goes_on_at_any_line(path: Path) -> None:
    lines: list[bytes] = []
    read_log(str(path), wire.UNWANTED, lambda line: lines.append(bytes(line)))
    whole = RolloutReader(str(path))
    for each in lines:
        whole.take(each)
    for cut in range(len(lines) + 1):
        first = RolloutReader(str(path))
        for each in lines[:cut]:
            first.take(each)
        second = RolloutReader("elsewhere.jsonl", first.observation())
        for each in lines[cut:]:
            second.take(each)
        assert rollout_of(second) == rollout_of(whole)
        assert second.links() == whole.links()
        assert second.last_ms() == whole.last_ms()


def test_its_last_time_is_the_latest_of_all_lines() -> None:
    reader = RolloutReader("rollout.jsonl")
    for seconds in (5, 9, 7):
        reader.take(text([line(seconds, "event_msg", {"type": "token_count", "info": None})])[:-1])
    latest = reader.last_ms()
    assert latest == reader.last_ms()
    reader = RolloutReader("rollout.jsonl", reader.observation())
    reader.take(text([line(8, "event_msg", {"type": "token_count", "info": None})])[:-1])
    assert reader.last_ms() == latest
    assert latest - (rollout_of(reader).began_at or 0) == 4_000


@pytest.mark.parametrize("damage", [b"", b"\x90", msgspec.msgpack.encode([0, None]), b"\xc1"])
def test_an_observation_of_another_make_is_refused(damage: bytes) -> None:
    with pytest.raises(ValueError, match="another make"):
        RolloutReader("rollout.jsonl", damage)


def item(kind: str) -> dict[str, Any]:
    """As it is written from 0.151 on."""
    about = {"thread_id": uuid7(0), "turn_id": uuid7(1), "item": {"type": kind, "id": "I", "content": []}}
    return {"type": "item_completed", **about}


def test_heads_that_are_known_to_be_dull() -> None:
    dull = [
        line(0, "response_item", {"type": "message"}),
        line(0, "world_state", {}, ordinal=7),
        line(0, "event_msg", item("AgentMessage"), ordinal=7),
        line(0, "event_msg", {"type": "token_count_of_tomorrow"}),
    ]
    wanted = [*LINES, line(0, "event_msg", {"info": 1, "type": "item_completed"}), line(0, "new", {})]
    assert all(wire.UNWANTED.match(each) for each in text(dull).splitlines())
    assert not any(wire.UNWANTED.match(each) for each in text(wanted).splitlines())
