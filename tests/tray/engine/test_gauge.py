from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from providers.host.files import own_folders
from tray.engine.gauge import Gauge

FIXTURE = Path(__file__).parents[2] / "fixtures/codex/0.169.0/plain/home/sessions"


class Person:
    """One home with logs, and a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = datetime(2026, 11, 20, 18, tzinfo=UTC)
        self._environ = {
            "CODEX_HOME": str(folder / "codex"),
            "CLAUDE_CONFIG_DIR": str(folder / "claude"),
            "TANKFUL_HOME": str(folder / "own"),
        }
        self.folders = own_folders(self._environ)
        shutil.copytree(FIXTURE, folder / "codex/sessions")

    def gauge(self, zone: str = "UTC") -> Gauge:
        return Gauge(self._environ, self.folders, ZoneInfo(zone), clock=lambda: self.now)

    def count(self, zone: str = "UTC") -> float:
        """As a process of its own; when the figures were last written."""
        self.gauge(zone).count()
        return (self.folders.cache / "cost.json").stat().st_mtime_ns


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_figures_are_made_once_for_as_long_as_nothing_changes(person: Person) -> None:
    first = person.count()
    assert person.count() == first
    assert person.count() == first


def test_a_new_log_another_day_another_zone_and_other_prices_make_them_anew(person: Person) -> None:
    written = [person.count()]
    (log, *_) = sorted((person.folder / "codex/sessions").rglob("*.jsonl"))
    with log.open("ab") as file:
        file.write(
            b'{"timestamp":"2026-11-20T18:00:00Z","type":"turn_context","payload":{"model":"gpt-5.5"}}\n'
        )
    written.append(person.count())
    person.now += timedelta(days=1)
    written.append(person.count())
    written.append(person.count("Asia/Tokyo"))
    prices = person.folders.settings / "prices.toml"
    prices.parent.mkdir(parents=True, exist_ok=True)
    prices.write_text('[[price]]\nmodel = "gpt-5.5"\ninput = 1\noutput = 1\n')
    written.append(person.count("Asia/Tokyo"))
    log.unlink()
    written.append(person.count("Asia/Tokyo"))
    assert written == sorted(set(written))


def test_figures_of_an_older_make_are_made_anew(person: Person) -> None:
    """They lack the state that they were made of."""
    first = person.count()
    file = person.folders.cache / "cost.json"
    file.write_bytes(file.read_bytes().replace(b'"counted"', b'"lacking"'))
    assert person.count() > first
    assert b'"counted"' in file.read_bytes()


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue"])
def test_days_before_the_usual_ones_are_counted_when_they_are_asked_for(person: Person, zone: str) -> None:
    person.now += timedelta(days=90)
    person.count(zone)
    then = datetime(2026, 11, 20, 12, 20, tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    for days in (-1, 0, 1):
        day = then - timedelta(days=days)
        reports, _ = person.gauge().cost(day, day, ZoneInfo(zone))
        assert reports["codex"].totals.responses == (8 if days == 0 else 0)


@pytest.mark.parametrize("first", ["cost", "count"])
def test_the_usual_figures_are_whole_whatever_is_asked_first(person: Person, first: str) -> None:
    person.now += timedelta(days=20)
    today = person.now.date()
    if first == "cost":
        person.gauge().cost(today, today, UTC)
    else:
        person.count()
    kept = person.gauge().usage("cached").accounts[0].cost
    assert kept is not None
    assert (kept.today_tokens, kept.complete) == (0, True)
    assert kept.days_30_tokens > 0


def test_a_month_of_31_days_is_told_whole(person: Person) -> None:
    for log in sorted((person.folder / "codex/sessions").rglob("*.jsonl")):
        log.write_bytes(
            log.read_bytes().replace(b"2026-11-20T", b"2026-12-01T").replace(b"01a1f8e6-", b"01a2f8e6-")
        )
    person.now = datetime(2026, 12, 31, 12, tzinfo=UTC)
    person.count()
    today = person.now.date()
    reports, _ = person.gauge().cost(today, today, UTC)
    assert reports["codex"].month_to_date_usd is not None
    assert reports["codex"].month_to_date_usd > 0
