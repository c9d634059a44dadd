"""Which model summed up a history when the model changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from providers.codex.logs.format import Rollouts
from tests.counting import count
from tests.providers.codex.logs.test_format import (
    CHILD,
    CHILD_TURN,
    THREAD,
    TURN,
    Homes,
    Line,
    line,
    meta,
    record,
    text,
    uuid7,
)

FIXTURES = Path(__file__).parents[3] / "fixtures" / "codex"
HASHES = {"gpt-5.5": "2911", "gpt-6.1-sol": "3000", "gpt-6.2-sol": "3000"}
THIRD_TURN = uuid7(20, 9)


@pytest.fixture
def homes(tmp_path: Path) -> Homes:
    return Homes(tmp_path)


def started(second: float, turn: str, window: object = 258_400) -> Line:
    return line(
        second, "event_msg", {"type": "task_started", "turn_id": turn, "model_context_window": window}
    )


def context(second: float, turn: str, model: str, **more: object) -> Line:
    payload = {"turn_id": turn, "model": model}
    if model in HASHES:
        payload["comp_hash"] = HASHES[model]
    return line(second, "turn_context", payload, **more)


def compacted(second: float, response: object, before: str | None = None, **more: object) -> Line:
    """As 0.155 wrote it, or with the turn before, as 0.162 did."""
    payload: dict[str, Any] = {
        "message": "",
        "replacement_history": [],
        "window_number": 1,
        "compaction_response_id": response,
        "latest_token_usage_record": record(0, THREAD, TURN, 1, 1)["payload"],
    }
    if before is not None:
        settings = {"model": before, "comp_hash": HASHES.get(before), "realtime_active": False}
        payload["resume_metadata"] = {
            "dynamic_tools": {"tools": []},
            "last_started_turn_id": TURN,
            "previous_turn_settings": settings,
        }
    return line(second, "compacted", payload | more)


def first_turn(model: str, window: int = 258_400) -> list[Line]:
    used = record(3, THREAD, TURN, 1, 1, response_id="r1")
    return [meta(0, THREAD, "0.171.0"), started(1, TURN, window), context(2, TURN, model, ordinal=2), used]


def switch(model: str, summary: Line, window: object = 258_400) -> list[Line]:
    """A turn with another model, before which the history is summed up."""
    summed = record(10.5, THREAD, CHILD_TURN, 2, 3, response_id="r2")
    turn = [started(10, CHILD_TURN, window), summed, summary, context(11, CHILD_TURN, model)]
    return [*turn, record(12, THREAD, CHILD_TURN, 3, 6, response_id="r3")]


def models(homes: Homes) -> list[str | None]:
    return [response.context.model for response in homes.count().responses]


OLD, SAME, NEW, OTHER = "gpt-6.2-sol", "gpt-6.1-sol", "gpt-5.5", "own-model"


@pytest.mark.parametrize("noted", [OLD, None])
@pytest.mark.parametrize(
    ("old", "new", "windows", "by_old"),
    [
        (OLD, NEW, (258_400, 258_400), True),
        (NEW, OLD, (258_400, 475_000), True),
        (OLD, SAME, (475_000, 258_400), True),
        (OLD, SAME, (475_000, "258400"), True),
        (OLD, SAME, (475_000, 475_000), False),
        (OLD, SAME, (258_400, 475_000), False),
        (OLD, OTHER, (258_400, 258_400), False),
        (OTHER, NEW, (258_400, 258_400), False),
        (OTHER, NEW, (475_000, 258_400), True),
        (OLD, SAME, (475_000, None), False),
        (OLD, SAME, (475_000, 0), False),
        (OLD, OLD, (475_000, 258_400), False),
    ],
)
def test_the_old_model_sums_up_what_the_new_one_cannot_take(
    homes: Homes, old: str, new: str, windows: tuple[int, object], by_old: bool, noted: str | None
) -> None:
    summary = compacted(10.6, "r2", old if noted else None)
    homes.put([*first_turn(old, windows[0]), *switch(new, summary, windows[1])])
    assert models(homes) == [old, old if by_old else new, new]


def test_the_turn_before_is_the_one_that_was_noted(homes: Homes) -> None:
    """Not the context before: that turn may have been interrupted."""
    interrupted = [started(5, THIRD_TURN), context(6, THIRD_TURN, SAME)]
    summary = compacted(10.6, "r2", NEW)
    homes.put([*first_turn(NEW), *interrupted, *switch(OLD, summary)])
    assert models(homes) == [NEW, NEW, OLD]


def test_the_window_is_that_of_the_old_models_own_turn(homes: Homes) -> None:
    """A turn that was interrupted while it summed up has started with the new window already."""
    homes.put([*first_turn(OLD, 475_000), started(5, THIRD_TURN), *switch(SAME, compacted(10.6, "r2", OLD))])
    assert models(homes) == [OLD, OLD, SAME]


@pytest.mark.parametrize("answer", ["other", None, 5])
def test_only_the_record_of_the_compaction_is_the_old_models(homes: Homes, answer: object) -> None:
    homes.put([*first_turn(OLD), *switch(NEW, compacted(10.6, answer, OLD))])
    assert models(homes) == [OLD, NEW, NEW]


def test_a_compaction_within_a_turn_is_by_its_own_model(homes: Homes) -> None:
    turn = [started(10, CHILD_TURN), context(11, CHILD_TURN, NEW)]
    summed = [record(12, THREAD, CHILD_TURN, 2, 3, response_id="r2"), compacted(13, "r2", OLD)]
    homes.put([*first_turn(OLD), *turn, *summed])
    assert models(homes) == [OLD, NEW]


def test_a_model_without_a_turn_before_is_the_turns(homes: Homes) -> None:
    homes.put([meta(0, THREAD, "0.171.0"), *switch(NEW, compacted(10.6, "r2"))])
    assert models(homes) == [NEW, NEW]


@pytest.mark.parametrize(
    ("ordinals", "noted", "has_base", "model"),
    [
        (9, None, True, OLD),
        (9, OLD, True, OLD),
        (9, OLD, False, OLD),
        (9, None, False, NEW),
        (2, None, True, NEW),
    ],
)
def test_a_fork_goes_on_with_the_model_of_its_base(
    homes: Homes, ordinals: int, noted: str | None, has_base: bool, model: str
) -> None:
    if has_base:
        homes.put(first_turn(OLD))
    base = {"thread_id": THREAD, "end_ordinal_exclusive": ordinals}
    fork = [meta(100, CHILD, "0.171.0", forked_from_id=THREAD, history_base=base), started(101, CHILD_TURN)]
    summed = [record(102, CHILD, CHILD_TURN, 2, 3, response_id="r2"), compacted(103, "r2", noted)]
    homes.put([*fork, *summed, context(104, CHILD_TURN, NEW)])
    assert models(homes)[-1] == model


def test_the_effort_is_that_of_the_turn(homes: Homes) -> None:
    lines = [*first_turn(OLD), *switch(NEW, compacted(10.6, "r2", OLD))]
    lines[-2]["payload"]["effort"] = "high"
    homes.put(lines)
    assert [response.context.effort for response in homes.count().responses] == [None, "high", "high"]


@pytest.mark.parametrize("size", [0, 65_000, 70_000, 1_048_000, 1_100_000, 3_000_000, 20_000_000])
@pytest.mark.parametrize("noted", [OLD, None])
def test_a_compaction_may_have_any_length(homes: Homes, size: int, noted: str | None) -> None:
    """Its history holds images, and texts that look like its own members."""
    inner = text([compacted(1, "none", SAME)]).decode()
    history = [
        {"type": "function_call", "arguments": inner},
        {"image_url": "A" * size},
        {"compaction_response_id": "none", "text": inner},
    ]
    long = compacted(10.6, "r2", noted)
    long["payload"]["replacement_history"] = history
    homes.put([*first_turn(OLD), *switch(NEW, long)])
    counts = homes.count()
    assert [response.context.model for response in counts.responses] == [OLD, OLD, NEW]
    assert counts.skipped_lines == 0


@pytest.mark.parametrize("spaced", [False, True])
def test_the_order_of_its_members_does_not_matter(homes: Homes, spaced: bool) -> None:
    turned = compacted(10.6, "r2", OLD)
    turned["payload"] = dict(reversed(turned["payload"].items()))
    lines = [*first_turn(OLD), *switch(NEW, turned)]
    content = text(lines)
    homes.put(content.replace(b'"type":"compacted"', b'"type": "compacted"') if spaced else content, THREAD)
    assert models(homes) == [OLD, OLD, NEW]


@pytest.mark.parametrize(
    "more",
    [
        {"resume_metadata": None},
        {"resume_metadata": {"previous_turn_settings": None}},
        {"resume_metadata": {"previous_turn_settings": {"model": 5, "comp_hash": []}}},
        {"resume_metadata": [OLD]},
    ],
)
def test_a_turn_before_that_cannot_be_read_is_looked_up(homes: Homes, more: dict[str, Any]) -> None:
    homes.put([*first_turn(OLD), *switch(NEW, compacted(10.6, "r2", **more))])
    counts = homes.count()
    assert [response.context.model for response in counts.responses] == [OLD, OLD, NEW]
    assert counts.skipped_lines == 0


def test_a_cut_compaction_says_nothing(homes: Homes) -> None:
    lines = [*first_turn(OLD), *switch(NEW, compacted(10.6, "r2", OLD))]
    whole = text([compacted(10.6, "r2", OLD)])
    homes.put(text(lines).replace(whole, whole[:-20] + b"\n"), THREAD)
    assert models(homes) == [OLD, NEW, NEW]


def test_forks_and_segments_of_a_reverted_thread_go_on_from_the_segment(tmp_path: Path) -> None:
    """Codex 0.171, without its records: then only the counters tell, each from those of its base."""
    scenario = FIXTURES / "0.171.0" / "revert" / "home"
    for path in scenario.rglob("rollout-*"):
        lines = path.read_bytes().splitlines(keepends=True)
        copy = tmp_path / path.relative_to(scenario)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(b"".join(each for each in lines if b'"type":"token_usage_record"' not in each))
    responses = count(Rollouts(), [tmp_path]).responses
    inputs = [each.usage.input_tokens + each.usage.cache_read_tokens for each in responses]
    sizes = [5137 + 137 * number for number in range(13)]
    del sizes[11]  # the remote compaction is in no counter
    assert sorted(inputs) == sizes


def test_a_fork_of_a_segment_that_is_gone_leaves_its_first_event_out(homes: Homes) -> None:
    segment = uuid7(50, 7)
    base = {"thread_id": segment, "end_ordinal_exclusive": 9}
    fork = [meta(100, CHILD, "0.171.0", forked_from_id=THREAD, history_base=base)]
    homes.put(first_turn(NEW))
    info = {
        name: {"input_tokens": 10, "output_tokens": 6} for name in ("total_token_usage", "last_token_usage")
    }
    first = line(102, "event_msg", {"type": "token_count", "info": info})
    homes.put([*fork, context(101, CHILD_TURN, NEW), first])
    assert homes.sizes() == [1]
    renamed = homes.folder / "home" / "sessions" / f"rollout-2026-11-20T12-00-00-{THREAD}_{segment}.jsonl"
    renamed.write_bytes(text([meta(50, THREAD, "0.171.0")]))
    assert homes.sizes() == [1, 3]
