"""Lines that are damaged, written otherwise, or name things otherwise than usual."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.domain.cost import TokenUsage
from providers.ledger.scan import LineReader
from providers.logs import Observed
from tests.providers.claude.reading import (
    AGENT_LOG,
    FORK,
    FORMAT,
    HOME,
    LOG,
    SESSION,
    Line,
    Memory,
    answer,
    judged,
    observed,
    read,
    spent,
    take_all,
    text,
)

FIRST, SECOND = answer(spent(output=3), id="a"), answer(spent(output=5), id="b", second=1)
PROMPT: Line = {"parentUuid": None, "type": "user", "uuid": "p", "message": {"role": "user", "content": "x"}}
RETURNED: Line = PROMPT | {"message": {"role": "user", "content": [{"type": "tool_result", "content": "x"}]}}


def dumped(line: Line) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode()


def outputs(*lines: Line | bytes) -> tuple[list[int], int]:
    """The output tokens of what was counted, and the number of lines that were skipped."""
    reader = FORMAT.reader(LOG)
    log = LineReader(Memory(text(lines)), reader.unwanted, usage_end=reader.usage_end)
    take_all(log, reader)
    found = FORMAT.resolve([Observed(HOME, reader.observation())]).responses
    return sorted(response.usage.output_tokens for response in found), reader.skipped + log.skipped


# --- the bytes beside a record ------------------------------------------------------------------------------

CUT = dumped(PROMPT | {"message": {"role": "user", "content": "some words of the pers"}})[:-4]


@pytest.mark.parametrize(
    ("line", "skipped"),
    [
        (CUT + dumped(FIRST), 1),
        (dumped(SECOND)[:60] + dumped(FIRST), 1),
        (dumped(SECOND)[:-1] + dumped(FIRST), 1),
        (dumped(PROMPT) + dumped(FIRST), 0),
        (b"\0" * 500 + dumped(FIRST), 0),
        (dumped(FIRST) + b"\0" * 500, 0),
        (b"\xef\xbb\xbf" + dumped(FIRST), 0),
        (b"words" + dumped(FIRST), 1),
        (dumped(FIRST) + b'{"type":"us', 1),
        (b'{"a":' * 3000 + dumped(FIRST), 1),
    ],
    ids=range(10),
)
def test_a_whole_record_counts_whatever_stands_beside_it(line: bytes, skipped: int) -> None:
    assert outputs(line) == ([3], skipped)
    assert outputs(SECOND, line, SECOND) == ([3, 5], skipped)


def test_two_records_on_one_line_both_count() -> None:
    assert outputs(dumped(FIRST) + dumped(SECOND)) == ([3, 5], 0)
    assert outputs(CUT + dumped(FIRST) + dumped(SECOND)) == ([3, 5], 1)
    assert outputs(dumped(PROMPT) + dumped(FIRST) + CUT + dumped(SECOND)) == ([3, 5], 1)


def test_a_record_behind_a_long_cut_line_counts() -> None:
    """Longer than the buffer, so the line is no longer there when its end is."""
    assert outputs(CUT + b"x" * 5_000_000 + dumped(FIRST)) == ([3], 1)


@pytest.mark.parametrize("said", [b"\\ud83d", b"\xff\xfe", b"\x01", b"\\udc00 and \\ud800"])
def test_text_that_nobody_reads_may_be_anything(said: bytes) -> None:
    line = dumped(answer(spent(output=3), content=[{"type": "text", "text": "SAID"}])).replace(b"SAID", said)
    assert outputs(line) == ([3], 0)


@pytest.mark.parametrize("number", [b"1e999", b"9" * 5000, b"-1e999"])
def test_a_number_beyond_all_bounds_is_dropped_alone(number: bytes) -> None:
    line = dumped(answer(spent(output=3, fresh=77))).replace(b"77", number)
    assert outputs(line) == ([3], 0)


NO_COUNT: list[Any] = [None, -1, "-1", 1.5, "", "ten", True, [], {}, 10**30]


# --- numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "counted"),
    [("10", 10), (10.0, 10), ("10.0", 10), (" 10 ", 10), *((value, 0) for value in NO_COUNT)],
)
@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("input_tokens", "input_tokens"),
        ("cache_read_input_tokens", "cache_read_tokens"),
        ("cache_creation_input_tokens", "cache_write_tokens"),
        ("output_tokens", "output_tokens"),
    ],
)
def test_a_number_is_taken_in_any_plain_form_and_alone(
    name: str, field: str, sent: Any, counted: int
) -> None:
    usage = {
        "input_tokens": 1,
        "cache_read_input_tokens": 2,
        "cache_creation_input_tokens": 3,
        "output_tokens": 4,
    }
    (response,) = judged(answer(usage | {name: sent}))
    whole = {
        "input_tokens": 1,
        "cache_read_tokens": 2,
        "cache_write_tokens": 3,
        "output_tokens": 4,
    }
    assert response.usage == TokenUsage(**whole | {field: counted})


@pytest.mark.parametrize(
    ("creation", "usage"),
    [
        ({"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 10}, (30, 10)),
        ({"ephemeral_5m_input_tokens": 20}, (20, 0)),
        ({"ephemeral_1h_input_tokens": "10"}, (10, 10)),
        ([], (0, 0)),
        (None, (0, 0)),
    ],
)
def test_cache_writes_may_be_told_by_their_parts_alone(creation: Any, usage: tuple[int, int]) -> None:
    (response,) = judged(answer({"output_tokens": 8, "cache_creation": creation}))
    assert (response.usage.cache_write_tokens, response.usage.cache_write_1h_tokens) == usage


@pytest.mark.parametrize(("thinking", "counted"), [(5, 5), ("5", 5), (99, 8), (None, 0), (-1, 0)])
def test_thinking_is_a_part_of_the_output(thinking: Any, counted: int) -> None:
    (response,) = judged(answer(spent(output=8, output_tokens_details={"thinking_tokens": thinking})))
    assert (response.usage.output_tokens, response.usage.reasoning_tokens) == (8, counted)


# --- terms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sent", "effort"), [("high", "high"), (None, None), (3, None), ("", None)])
def test_the_effort_stands_on_the_line(sent: Any, effort: str | None) -> None:
    assert judged(answer(spent(), effort=sent))[0].context.effort == effort


@pytest.mark.parametrize(
    ("speed", "geo", "tier"),
    [
        ("fast", "us", "fast+us"),
        ("standard", "us", "us"),
        ("fast", "global", "fast"),
        (None, "not_available", None),
        ("standard", "", None),
        (None, None, None),
        (5, [], None),
    ],
)
def test_speed_and_region_are_the_tier(speed: Any, geo: Any, tier: str | None) -> None:
    assert judged(answer(spent(speed=speed, inference_geo=geo)))[0].context.tier == tier


# --- ids that name nothing ----------------------------------------------------------------------------------


def unnamed(second: int, output: int, **more: Any) -> Line:
    """As of a gateway that gives each message the same id, and no request id."""
    return answer(spent(output=output), id="msg", request=None, second=second, **more)


def test_without_a_request_id_an_id_names_a_response_of_its_session_only() -> None:
    one = observed([unnamed(0, 3)])
    other = observed([unnamed(1, 5, sessionId=FORK)], LOG.replace(SESSION, FORK))
    for files in ([one, other], [other, one]):
        assert [each.usage.output_tokens for each in FORMAT.resolve(files).responses] == [3, 5]


def test_and_it_names_another_one_after_each_prompt() -> None:
    lines = (PROMPT, unnamed(0, 2), unnamed(1, 3), PROMPT, unnamed(2, 5), RETURNED, unnamed(3, 7), PROMPT)
    assert outputs(*lines) == ([3, 7], 0)
    assert outputs(*lines, unnamed(4, 7)) == ([3, 7, 7], 0)


@pytest.mark.parametrize(
    "no_prompt",
    [
        RETURNED,
        PROMPT | {"isMeta": True},
        PROMPT | {"isCompactSummary": True},
        PROMPT | {"message": {"role": "user", "content": ""}},
    ],
)
def test_what_is_no_prompt_of_the_person_changes_nothing(no_prompt: Line) -> None:
    assert outputs(unnamed(0, 2), no_prompt, unnamed(1, 3)) == ([3], 0)


def test_the_copies_of_a_fork_are_known_by_their_uuids() -> None:
    lines = [PROMPT, unnamed(0, 2), unnamed(1, 3), PROMPT, unnamed(2, 5)]
    copies = [line | {"sessionId": FORK, "forkedFrom": {"sessionId": SESSION}} for line in lines]
    fork = observed([*copies, PROMPT, unnamed(3, 9, sessionId=FORK)], LOG.replace(SESSION, FORK))
    found = FORMAT.resolve([observed(lines), fork]).responses
    assert [each.usage.output_tokens for each in found] == [3, 5, 9]


def test_a_scan_in_pieces_sees_the_same_prompts() -> None:
    lines = [PROMPT, unnamed(0, 2), PROMPT, unnamed(1, 3), unnamed(2, 5), PROMPT, unnamed(3, 7)]
    whole = read(text(lines)).observation()
    for cut in range(len(lines)):
        first = read(text(lines[:cut])).observation()
        assert read(text(lines[cut:]), observation=first).observation() == whole


# --- replays ------------------------------------------------------------------------------------------------


def test_a_subagent_that_tells_an_answer_of_its_session_again_adds_nothing() -> None:
    own = answer(spent(output=10, read=20), id="msg_p", request="req_p")
    replayed = answer(
        spent(output=10, read=50_000), id="msg_p", request="req_again", second=5, isSidechain=True
    )
    aside = answer(spent(output=30), id="msg_s", request="req_s", second=6, isSidechain=True)
    files = [observed([own]), observed([replayed, aside], AGENT_LOG)]
    for each in (files, files[::-1]):
        found = FORMAT.resolve(each).responses
        assert [(one.usage.output_tokens, one.usage.cache_read_tokens) for one in found] == [
            (10, 20),
            (30, 4),
        ]
    assert set(read(text([own])).links()) & set(read(text([replayed]), AGENT_LOG).links())


@pytest.mark.parametrize(
    ("requests", "output", "counted"),
    [
        (("r1", "r2"), 9, 1),
        (("r1", None), 9, 1),
        ((None, None), 8, 1),  # the same in all
        ((None, None), 9, 2),  # a gateway that gives all messages one id
    ],
)
def test_without_request_ids_an_answer_told_again_has_the_same_usage(
    requests: tuple[str | None, str | None], output: int, counted: int
) -> None:
    own = answer(spent(), id="m", request=requests[0])
    again = answer(spent(output=output), id="m", request=requests[1], second=5, isSidechain=True, agentId="a")
    for files in ([observed([own]), observed([again], AGENT_LOG)], [observed([own, again])]):
        assert len(FORMAT.resolve(files).responses) == counted


def test_a_sidechain_without_a_name_is_not_the_session_itself() -> None:
    own = answer(spent(), id="m", request="r1")
    lines = [own, answer(spent(), id="m", request="r2", isSidechain=True)]
    assert len(judged(*lines)) == 1
    (first, other) = judged(own, answer(spent(), id="n", request="r2", second=1, isSidechain=True))
    assert first.context.root == other.context.root == first.context.session != other.context.session


def test_two_requests_of_a_session_itself_are_two_responses() -> None:
    lines = answer(spent(), id="m", request="r1"), answer(spent(), id="m", request="r2", second=1)
    assert outputs(*lines) == ([8, 8], 0)


def test_a_gateway_with_one_id_for_all_has_no_replays() -> None:
    own = [answer(spent(), id="m", request=f"r{number}", second=number) for number in range(3)]
    agent = [answer(spent(), id="m", request="r9", second=9, isSidechain=True)]
    assert len(FORMAT.resolve([observed(own), observed(agent, AGENT_LOG)]).responses) == 4


# --- accounts -----------------------------------------------------------------------------------------------


def owner(account: str) -> Line:
    return {
        "type": "session-owner",
        "accountUuid": account,
        "organizationUuid": "o",
        "sessionId": SESSION,
    }


def accounts(*files: Any) -> list[str | None]:
    return [response.context.account for response in FORMAT.resolve(files).responses]


def test_a_session_belongs_to_its_owner_from_there_on() -> None:
    lines = [answer(spent(), id=f"m{number}", second=number) for number in range(3)]
    mixed = observed([lines[0], owner("one"), lines[1], owner("one"), owner("two"), lines[2]])
    unknown, one, two = accounts(mixed)
    assert unknown is None
    assert one is not None
    assert one != two
    assert len(one) == 8
    assert accounts(observed([owner("one"), lines[1]])) == [one]
    back = observed([owner("one"), lines[0], owner("two"), lines[1], owner("one"), owner("one"), lines[2]])
    assert accounts(back) == [one, two, one]


def test_a_subagent_belongs_to_the_owner_of_its_session_at_that_time() -> None:
    lines = [answer(spent(), id=f"m{number}", second=number) for number in (1, 3)]
    agents = [
        answer(spent(), id=f"a{number}", second=number, isSidechain=True, agentId="a1b2")
        for number in (0, 2, 4)
    ]
    session = observed([owner("one"), lines[0], owner("two"), lines[1]])
    found = accounts(session, observed(agents, AGENT_LOG))
    assert found[0] is None
    assert found[1] == found[2] != found[3] == found[4]


def test_the_copies_of_a_fork_do_not_belong_to_its_owner() -> None:
    copied = answer(spent(), sessionId=FORK, requestSessionId=SESSION)
    fork = observed([owner("two"), copied, answer(spent(), id="own", second=1, sessionId=FORK)])
    lost, own = accounts(fork)
    assert lost is None
    assert own is not None
    original = observed([owner("one"), answer(spent())])
    assert None not in accounts(original, fork)
    assert len(set(accounts(original, fork))) == 2
