"""`tankful export`, as a person runs it, from logs to files."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sqlite3
import stat
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced
from providers.ledger.ledger import Ledger
from tests.fake_chatgpt import fake_chatgpt, says, usage_now
from tests.homes import make_home
from tray.cli.main import main

FIXTURES = Path(__file__).parents[2] / "fixtures"
COUNTS = (
    "responses",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
    "total_tokens",
)
NOW = datetime.now(UTC).replace(microsecond=0)


class Person:
    """With logs of both providers."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[bytes]) -> None:
        self.folder = folder
        self.state = folder / "own/state"
        self._capture = capture
        shutil.copytree(FIXTURES / "codex/0.169.0/plain/home", folder / "codex")
        shutil.copytree(FIXTURES / "codex/0.169.0/plain/home", folder / "copy")

    def run(self, *arguments: str, code: int = 0) -> bytes:
        try:
            found = main(list(arguments))
        except SystemExit as ended:
            found = int(str(ended.code))
        out, self.err = self._capture.readouterr()
        assert found == code, self.err
        return out

    def export(self, *arguments: str, code: int = 0) -> str:
        return self.run("export", "--timezone", "UTC", *arguments, code=code).decode()

    def rows(self, *arguments: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.export(*arguments), newline="")))

    def objects(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.export("--format", "jsonl", *arguments).splitlines()]

    def note(self, used: float, at: datetime, resets_at: datetime, account: str = "a1b2c3d4") -> None:
        """A reading of a window."""
        window = RateWindow(
            id="session", title="5h", used_percent=used, duration=timedelta(hours=5), resets_at=resets_at
        )
        usage = AccountUsage(
            provider="codex",
            title="Codex",
            homes=(),
            account=Account(id=account),
            windows=(Sourced(value=window, source="oauth", fetched_at=at),),
        )
        Ledger(self.state / "ledger.sqlite3").limits.note(usage, at)


@pytest.fixture
def person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Person:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TANKFUL_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("CODEX_HOME", f"{tmp_path}/codex,{tmp_path}/copy")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude"))
    monkeypatch.setenv("TANKFUL_STATUS_URL", "http://127.0.0.1:9")
    return Person(tmp_path, capfdbinary)


def test_the_rows_add_up_to_what_cost_says(person: Person) -> None:
    """Also where a response is found in two homes."""
    days = ("--since", "2026-11-01", "--until", "2026-11-30")
    cost = json.loads(person.run("cost", "--json", "--timezone", "UTC", *days))["providers"]["codex"][
        "totals"
    ]
    assert cost["responses"] == 8
    for what in ("responses", "days"):
        found = person.objects("--what", what, *days)
        for name in COUNTS:
            assert sum(row.get(name, 1) for row in found) == cost[name], (what, name)
        assert sum(row["usd"] for row in found) == pytest.approx(cost["usd"], abs=1e-6)
        assert {row["home"] for row in found} == {"~/codex"}


def test_csv_and_json_lines_say_the_same(person: Person) -> None:
    person.note(12.5, NOW - timedelta(hours=1), NOW + timedelta(hours=2))
    for what in ("responses", "days", "limits", "windows"):
        objects, rows = person.objects("--what", what), person.rows("--what", what)
        assert objects
        assert [list(each) for each in objects] == [list(each) for each in rows]
        texts = {None: "", True: "true", False: "false"}
        assert rows == [
            {
                name: texts[cell] if cell is None or isinstance(cell, bool) else str(cell)
                for name, cell in each.items()
            }
            for each in objects
        ]


def test_a_response(person: Person) -> None:
    first = person.objects("--what", "responses")[0]
    assert first == {
        "time": first["time"],
        "day": "2026-11-20",
        "provider": "codex",
        "account": None,
        "home": "~/codex",
        "project": first["project"],
        "model": "gpt-5.5",
        "effort": first["effort"],
        "tier": None,
        "session": first["session"],
        "thread": first["session"],
        "originator": first["originator"],
        "not_on_lines": False,
        "machine": first["machine"],
        **{name: first[name] for name in COUNTS[1:]},
        "web_searches": 0,
        "usd": first["usd"],
        "key": first["key"],
    }
    assert datetime.fromisoformat(first["time"]).date().isoformat() == "2026-11-20"
    assert first["total_tokens"] == sum(first[f"{name}_tokens"] for name in ("input", "cache_read", "output"))


def test_days_are_those_of_the_zone(person: Person) -> None:
    assert {row["day"] for row in person.rows("--what", "days", "--timezone", "Pacific/Kiritimati")} == {
        "2026-11-21"
    }
    there = ("--timezone", "Pacific/Kiritimati", "--until", "2026-11-20")
    assert person.rows("--what", "responses", *there) == []
    assert b"tankful: there is nothing to export" in person.err


def test_nothing_to_export_is_reported_in_any_format(person: Person) -> None:
    """A table has its head, and a person without limits an empty calendar."""
    (person.folder / "empty").mkdir()
    shutil.rmtree(person.folder / "codex")
    shutil.rmtree(person.folder / "copy")
    for what in ("responses", "days", "limits", "windows"):
        assert person.export("--what", what).count("\n") == 1
        assert person.err == b"tankful: there is nothing to export.\n"
        assert person.export("--what", what, "--format", "jsonl") == ""
        assert person.err == b"tankful: there is nothing to export.\n"
    for form, end in (("prometheus", "# EOF\n"), ("ics", "END:VCALENDAR\r\n")):
        assert person.export("--format", form).endswith(end)
        assert person.err == b"tankful: there is nothing to export.\n"


def test_a_name_is_no_formula(person: Person) -> None:
    evil = '=HYPERLINK("http://x","a"),\n@SUM(1)\x1b[31m'
    for log in person.folder.rglob("*.jsonl"):
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        for line in lines:
            if "cwd" in line["payload"]:
                line["payload"]["cwd"] = evil
        log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert {row["project"] for row in person.rows("--what", "days")} == {
        '\'=HYPERLINK("http://x","a"), @SUM(1) [31m'
    }
    assert {row["project"] for row in person.objects("--what", "days")} == {evil}


def test_limits_and_windows(person: Person) -> None:
    began = NOW - timedelta(hours=3)
    person.note(10, began, began + timedelta(hours=5))
    person.note(60, began + timedelta(hours=1), began + timedelta(hours=5))
    person.note(5, began + timedelta(hours=2), began + timedelta(hours=7))
    assert [row["used_percent"] for row in person.rows("--what", "limits")] == ["10.0", "60.0", "5.0"]
    first, second = person.objects("--what", "windows")
    assert (first["used_percent"], first["reset_early"], second["ended_at"]) == (60.0, True, None)


def test_a_damaged_row_is_not_exported(person: Person) -> None:
    began = NOW - timedelta(hours=3)
    person.note(10, began, began + timedelta(hours=5))
    person.note(60, began + timedelta(hours=1), began + timedelta(hours=5))
    with closing(sqlite3.connect(person.state / "ledger.sqlite3", isolation_level=None)) as db:
        db.execute("UPDATE limits SET used_percent = 99 WHERE used_percent = 60")
    assert [row["used_percent"] for row in person.rows("--what", "limits")] == ["10.0"]


class TestRedacted:
    def test_names_are_gone_and_hashes_stay(self, person: Person) -> None:
        person.note(12.5, NOW - timedelta(hours=1), NOW + timedelta(hours=2))
        project = person.objects("--what", "responses")[0]["project"]
        for what in ("responses", "days", "limits", "windows"):
            for fmt in ("csv", "jsonl"):
                text = person.export("--what", what, "--format", fmt, "--redact")
                assert project not in text
                assert "a1b2c3d4" not in text
                assert "/codex" not in text
                assert text == person.export("--what", what, "--format", fmt, "--redact")
        salt = person.state / "export.salt"
        if sys.platform != "win32":
            assert stat.S_IMODE(salt.stat().st_mode) == 0o600
        before = person.export("--what", "days", "--redact")
        salt.unlink()
        assert person.export("--what", "days", "--redact") != before

    def test_nothing_of_a_log_that_names_somebody_is_left(self, person: Person) -> None:
        """Sessions, programs that start a CLI, and models: but for those that everybody has."""
        logs = sorted((person.folder / "codex").rglob("*.jsonl"))
        shutil.rmtree(person.folder / "copy")
        log = logs[0]
        log.write_text(log.read_text().replace("gpt-5.5", "acme/openai/gpt-5.5"))
        plain = person.objects("--what", "responses")
        sessions = {row["session"] for row in plain} | {row["thread"] for row in plain}
        programs = {row["originator"] for row in plain}
        assert {row["model"] for row in plain} == {"gpt-5.5", "acme/openai/gpt-5.5"}
        redacted = person.objects("--what", "responses", "--redact")
        for name in (*sessions, *programs, "acme"):
            assert name not in json.dumps(redacted)
            assert name not in person.export("--format", "prometheus", "--redact")
        assert [row["session"] == row["thread"] for row in redacted] == [
            row["session"] == row["thread"] for row in plain
        ]
        assert len({row["session"] for row in redacted}) == len({row["session"] for row in plain})
        assert "gpt-5.5" in {row["model"] for row in redacted}

    def test_one_account_has_one_hash_everywhere(self, person: Person) -> None:
        person.note(12.5, NOW - timedelta(hours=1), NOW + timedelta(hours=2))
        hashes = {person.objects("--what", what, "--redact")[0]["account"] for what in ("limits", "windows")}
        assert len(hashes) == 1
        assert hashes.pop() in person.export("--format", "prometheus", "--redact")

    @pytest.mark.parametrize("content", [b"short", b"x" * 32 + b"\n"])
    def test_a_damaged_salt_is_reported(self, person: Person, content: bytes) -> None:
        person.state.mkdir(parents=True)
        (person.state / "export.salt").write_bytes(content)
        person.export("--what", "days", "--redact", code=1)
        assert person.err.decode().splitlines()[-1] == (
            f"tankful: {person.state}/export.salt cannot be used: It is damaged."
            " Remove it to start over with new hashes."
        )


@pytest.mark.parametrize(
    "content", ["{", '{"schema": "tankful.snapshot/1", "providers": [{"account": {"id": []}}]}']
)
def test_a_damaged_snapshot_costs_titles_alone(person: Person, content: str) -> None:
    person.note(12.5, NOW - timedelta(hours=1), NOW + timedelta(hours=2))
    (person.state / "snapshot.json").write_text(content)
    assert [row["used_percent"] for row in person.rows("--what", "windows")] == ["12.5"]


def test_a_calendar_names_windows_as_the_menu_does(person: Person) -> None:
    """Where no tray runs, it asks for the limits first; and without a log it knows whose they are."""
    shutil.rmtree(person.folder / "codex/sessions")
    shutil.rmtree(person.folder / "copy")
    make_home(person.folder / "codex")
    with fake_chatgpt() as server:
        server.answer = says(usage_now())
        make_home(person.folder / "codex", base=server.base)
        text = person.export("--format", "ics")
    assert {line for line in text.splitlines() if "SUMMARY" in line} >= {"SUMMARY:Codex 5h resets"}
    assert {row["provider"] for row in person.objects("--what", "limits")} == {"codex"}


def test_past_resets_are_in_a_calendar_where_they_are_asked_for(person: Person) -> None:
    began = NOW - timedelta(days=2)
    person.note(60, began, began + timedelta(hours=5))
    assert "VEVENT" not in person.export("--format", "ics")
    assert "VEVENT" in person.export("--format", "ics", "--since", began.date().isoformat())
    assert "VEVENT" not in person.export("--format", "ics", "--until", began.date().isoformat())


def test_one_provider_alone(person: Person) -> None:
    make_home(person.folder / "codex")
    with fake_chatgpt() as server:
        server.answer = says(usage_now())
        make_home(person.folder / "codex", base=server.base)
        person.run("usage", "--refresh")
    for what in ("responses", "days", "limits", "windows"):
        assert {row["provider"] for row in person.objects("--what", what, "--provider", "codex")} == {"codex"}
        assert person.objects("--what", what, "--provider", "claude") == []
    of_codex = person.export("--format", "prometheus", "--provider", "codex")
    for name in ("tankful_usd_total", "tankful_used_ratio"):
        assert f'{name}{{provider="codex"' in of_codex
    assert "{" not in person.export("--format", "prometheus", "--provider", "claude")


def test_metrics_of_the_past_end_where_they_should(person: Person) -> None:
    def last(*arguments: str) -> int:
        text = person.export("--format", "prometheus", "--what", "responses", *arguments)
        return max(int(line.rsplit(" ", 1)[1]) for line in text.splitlines() if "{" in line)

    end = datetime(2026, 11, 22, tzinfo=UTC)
    assert last("--until", "2026-11-21") == int(end.timestamp())
    assert last("--until", "2100-01-01") <= datetime.now(UTC).timestamp()


def test_what_a_format_cannot_hold_is_refused(person: Person) -> None:
    for arguments, why in (
        (("--format", "csv"), "--what is required; choose from responses, days, limits, windows"),
        (("--format", "ics", "--what", "days"), "ics cannot hold days; choose from windows"),
        (
            ("--format", "prometheus", "--what", "windows"),
            "prometheus cannot hold windows; choose from responses, limits",
        ),
        (("--what", "days", "--provider", "x"), "unknown provider 'x'; choose from codex, claude, all"),
        (
            ("--what", "days", "--since", "2026-11-02", "--until", "2026-11-01"),
            "the range ends before it begins: 2026-11-02 to 2026-11-01",
        ),
    ):
        person.export(*arguments, code=64)
        assert person.err.decode().splitlines()[-1] == f"tankful export: {why}"


def test_metrics_are_counted_where_nobody_keeps_the_snapshot(person: Person) -> None:
    person.run("usage", code=1)
    assert json.loads((person.state / "snapshot.json").read_text())["counters"] == []
    assert b"tankful_responses_total{" in person.run("metrics")


def test_the_counters_of_the_past_end_where_those_of_today_are(person: Person) -> None:
    today = {}
    for line in person.run("metrics").decode().splitlines():
        if "_total{" in line:
            name, _, value = line.rpartition(" ")
            today[name] = float(value)
    assert today
    series: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for line in person.export("--format", "prometheus", "--what", "days").splitlines():
        if not line.startswith("#"):
            name, value, at = line.rsplit(" ", 2)
            series[name].append((int(at), float(value)))
    assert {name: points[-1][1] for name, points in series.items()} == today
    for points in series.values():
        assert points[0][1] == 0
        assert points == sorted(points)
        assert [value for _, value in points] == sorted(value for _, value in points)
        assert {at % 3600 for at, _ in points} == {0}


def test_a_reader_who_has_enough(person: Person, need: Callable[..., None]) -> None:
    need("head")
    assert os.system(f"{sys.executable} -m tray.cli export --what responses | head -n 1 >/dev/null") == 0
