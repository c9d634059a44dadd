"""What the ledger has of a real Claude Code's sessions, against the bill and against its own totals."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.providers.claude.logs.test_corpora import summed
from tests.providers.claude.reading import everything
from tests.real import claude_sessions
from tests.real.billed_claude import TITLE, TURN, Model, Served, news
from tests.real.claude_sessions import SCENARIOS, Sessions, in_cost_state, sessions
from tests.real.test_claude import NOTES, PACKAGE
from tests.tray.cli.test_audit import AuditingPerson

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")

Row = dict[str, Any]
Cli = Callable[[str, str], Path]

SEARCH = "search the web"  # in a prompt, it makes the model call WebSearch


class BesideLines(Model):
    """Its answers make Claude Code ask for what it logs on no line: a title, a search, a hook's verdict."""

    def content(self, asked: dict[str, Any], served: Served, number: int) -> tuple[list[dict[str, Any]], str]:
        blocks = news(asked)
        said = json.dumps([block for block in blocks if block["type"] == "text"])
        has_searched = any(block["type"] == "tool_result" for block in blocks)
        if any(str(tool.get("type", "")).startswith("web_search") for tool in asked.get("tools") or ()):
            served.usage["server_tool_use"] = {"web_search_requests": 2, "web_fetch_requests": 0}
            return [{"type": "text", "text": "Found."}], "end_turn"
        if served.purpose == TITLE:
            return [{"type": "text", "text": json.dumps({"title": "A project"})}], "end_turn"
        if served.purpose == TURN and not asked.get("tools"):  # of a hook
            return [{"type": "text", "text": json.dumps({"ok": True})}], "end_turn"
        if served.purpose == TURN and SEARCH in said and not has_searched:
            call = {
                "type": "tool_use",
                "id": f"toolu_{number:04}",
                "name": "WebSearch",
                "input": {"query": "one"},
            }
            return [call], "tool_use"
        return super().content(asked, served, number)


def searched(person: Sessions) -> None:
    session = person.prints(f"{SEARCH} for this", "--allowedTools", "WebSearch")
    person.prints("go on", "--resume", session)


def titled(person: Sessions) -> None:
    with person.screen() as screen:
        person.says(screen, "what is this project for, and who wrote it")
        person.says(screen, "go on")
        person.leaves(screen)


def hooked(person: Sessions) -> None:
    """Hooks of type prompt, before a turn and at its end."""
    hooks = {
        event: [{"hooks": [{"type": "prompt", "prompt": "Is that fine? $ARGUMENTS"}]}]
        for event in ("UserPromptSubmit", "Stop")
    }
    (person.home / "settings.json").write_text(json.dumps({"hooks": hooks}))
    person.prints("one")


def branched(person: Sessions) -> None:
    """In the program's own screen: what follows is another session, with a total of its own."""
    with person.screen() as screen:
        person.says(screen, "one")
        screen.enters("/branch")
        screen.until(lambda: person.lines('"subtype":"turn_duration"') == 2, "there never was a branch")
        person.says(screen, "two")
        person.leaves(screen)


BESIDE: dict[str, tuple[Callable[[Sessions], None], str | None]] = {
    "searched": (searched, "web_search"),
    "titled": (titled, "titles"),
    "hooked": (hooked, "hooks"),
    "compacted by the person": (SCENARIOS["asides"], "compaction"),
    "forked": (SCENARIOS["forked"], "compaction"),
    "branched": (branched, None),
    "resumed": (SCENARIOS["resumed"], None),
    "with a subagent": (SCENARIOS["agent"], None),
}
"""What each does, and what explains its use that is on no line."""


@pytest.fixture
def audits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Sessions], list[Row]]:
    """The rows of `tankful audit --json`."""

    def rows(person: Sessions) -> list[Row]:
        monkeypatch.setenv("HOME", str(person.folder))
        monkeypatch.setenv("TANKFUL_HOME", str(tmp_path / "own"))
        monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
        monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(person.home))
        return AuditingPerson(person.folder, capsys).rows()

    return rows


@pytest.mark.parametrize("scenario", BESIDE)
def test_lines_and_what_is_on_none_are_the_bill(
    scenario: str, cli: Cli, tmp_path: Path, audits: Callable[[Sessions], list[Row]]
) -> None:
    does, explained = BESIDE[scenario]
    with sessions(cli(PACKAGE, NOTES), tmp_path / "person", BesideLines()) as person:
        does(person)
    billed = in_cost_state(person.model.served)
    assert summed(everything([person.home])) == claude_sessions.by_model(billed)
    rows = audits(person)
    assert len(rows) == len({log.stem for log in person.logs if not log.stem.startswith("agent-")})
    for row in rows:
        assert row["difference"]["tokens"] == 0
        assert abs(row["difference"]["usd"]) < 1e-5
    assert {row["explained"] for row in rows} - {None} == ({explained} if explained else set())
    beyond = sum(row["ledger"]["not_on_lines"]["tokens"] for row in rows)
    assert (beyond > 0) == (explained is not None)
    tokens = sum(row["ledger"]["tokens"] for row in rows)
    assert tokens == sum(_tokens(each) for each in billed)


def _tokens(served: Served) -> int:
    classes = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    return sum(served.usage[name] for name in classes)


def test_a_killed_process_is_on_lines_and_in_no_total(
    cli: Cli, tmp_path: Path, audits: Callable[[Sessions], list[Row]]
) -> None:
    with sessions(cli(PACKAGE, NOTES), tmp_path / "person") as person:
        SCENARIOS["killed"](person)
    (row,) = audits(person)
    (_, killed, _) = (each for each in person.model.served if each.purpose == TURN)
    assert (row["explained"], row["unexplained_tokens"]) == ("killed", 0)
    assert row["difference"]["tokens"] == _tokens(killed)


def test_a_session_killed_before_its_first_total_has_none(
    cli: Cli, tmp_path: Path, audits: Callable[[Sessions], list[Row]]
) -> None:
    with (
        sessions(cli(PACKAGE, NOTES), tmp_path / "person") as person,
        person.screen() as screen,
    ):
        person.says(screen, "one")
        person.is_killed()
    (row,) = audits(person)
    assert (row["explained"], row["why"], row["difference"]) == ("no_total", "killed", None)
