"""What others make of our exports: DuckDB, icalendar, and the parsers of prometheus_client."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from providers.domain.visible import visible
from tests.real.exporting import NAMES, Exporting
from tests.real.pypi import INSTALL_SECONDS, printed, python_with
from tests.tray.faces.published import ROOT

pytestmark = pytest.mark.timeout(INSTALL_SECONDS + 120)

_ANSWER = """
import duckdb, json, sys
rows = duckdb.sql(sys.argv[1]).fetchall()
print(json.dumps(rows, default=str))
"""
_EVENTS = """
import icalendar, json, sys
calendar = icalendar.Calendar.from_ical(open(sys.argv[1], "rb").read())
assert not calendar.errors
print(json.dumps([
    {**{name: str(event[name]) for name in ("UID", "SUMMARY", "DESCRIPTION")},
     "start": event.decoded("DTSTART").isoformat(), "stamp": event.decoded("DTSTAMP").isoformat(),
     "errors": event.errors}
    for event in calendar.walk("VEVENT")]))
"""
_FAMILIES = """
import sys
from prometheus_client{module}.parser import text_string_to_metric_families
for family in text_string_to_metric_families(open(sys.argv[1]).read()):
    print(family.name, family.type, len(family.samples))
"""


@pytest.fixture
def person(tmp_path: Path) -> Exporting:
    return Exporting(tmp_path)


@pytest.fixture
def duckdb(request: pytest.FixtureRequest) -> str:
    return python_with(request, "duckdb==2.0.1", "duckdb-cli==1.5.6", "pytz==2026.6")


class TestDuckDB:
    def test_the_line_of_the_readme(self, person: Exporting, duckdb: str) -> None:
        (line,) = [line for line in (ROOT / "README.md").read_text().splitlines() if "read_csv" in line]
        shown = person.piped(line, str(Path(duckdb).parent))
        assert "ordinary" in shown
        assert f"{len(NAMES)} rows" in shown or shown.count("│") > 2 * len(NAMES)

    def test_types_and_names(self, person: Exporting, duckdb: str) -> None:
        """Each column can be named in a query without quotes: `at` and `window` could not."""
        person.note_a_day()
        for what in ("responses", "days", "limits", "windows"):
            file = person.file("--what", what)
            columns = file.read_text().split("\n", 1)[0].split(",")
            described = dict(
                row[:2]
                for row in json.loads(
                    printed(duckdb, _ANSWER, f"DESCRIBE SELECT {', '.join(columns)} FROM read_csv('{file}')")
                )
            )
            for name in columns:
                if (
                    name.endswith("_tokens") and what != "windows"
                ):  # no log is of this account: all are unknown
                    assert described[name] == "BIGINT"
                if name in ("time", "starts_at", "seen_at"):  # the others may all be unknown
                    assert described[name] == "TIMESTAMP WITH TIME ZONE"
            assert described.get("usd", "DOUBLE") == "DOUBLE"
            assert described.get("day", "DATE") == "DATE"
            assert described.get("not_on_lines", "BOOLEAN") == "BOOLEAN"
            for name in ("machine", "key"):
                assert described.get(name, "VARCHAR") == "VARCHAR"
            assert what != "responses" or {"machine", "key"} <= described.keys()

    def test_csv_and_json_lines_are_the_same_table(self, person: Exporting, duckdb: str) -> None:
        rows = person.file("--what", "responses")
        objects = person.file("--what", "responses", "--format", "jsonl")
        same = "count(*), sum(input_tokens), sum(output_tokens), round(sum(usd), 9), min(time), max(time)"
        assert printed(duckdb, _ANSWER, f"SELECT {same} FROM read_csv('{rows}')") == printed(
            duckdb, _ANSWER, f"SELECT {same} FROM read_json('{objects}')"
        )
        query = f"SELECT DISTINCT project FROM read_json('{objects}') ORDER BY 1"
        assert [row[0] for row in json.loads(printed(duckdb, _ANSWER, query))] == sorted(NAMES)

    def test_names_as_a_spreadsheet_gets_them(self, person: Exporting, duckdb: str) -> None:
        file = person.file("--what", "days")
        expected = {
            f"'{text}" if text.lstrip()[0] in "=+-@" else text
            for name in NAMES
            for text in [visible(name).replace("\n", " ")]
        }
        query = f"SELECT DISTINCT project FROM read_csv('{file}')"
        assert {row[0] for row in json.loads(printed(duckdb, _ANSWER, query))} == expected
        with file.open(newline="") as opened:
            assert {row["project"] for row in csv.DictReader(opened)} == expected


class TestICalendar:
    @pytest.fixture
    def icalendar(self, request: pytest.FixtureRequest) -> str:
        return python_with(request, "icalendar==7.3.2")

    def test_events(self, person: Exporting, icalendar: str) -> None:
        person.note_a_day()
        raw = person.file("--format", "ics", "--since", "2026-01-01")
        events = json.loads(printed(icalendar, _EVENTS, str(raw)))
        assert [event["SUMMARY"] for event in events] == ["5h was reset early", "5h resets"]
        assert [event["errors"] for event in events] == [[], []]
        assert events[0]["DESCRIPTION"] == "60 % used, account a1b2c3d4."
        ended, resets = (datetime.fromisoformat(event["start"]) for event in events)
        assert (ended, resets) == (person.began + timedelta(hours=2), person.began + timedelta(hours=7))

    def test_a_reset_that_moves_is_the_same_event(self, person: Exporting, icalendar: str) -> None:
        person.note_a_day()
        (before,) = json.loads(printed(icalendar, _EVENTS, str(person.file("--format", "ics"))))
        person.note(6, person.began + timedelta(hours=2.5), person.began + timedelta(hours=8))
        (moved,) = json.loads(printed(icalendar, _EVENTS, str(person.file("--format", "ics"))))
        assert before["UID"] == moved["UID"]
        assert datetime.fromisoformat(moved["start"]) == person.began + timedelta(hours=8)

    def test_titles_of_any_kind(self, person: Exporting, icalendar: str) -> None:
        """Longer than a line, in several alphabets, with all that has a meaning there."""
        title = "Wöchentlich, 每周; \\n" * 12
        person.note(12, person.now, person.now + timedelta(hours=3), f"model:{title}:weekly")
        file = person.file("--format", "ics")
        assert max(len(line) for line in file.read_bytes().split(b"\r\n")) <= 75
        (event,) = json.loads(printed(icalendar, _EVENTS, str(file)))
        assert event["SUMMARY"] == f"{title} Weekly resets"


@pytest.mark.parametrize(
    ("module", "arguments"), [("", ("metrics",)), (".openmetrics", ("export", "--format", "prometheus"))]
)
def test_the_parsers_of_prometheus_client(
    person: Exporting, request: pytest.FixtureRequest, module: str, arguments: tuple[str, ...]
) -> None:
    python = python_with(request, "prometheus-client==0.26.0")
    person.note_a_day()
    file = person.folder / "metrics.txt"
    file.write_text(person.run(*arguments))
    found = printed(python, _FAMILIES.format(module=module), str(file))
    assert "tankful_tokens counter" in found
    assert ("tankful_used_ratio gauge" in found) == bool(module)


def test_promtool_finds_nothing(person: Exporting, need: Callable[..., None]) -> None:
    need("promtool")
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=person.run("metrics"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
