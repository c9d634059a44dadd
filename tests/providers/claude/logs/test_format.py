from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.claude.logs import wire
from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.ledger.line_scanner import LineParser
from providers.logs import LogFormat, Observed
from tests.providers.claude.reading import (
    AGENT_LOG,
    FORK,
    FORMAT,
    HOME,
    LOG,
    SESSION,
    Line,
    answer,
    judged,
    observed,
    read,
    spent,
    text,
)

USAGE = TokenUsage(input_tokens=1, cache_read_tokens=4, cache_write_tokens=2, output_tokens=8)


def outputs(responses: list[BilledResponse]) -> list[int]:
    return [response.usage.output_tokens for response in responses]


def skipped(*lines: Line | bytes) -> int:
    return read(text(lines)).skipped


def test_it_is_a_log_format() -> None:
    shape: LogFormat = FORMAT
    assert list(shape.folders) == ["projects"]
    assert shape.is_log(f"{SESSION}.jsonl")
    assert not shape.is_log("agent-a1b2.meta.json")


def test_an_answer_is_one_response() -> None:
    (response,) = judged(answer(spent()))
    assert response.at == datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)
    assert (response.usage, response.web_searches) == (USAGE, 0)
    assert response.context == Context(
        home=HOME, model="claude-opus-4-8", session=SESSION, root=SESSION, project="/home/dev/app"
    )
    assert 0 <= response.key < 2**63


def test_a_key_is_the_same_for_ever() -> None:
    assert judged(answer(spent()))[0].key == 7564930634879162051


# --- one response, several lines ----------------------------------------------------------------------------


def test_of_streamed_lines_the_finished_one_counts_from_the_first_on() -> None:
    early = answer(spent(output=1), stop=None)
    late = answer(spent(output=300), second=2)
    between = answer(spent(output=900), stop=None, second=1)
    for lines in ((early, between, late), (late, between, early)):
        (response,) = judged(*lines)
        assert (response.usage.output_tokens, response.at.second) == (300, 0)


def test_of_unfinished_lines_the_one_with_most_output_counts() -> None:
    assert outputs(judged(*(answer(spent(output=n), stop=None) for n in (3, 8, 5)))) == [8]


def test_a_copy_with_zeroed_totals_is_ignored() -> None:
    copy = answer(spent(0, 0, 0, 0), sessionId=FORK)
    unfinished = answer(spent(), stop=None)
    assert outputs(judged(copy, unfinished)) == outputs(judged(unfinished, copy)) == [8]
    assert judged(copy) == []


def test_one_usage_counts_whole() -> None:
    (response,) = judged(answer(spent(fresh=50, output=8)), answer(spent(fresh=1, output=9)))
    assert (response.usage.input_tokens, response.usage.output_tokens) == (1, 9)


def test_without_a_request_the_message_alone_is_the_key() -> None:
    lines = [answer(spent(output=n), request=None) for n in (5, 8)]
    assert outputs(judged(*lines)) == [8]
    assert len(judged(*lines, answer(spent()))) == 2


def test_one_message_id_in_two_requests_is_two_responses() -> None:
    assert len(judged(answer(spent()), answer(spent(), request="req_2"))) == 2


def test_without_an_id_the_line_is_its_own_key() -> None:
    lines = [answer(spent(), id=None, second=second) for second in (0, 1)]
    assert len(judged(*lines, *lines)) == 2


def test_without_any_name_equal_lines_are_copies() -> None:
    line = answer(spent(), id=None, request=None, uuid=None)
    later = answer(spent(), id=None, request=None, uuid=None, second=3)
    assert len(judged(line, line | {"sessionId": FORK}, later)) == 2


def test_a_fork_copies_what_the_first_session_was_billed_for() -> None:
    old = f"{HOME}/projects/-home-dev-app/{FORK}.jsonl"  # its name sorts after the original's
    original = observed([answer(spent(), sessionId=FORK)], old)
    fork = observed([answer(spent(), forkedFrom={"sessionId": FORK}), answer(spent(), id="msg_2")], LOG)
    for order in ([original, fork], [fork, original]):
        responses = FORMAT.resolve(order).responses
        assert sorted(str(response.context.session) for response in responses) == [SESSION, FORK]


def test_of_places_at_the_same_time_the_least_is_taken_in_any_order() -> None:
    lines = [answer(spent(), sessionId=name, cwd=f"/home/dev/{name}") for name in (SESSION, FORK)]
    for order in (lines, lines[::-1]):
        (response,) = judged(*order, path=LOG)
        assert response.context.session == min(SESSION, FORK)


def test_an_unmarked_copy_is_treated_alike_in_any_order() -> None:
    files = [observed([answer(spent(), sessionId=name)], home=Path(name)) for name in (FORK, SESSION)]
    (one,), (other,) = FORMAT.resolve(files).responses, FORMAT.resolve(files[::-1]).responses
    assert one == other
    assert one.context.home == Path(str(one.context.session))


# --- tokens -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sent", "hour"), [(0, 0), (1, 1), (2, 2), (7, 2), (None, 0)])
def test_hour_long_cache_writes_are_a_part_of_all(sent: int | None, hour: int) -> None:
    creation = {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": sent}
    (response,) = judged(answer(spent(cache_creation=creation)))
    assert (response.usage.cache_write_tokens, response.usage.cache_write_1h_tokens) == (2, hour)


def test_what_is_null_or_absent_is_nothing() -> None:
    nulls = dict.fromkeys(("input_tokens", "cache_creation", "server_tool_use", "iterations", "speed"))
    (response,) = judged(answer({**nulls, "output_tokens": 8}))
    assert response.usage == TokenUsage(output_tokens=8)


def test_fast_and_web_searches() -> None:
    tools = {"web_search_requests": 3, "web_fetch_requests": 9}
    (response,) = judged(answer(spent(speed="fast", server_tool_use=tools)))
    assert (response.context.tier, response.web_searches, response.usage) == ("fast", 3, USAGE)
    assert judged(answer(spent(speed="standard")))[0].context.tier is None


def test_the_advisor_spends_its_own_tokens() -> None:
    def usage_of(output: int, **more: object) -> Line:
        advice = spent(output=output) | more | {"type": "advisor_message", "model": "claude-fable-5"}
        return spent(iterations=[spent(7, 7, 7, 7) | {"type": "message"}, advice])

    early, late = answer(usage_of(5), stop=None), answer(usage_of(80, speed="fast"), second=1)
    for lines in ((early, late), (late, early)):
        found = {response.context.model: response for response in judged(*lines)}
        assert set(found) == {"claude-opus-4-8", "claude-fable-5"}
        assert found["claude-opus-4-8"].usage == USAGE
        advised = found["claude-fable-5"]
        assert (advised.usage.output_tokens, advised.at.second, advised.context.tier) == (80, 0, "fast")


def test_malformed_advice_loses_its_field_alone() -> None:
    broken = {"type": "advisor_message", "model": "m", "output_tokens": -1, "input_tokens": "7"}
    found = {each.context.model: each.usage for each in judged(answer(spent(iterations=[broken])))}
    assert found == {"claude-opus-4-8": USAGE, "m": TokenUsage(input_tokens=7)}
    lines = answer(spent(iterations="advisor_message")), answer(spent(iterations=[1, {"type": []}]))
    assert skipped(*lines) == 0


# --- where --------------------------------------------------------------------------------------------------


def test_a_subagent_belongs_to_the_session_of_its_folder() -> None:
    line = answer(spent(), isSidechain=True, agentId="a1b2", sessionId=FORK)
    (response,) = judged(line, path=AGENT_LOG)
    assert (response.context.session, response.context.root) == ("a1b2", SESSION)
    (response,) = judged(answer(spent(), sessionId=None), path=AGENT_LOG)
    assert (response.context.session, response.context.root) == ("a1b2", SESSION)
    workflow = AGENT_LOG.replace("subagents/", "subagents/workflows/wf_1/")
    (response,) = judged(line, path=workflow)
    assert (response.context.session, response.context.root) == ("a1b2", SESSION)


def test_a_subagent_beside_or_inside_its_session() -> None:
    line = answer(spent(), isSidechain=True, agentId="a1b2")
    for path in (LOG, f"{HOME}/projects/-home-dev-app/agent-a1b2.jsonl"):
        (response,) = judged(line, path=path)
        assert (response.context.session, response.context.root) == ("a1b2", SESSION)


def test_a_line_without_a_session_belongs_to_the_one_in_the_name() -> None:
    (response,) = judged(answer(spent(), sessionId=None))
    assert (response.context.session, response.context.root) == (SESSION, SESSION)


@pytest.mark.parametrize(
    ("cwd", "project"),
    [
        ("/home/dev/app", "/home/dev/app"),
        ("/home/dev/app/src/deep", "/home/dev/app"),
        ("/home/dev.app/src", "/home/dev.app"),
        ("/srv/elsewhere", "/srv/elsewhere"),
        (None, "-home-dev-app"),
        (7, "-home-dev-app"),
    ],
)
def test_a_project_is_the_folder_it_was_started_in(cwd: object, project: str) -> None:
    assert judged(answer(spent(), cwd=cwd))[0].context.project == project


def test_a_home_may_lie_in_a_folder_named_projects() -> None:
    path = f"/home/dev/projects/.claude/projects/-x/{SESSION}.jsonl"
    assert judged(answer(spent(), cwd=None), path=path)[0].context.project == "-x"
    assert judged(answer(spent(), cwd=None), path="/a/b.jsonl")[0].context.project is None


# --- decoys, other shapes, damage ---------------------------------------------------------------------------


def user(**more: object) -> Line:
    return {"parentUuid": None, "type": "user", "message": {"role": "user", "content": "x"}, **more}


DECOYS: list[Line] = [
    user(toolUseResult={"status": "completed", "usage": spent(), "model": "m"}),
    user() | {"message": {"role": "user", "id": "msg_9", "usage": spent(), "content": []}},
    {"type": "progress", "data": {"message": answer(spent())}},
    {"type": "summary", "summary": json.dumps(answer(spent()))},
    {"parentUuid": None, "attachment": {"type": "file", "content": json.dumps(answer(spent()))}},
    {"message": {"usage": spent(), "id": "m"}, "timestamp": "2026-11-20T12:00:00Z"},
    answer(spent(), model="<synthetic>"),
    answer(None),
    answer("usage"),
    answer([spent()]),
    answer(spent()) | {"message": "words"},
    answer(spent()) | {"type": 5},
    {"type": "user", "timestamp": "yesterday", "message": [], "uuid": 5},
]


@pytest.mark.parametrize("line", DECOYS)
def test_decoys_are_neither_counted_nor_missed(line: Line) -> None:
    for shape in (line, dict(reversed(line.items()))):
        reader = read(text([shape]))
        assert (FORMAT.resolve([Observed(HOME, reader.observation())]).responses, reader.skipped) == ([], 0)


def test_text_about_usage_changes_nothing() -> None:
    quoted = json.dumps(answer(spent(output=999), id="other"))
    content = [{"type": "text", "text": quoted + '\n"type":"user","usage":{"output_tokens":999}'}]
    inner = [{"type": "tool_use", "input": {"type": "user", "usage": spent(output=999), "iterations": [1]}}]
    assert outputs(judged(answer(spent(), content=content), answer(spent(), id="b", content=inner))) == [8, 8]


def test_the_order_and_spacing_of_a_line_do_not_matter() -> None:
    line = answer(spent())
    first = {"type": "assistant"} | line
    message_first = {"message": line["message"]} | line
    loose = b"  " + json.dumps(line, indent=None, separators=(" , ", " : ")).encode() + b" \r"
    whole = judged(line)
    for shape in (first, message_first, dict(reversed(line.items())), loose):
        assert judged(shape) == whole


RETURNED: Line = {"role": "user", "content": [{"tool_use_id": "t", "type": "tool_result", "content": "x"}]}
HEADS = [
    user() | {"message": RETURNED},
    user(cwd="C:\\Users\\dev") | {"message": RETURNED, "promptId": "p"},
    {"parentUuid": "u", "isSidechain": False, "cwd": 'C:\\Users\\dev "q"', "n": 12, "type": "progress"},
    {"type": "file-history-snapshot", "snapshot": {}},
    {"parentUuid": None, "isSidechain": False, "attachment": {"type": "hook_success"}, "type": "attachment"},
]


@pytest.mark.parametrize("line", HEADS)
def test_known_heads_are_dropped_unparsed(line: Line) -> None:
    assert wire.UNWANTED.match(text([line]))


def test_a_request_names_tokens_but_no_usage() -> None:
    """2.1.332 logs one for each response: to search it for a second record takes as long as to parse it."""
    request = {"type": "api-request", "betas": [], "max_tokens": 128000, "thinking": {"type": "adaptive"}}
    mark, within = wire.USAGE_END
    assert mark not in text([request])[-within:]
    assert all(mark in text([answer(usage)])[-within:] for usage in (spent(), {"output_tokens": 8}))


@pytest.mark.parametrize(
    "line", [answer(spent()), {"type": "assistant"} | answer(spent()), {"message": {}, "type": "user"}]
)
def test_unknown_heads_are_parsed(line: Line) -> None:
    assert not wire.UNWANTED.match(text([line]))


DAMAGED: list[Line | bytes] = [
    b"{",
    b"5",
    b'["assistant"]',
    text([answer(spent())])[:-40],
    b'{"type":' * 100_000,
    answer(spent(), timestamp=None),
    answer(spent(), timestamp="2026-02-30T12:00:00Z"),
    answer(spent(), timestamp="1970-01-01T00:00:00Z"),
    answer(spent(), timestamp="9999-12-31T23:59:59Z"),
]


@pytest.mark.parametrize("line", DAMAGED, ids=range(len(DAMAGED)))
def test_malformed_lines_are_skipped_and_counted(line: Line | bytes) -> None:
    reader = read(text([answer(spent(output=3), id="before"), line, answer(spent(output=5), id="after")]))
    responses = FORMAT.resolve([Observed(HOME, reader.observation())]).responses
    assert (sorted(outputs(responses)), reader.skipped) == ([3, 5], 1)


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, name))


def with_value(line: Any, path: tuple[Any, ...], value: object) -> Any:
    if not path:
        return value
    copy = line.copy()
    copy[path[0]] = with_value(line[path[0]], path[1:], value)
    return copy


FULL = answer(
    spent(
        cache_creation={"ephemeral_1h_input_tokens": 1},
        server_tool_use={"web_search_requests": 1},
        iterations=[spent() | {"type": "advisor_message", "model": "m"}],
        speed="fast",
    ),
    agentId="a",
    forkedFrom={"sessionId": FORK},
)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["assistant", "user"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.sampled_from(list(places(FULL))), anything), max_size=4))
@settings(max_examples=400, deadline=None)
def test_any_value_in_any_place_never_raises(changes: list[tuple[tuple[Any, ...], object]]) -> None:
    lines = [with_value(FULL, path, value) for path, value in changes]
    reader = FORMAT.reader(LOG)
    for line in lines:
        reader.take(json.dumps(line).encode())
    responses = FORMAT.resolve([Observed(HOME, reader.observation())]).responses
    assert repr(responses).encode()
    assert len(responses) <= 2 * len(lines)


@given(st.binary(max_size=60))
def test_any_bytes_never_raise(line: bytes) -> None:
    FORMAT.reader(LOG).take(line)


# --- in pieces ----------------------------------------------------------------------------------------------

LINES = st.builds(
    answer,
    st.builds(
        spent,
        fresh=st.integers(0, 2),
        output=st.integers(0, 3),
        speed=st.sampled_from([None, "fast"]),
        iterations=st.sampled_from([[], [spent() | {"type": "advisor_message", "model": "m"}]]),
    ),
    id=st.sampled_from(["msg_1", "msg_2", None, ""]),
    request=st.just("req_1"),
    second=st.integers(0, 3),
    stop=st.sampled_from([None, "end_turn"]),
    model=st.sampled_from(["a", "b"]),
    sessionId=st.sampled_from([SESSION, FORK]),
    forkedFrom=st.sampled_from([None, {"sessionId": FORK}]),
    cwd=st.sampled_from([None, "/a", "/b"]),
    isSidechain=st.sampled_from([False, True, 1]),
    agentId=st.sampled_from([None, "x"]),
)
FILES = st.lists(
    st.lists(st.tuples(LINES | st.just(b"{"), st.booleans()), max_size=8), min_size=1, max_size=3
)
PATHS = (LOG, AGENT_LOG, f"{HOME}/projects/-b/{FORK}.jsonl")


@given(FILES, st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_split_and_any_order_give_the_same(files: list[list[tuple[Line, bool]]], random: Any) -> None:
    """`True` at a line: here the reading stops, and another reader goes on."""
    whole, pieces = [], []
    for path, lines in zip(PATHS, files, strict=False):
        one = read(text(line for line, _ in lines), path)
        reader: LineParser = FORMAT.reader(path)
        for line, stops in lines:
            if stops:
                reader = FORMAT.reader(path, reader.observation())
            reader.take(text([line]))
        assert reader.observation() == one.observation()
        assert (reader.skipped, list(reader.links())) == (one.skipped, list(one.links()))
        # Neither does it matter in which order the lines of a file come.
        shuffled = random.sample(lines, len(lines))
        whole.append(Observed(HOME, one.observation()))
        pieces.append(Observed(HOME, read(text(line for line, _ in shuffled), path).observation()))
    random.shuffle(pieces)
    assert FORMAT.resolve(pieces).responses == FORMAT.resolve(whole).responses


def test_files_that_share_a_message_have_a_name_in_common() -> None:
    one = read(text([answer(spent()), answer(spent(), id="msg_2")]))
    other = read(text([answer(spent(0, 0, 0, 0), sessionId=FORK)]), AGENT_LOG)
    assert len(set(one.links())) == 3  # two responses and a session
    assert set(other.links()) < set(one.links())


def test_a_response_already_counted_is_corrected_from_another_file() -> None:
    first = observed([answer(spent(output=2), stop=None)], AGENT_LOG)
    assert outputs(FORMAT.resolve([first]).responses) == [2]
    assert outputs(FORMAT.resolve([first, observed([answer(spent(output=300))])]).responses) == [300]


def test_an_observation_is_small() -> None:
    big = [answer(spent(30, 4000, 180_000, 9000), id=f"msg_{n}", second=n % 60) for n in range(1000)]
    assert len(read(text(big)).observation()) < 60 * len(big)


@pytest.mark.parametrize(
    "observation", [b"", b"\x90", b"{}", msgspec.msgpack.encode(["other", 0, [], [], []])]
)
def test_an_observation_of_another_make_is_refused(observation: bytes) -> None:
    with pytest.raises(ValueError, match="another make"):
        FORMAT.reader(LOG, observation)
    with pytest.raises(ValueError, match="another make"):
        FORMAT.resolve([Observed(HOME, observation)])


def test_a_claim_prefers_finished_then_output_then_all() -> None:
    best = [answer(spent(9, 9), stop=None), answer(spent(1, 2)), answer(spent(2, 2)), answer(spent(1, 3))]
    for index in range(1, 4):
        assert judged(*best[:index])[0].usage == judged(best[index - 1])[0].usage


def test_the_wire_keeps_no_content() -> None:
    found = wire.decode(text([answer(spent(), content=[{"type": "text", "text": "private"}])]))
    assert "private" not in repr(found)
