"""The answer of the tool `cost`."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.tray.cli.test_main import FIXTURES
from tests.tray.faces.mcp.test_limits import Programs
from tests.tray.faces.mcp.test_server import call, running
from tests.tray.faces.published import Folder
from tray.faces.mcp import cost
from tray.faces.mcp.schema import ToolFailed

NOW = 1_795_176_000.0  # 2026-11-20 12:00 UTC


def tally(usd: float | None, tokens: int = 100, responses: int = 1) -> dict[str, Any]:
    names = ("cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "reasoning_tokens")
    return {
        "responses": responses,
        "input_tokens": tokens,
        "output_tokens": 0,
        **dict.fromkeys(names, 0),
        "total_tokens": tokens,
        "usd": usd,
    }


NOTHING = tally(0.0, 0, 0)


def document(*, is_shown: bool = True, **groups: Any) -> dict[str, Any]:
    report = {
        "totals": tally(3.0, 300, 3),
        "not_on_lines": tally(0.5, 50),
        "by_model": {},
        "by_day": {},
        "priced": "full",
        "unpriced_models": [],
        "month_to_date_usd": 12.5,
        "not_on_lines_month_to_date_usd": None,
    }
    return {
        "generated_at": "2026-11-20T11:59:58Z",
        "timezone": "UTC",
        "since": "2026-10-22",
        "until": "2026-11-20",
        "complete": True,
        "not_on_lines_shown": is_shown,
        "providers": {"codex": {**report, **groups}},
    }


def shown(by: str, **groups: Any) -> Any:
    found = cost.shown(document(**groups), by, NOW)
    jsonschema.Draft202012Validator(cost.DEFINITION["outputSchema"]).validate(found)
    return found


def test_it_has_its_age_its_source_and_what_it_is() -> None:
    found = shown("model", by_model={"gpt-5.5": tally(1.0), "new": tally(None, 200), "opus": tally(2.0)})
    assert (found["age_seconds"], found["source"]) == (2, "local logs, at API prices")
    assert (found["since"], found["until"], found["timezone"], found["complete"]) == (
        "2026-10-22",
        "2026-11-20",
        "UTC",
        True,
    )
    (codex,) = found["providers"]
    assert (codex["totals"]["usd"], codex["totals"]["total_tokens"]) == (3.5, 350), "all that was billed"
    assert [(row["name"], row["usd"]) for row in codex["rows"]] == [
        ("opus", 2.0),
        ("gpt-5.5", 1.0),
        ("new", None),
    ]


@pytest.mark.parametrize("is_shown", [True, False])
def test_the_totals_are_those_that_people_see(is_shown: bool) -> None:
    (codex,) = cost.shown(document(is_shown=is_shown, not_on_lines=tally(0.5, 50, 4)), "model", NOW)[
        "providers"
    ]
    assert (codex["totals"]["usd"], codex["totals"]["total_tokens"]) == (
        (3.5, 350) if is_shown else (3.0, 300)
    )
    assert codex["totals"]["responses"] == 3, "of those in the logs"
    assert codex["not_on_lines"] == {"total_tokens": 50 * is_shown, "usd": 0.5 * is_shown}


def test_days_have_the_newest_first_and_the_sum_of_their_models() -> None:
    days = {
        "2026-11-19": {"a": tally(1.0), "b": tally(2.0)},
        "2026-11-20": {"a": tally(None, 5), "b": NOTHING},
    }
    (codex,) = shown("day", by_day=days)["providers"]
    assert [(row["name"], row["usd"], row["total_tokens"]) for row in codex["rows"]] == [
        ("2026-11-20", None, 5),
        ("2026-11-19", 3.0, 200),
    ]


def test_a_long_list_is_cut() -> None:
    projects = {f"project-{number:03}": tally(float(number)) for number in range(250)}
    (codex,) = shown("project", by_project=projects)["providers"]
    assert (len(codex["rows"]), codex["rows_left_out"]) == (100, 150)
    assert codex["rows"][0]["name"] == "project-249"


def test_what_the_command_is_asked() -> None:
    programs = Programs(json.dumps(document(by_week={})))
    cost.call({"days": 7, "by": "week", "provider": "-x"}, programs)
    assert programs.asked == [("cost", "--json", "--days", "7", "--by", "week", "--provider=-x")]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import sys; sys.exit('tankful: no logs found: ~/.codex does not exist.')", "no logs found"),
        (
            "import sys; sys.stderr.write('usage: x\\ntankful cost: unknown provider'); sys.exit(64)",
            "^unknown provider$",
        ),
        ("import sys; sys.exit(1)", "cannot be counted"),
        ("print('{}')", "unexpected answer"),
        ("print('nonsense')", "unexpected answer"),
        ("import time; time.sleep(60)", "Ask again"),
    ],
)
def test_what_fails_is_for_the_agent_to_read(code: str, says: str) -> None:
    with pytest.raises(ToolFailed, match=says):
        cost.call({}, Programs(code=code), seconds=5.0 if "sleep" not in code else 0.3)


def test_logs_of_today(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    shutil.copytree(FIXTURES / "plain/home", tmp_path / "codex")
    for path in (tmp_path / "codex").rglob("*.jsonl"):
        path.write_text(
            path.read_text().replace("2026-11-20T", f"{time.strftime('%Y-%m-%d', time.gmtime())}T")
        )
    arguments = {"days": 2, "by": "project", "provider": "codex"}
    with running(folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(call(1, "cost", arguments=arguments) + b"\n")
        process.stdin.flush()
        result = json.loads(process.stdout.readline())["result"]
    assert result["isError"] is False, result
    (codex,) = result["structuredContent"]["providers"]
    assert codex["totals"]["total_tokens"] == 46928
    assert sum(row["total_tokens"] for row in codex["rows"]) == 46928
