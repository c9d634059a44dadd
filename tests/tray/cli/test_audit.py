"""`tankful audit` on the logs of a real Claude Code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.providers.claude.logs.test_corpora import FIXTURES
from tray.cli import main

REAL = FIXTURES / "2.1.332"


class AuditingPerson:
    """Runs `tankful audit` in this process, in folders of their own."""

    def __init__(self, folder: Path, output: pytest.CaptureFixture[str]) -> None:
        self.home = folder / "claude"
        self._output = output

    def works(self, *scenarios: str) -> None:
        for scenario in scenarios:
            shutil.copytree(REAL / scenario / "home", self.home, dirs_exist_ok=True)

    def audits(self, *arguments: str, code: int = 0) -> str:
        assert main.main(["audit", *arguments]) == code
        shown, self.errors = self._output.readouterr()
        return shown

    def rows(self, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.audits("--json", *arguments, code=code))["rows"]
        return rows

    def explained(self, *arguments: str, code: int = 0) -> list[str | None]:
        return sorted((row["explained"] for row in self.rows(*arguments, code=code)), key=str)


@pytest.fixture
def person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AuditingPerson:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TANKFUL_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", f"{tmp_path}/claude,{tmp_path}/copy")
    monkeypatch.setenv("COLUMNS", "120")
    return AuditingPerson(tmp_path, capsys)


def test_real_sessions_equal_their_own_totals(person: AuditingPerson) -> None:
    person.works("agent", "asides", "efforts", "forked", "resumed")
    rows = person.rows("--strict", "0")
    assert len(rows) == 7
    assert {row["difference"]["tokens"] for row in rows} == {0}
    assert all(abs(row["difference"]["usd"]) < 1e-5 for row in rows)
    assert {row["explained"] for row in rows} == {None, "compaction"}
    beyond = [row["ledger"]["not_on_lines"]["tokens"] for row in rows if row["explained"] == "compaction"]
    assert min(beyond) > 0


def test_a_killed_process_is_shown_with_its_reason(person: AuditingPerson) -> None:
    person.works("killed", "resumed")
    assert person.explained("--strict") == [None, "killed"]
    shown = person.audits()
    assert "killed process" in shown
    assert "1 equal session " in shown
    assert "1 of 2 sessions equal." in shown


def test_strict_refuses_what_nothing_explains(person: AuditingPerson) -> None:
    person.works("resumed")
    (log,) = (person.home / "projects").rglob("*.jsonl")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for state in (line for line in lines if line["type"] == "cost-state"):
        for model in state["modelUsage"].values():
            model["outputTokens"] //= 2
    log.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    assert person.explained() == [None]
    (row,) = person.rows("--strict", "0.1", code=1)
    share = 100 * row["unexplained_tokens"] / row["reported"]["tokens"]
    assert share > 0.1
    person.audits("--strict", str(share + 0.1))
    person.audits("--strict", str(share - 0.1), code=1)
    assert person.audits().splitlines()[2].endswith("unknown")


def test_a_copy_in_another_home_is_the_same_session(person: AuditingPerson) -> None:
    person.works("asides", "killed")
    rows = person.rows()
    shutil.copytree(person.home, person.home.with_name("copy"))
    assert person.rows() == rows


def test_a_deleted_log_stays_as_it_was_counted(person: AuditingPerson) -> None:
    person.works("forked", "killed")
    rows = person.rows()
    for log in (person.home / "projects").rglob("*.jsonl"):
        log.unlink()
    assert person.rows() == rows


def test_a_fork_whose_parent_was_never_counted_has_the_lines_that_it_copied(person: AuditingPerson) -> None:
    person.works("forked")
    whole = {row["id"]: row for row in person.rows()}
    shutil.rmtree(person.home.with_name("own"))
    fork = next(
        log
        for log in (person.home / "projects").rglob("*.jsonl")
        if '"requestSessionId"' in log.read_text() or '"forkedFrom"' in log.read_text()
    )
    for log in (person.home / "projects").rglob("*.jsonl"):
        if log != fork:
            log.unlink()
    (row,) = person.rows("--strict")
    assert (row["id"], row["difference"]["tokens"]) == (fork.stem, 0)
    assert row["reported"]["tokens"] > whole[fork.stem]["reported"]["tokens"]


def test_days_are_those_of_the_last_use(person: AuditingPerson) -> None:
    person.works("asides")
    assert len(person.rows("--since", "2026-11-28", "--until", "2026-11-28", "--timezone", "UTC")) == 1
    assert person.rows("--until", "2026-11-27", "--timezone", "UTC") == []
    assert person.rows("--since", "2026-11-29", "--timezone", "UTC") == []


def test_nothing_to_compare_is_a_sentence(person: AuditingPerson) -> None:
    person.home.mkdir()
    assert person.audits().startswith("Nothing to compare: neither the programs nor the servers")
    person.works("asides")
    assert (
        person.audits("--since", "2026-11-29") == "Nothing to compare: nothing was last used in these days.\n"
    )


def test_without_any_home_nothing_can_be_read(person: AuditingPerson) -> None:
    for arguments in ((), ("--json",), ("--provider", "claude")):
        assert person.audits(*arguments, code=1) == ""
        assert "no logs found: " in person.errors
        assert "/claude" in person.errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("--strict", "101"),
        ("--strict", "nan"),
        ("--since", "2026-11-02", "--until", "2026-11-01"),
        ("--threads", "0"),
        ("--ask-server", "--provider", "claude"),
    ],
)
def test_bad_arguments(person: AuditingPerson, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="64"):
        person.audits(*arguments)
