from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from providers.codex.logs.format import Rollouts
from providers.host.files import own_folders
from providers.ledger.database import (
    LedgerBusy,
    LedgerDamaged,
    LedgerError,
    LedgerQuarantined,
    opened,
    transaction,
)
from providers.ledger.index import set_complete
from providers.ledger.scan_lock import Patience
from providers.registry import PROVIDERS
from tray.engine.cost_faults import ProviderFailed
from tray.engine.costs import Costs
from tray.engine.count_child import CountChild
from tray.engine.counting import count
from tray.engine.once import costs_of
from tray.engine.scope import Scope
from tray.engine.state import HomeCost
from tray.engine.transitions import CostsRead, CountEnded, Event

FIXTURE = Path(__file__).parents[2] / "fixtures/codex/0.169.0/plain/home/sessions"


class Person:
    """One home with logs, and a stopped clock."""

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

    def scope(self, zone: str = "UTC") -> Scope:
        return Scope(self._environ, self.folders, ZoneInfo(zone), clock=lambda: self.now)

    def costs(self, zone: str = "UTC") -> Costs:
        """As a process of its own has it."""
        return Costs(self.scope(zone))

    def counted(self, zone: str = "UTC") -> HomeCost:
        """What a process that counts makes of the Codex home."""
        costs = self.costs(zone)
        costs.count()
        return self.of_codex(costs)

    def of_codex(self, costs: Costs) -> HomeCost:
        (home,) = self.scope().homes("codex")
        return costs.by_home()[home.id]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_figures_are_made_once_for_as_long_as_nothing_changes(person: Person) -> None:
    costs = person.costs()
    costs.count()
    first = costs.by_home()
    costs.count()
    assert costs.by_home() is first


def test_a_new_log_another_day_and_other_prices_recompute_them(person: Person) -> None:
    costs = person.costs()
    made = []

    def count() -> None:
        costs.count()
        made.append(costs.by_home())

    count()
    (log, *_) = sorted((person.folder / "codex/sessions").rglob("*.jsonl"))
    with log.open("ab") as file:
        file.write(
            b'{"timestamp":"2026-11-20T18:00:00Z","type":"turn_context","payload":{"model":"gpt-5.5"}}\n'
        )
    count()
    person.now += timedelta(days=1)
    count()
    prices = person.folders.settings / "prices.toml"
    prices.parent.mkdir(parents=True, exist_ok=True)
    prices.write_text('[[price]]\nmodel = "gpt-5.5"\ninput = 1\noutput = 1\n')
    count()
    log.unlink()
    count()
    assert len({id(each) for each in made}) == len(made)


def test_another_process_sees_what_was_counted(person: Person) -> None:
    counted = person.counted()
    assert counted.figures.days_30.responses == 8
    assert counted.up_to_date
    seen = person.of_codex(person.costs())
    assert seen == replace(counted, up_to_date=False), "nobody knows for how long"


def test_figures_are_up_to_date_until_a_log_changes(person: Person) -> None:
    person.counted()

    def seen(name: str = "codex") -> bool:
        (home,) = (each for each in person.scope().homes() if each.provider == name)
        return costs_of(person.scope(), person.costs())[home.id].up_to_date

    assert seen()
    log = next((person.folder / "codex").rglob("*.jsonl"))
    log.write_bytes(log.read_bytes() + b"{}\n")
    assert not seen()
    person.counted()
    assert seen()
    log.with_name(log.name.replace("2026-11-20", "2026-11-21")).write_bytes(log.read_bytes())
    assert not seen()


def test_figures_are_up_to_date_from_the_first_count_of_a_process_on(person: Person) -> None:
    person.counted()
    costs, known = person.costs(), list[bool]()

    def put(event: object) -> None:
        if isinstance(event, CostsRead):
            known.extend({cost.up_to_date for cost in event.costs.values()})

    count(costs, put)
    count(costs, put)
    assert known == [False, True, True, True]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue"])
def test_days_before_the_usual_ones_are_counted_when_they_are_asked_for(person: Person, zone: str) -> None:
    person.now += timedelta(days=90)
    person.counted(zone)
    then = datetime(2026, 11, 20, 12, 20, tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    for days in (-1, 0, 1):
        day = then - timedelta(days=days)
        reports, _ = person.costs().report(day, day, ZoneInfo(zone))
        assert reports["codex"].totals.responses == (8 if days == 0 else 0)


def test_counters_have_what_is_older_than_any_figure(person: Person) -> None:
    """Counted later, it would look as if it had been used then."""
    person.now += timedelta(days=90)
    costs = person.costs()
    costs.count()
    assert [counter.tally.responses for counter in costs.counters()] == [8]


@pytest.mark.parametrize("first", ["cost", "count"])
def test_the_usual_figures_are_whole_whatever_is_asked_first(person: Person, first: str) -> None:
    person.now += timedelta(days=20)
    today = person.now.date()
    if first == "cost":
        person.costs().report(today, today, UTC)
    else:
        person.counted()
    kept = person.of_codex(person.costs())
    assert (kept.figures.today.usage.total_tokens, kept.complete) == (0, True)
    assert kept.figures.days_30.usage.total_tokens > 0


def test_a_month_of_31_days_is_counted_in_full(person: Person) -> None:
    for log in sorted((person.folder / "codex/sessions").rglob("*.jsonl")):
        log.write_bytes(
            log.read_bytes().replace(b"2026-11-20T", b"2026-12-01T").replace(b"01a1f8e6-", b"01a2f8e6-")
        )
    person.now = datetime(2026, 12, 31, 12, tzinfo=UTC)
    person.counted()
    today = person.now.date()
    reports, _ = person.costs().report(today, today, UTC)
    assert reports["codex"].month_to_date_usd is not None
    assert reports["codex"].month_to_date_usd > 0


def test_the_burn_rate_ends_although_no_log_changes(person: Person) -> None:
    person.now = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    costs = person.costs()
    costs.count()
    assert person.of_codex(costs).figures.recent.responses == 8
    person.now += timedelta(minutes=5)
    kept = costs.by_home()
    assert costs.by_home() is kept
    person.now += timedelta(hours=3)
    assert person.of_codex(costs).figures.recent.responses == 0
    idle = costs.by_home()
    person.now += timedelta(hours=2)
    assert costs.by_home() is idle


def written(person: Person) -> tuple[object, ...]:
    """Others whenever anything was written to the state folder, if only for a moment."""
    return tuple(
        (path.name, path.stat().st_mtime_ns)
        for path in sorted((person.folders.state, *person.folders.state.iterdir()))
    )


def test_a_count_that_finds_nothing_new_writes_nothing(person: Person) -> None:
    costs = person.costs()
    for _ in range(3):  # the first stores the sums, the second finds that they are stored
        costs.count()
        figures, sums = costs.by_home(), costs.counters()
    before = written(person)
    costs.count()
    assert costs.by_home() is figures
    assert costs.counters() is sums
    assert written(person) == before


def test_what_was_written_since_is_counted(person: Person) -> None:
    costs = person.costs()
    costs.count()
    before = person.of_codex(costs).figures.days_30.usage.total_tokens
    log = next((person.folder / "codex/sessions").rglob("*.jsonl"))
    log.rename(log.with_name(log.name.replace("rollout-", "rollout-x")))
    shutil.copytree(FIXTURE, person.folder / "codex/archived_sessions")
    costs.count()
    assert person.of_codex(costs).figures.files >= 1
    assert person.of_codex(costs).figures.days_30.usage.total_tokens >= before
    assert costs.counters() != ()


def test_a_ledger_that_is_gone_or_was_replaced_is_counted_anew(person: Person) -> None:
    costs = person.costs()
    costs.count()
    first = person.of_codex(costs).figures
    for path in costs.files:
        path.unlink(missing_ok=True)
    costs.count()
    assert person.of_codex(costs).figures == first


@pytest.mark.parametrize("is_running", [True, False])
def test_a_damaged_ledger_is_repaired_by_the_count_of_an_engine(person: Person, is_running: bool) -> None:
    costs, said = person.costs(), list[Event]()
    count(costs, said.append)
    first = person.of_codex(costs).figures
    for path in costs.files:
        if path.exists():
            path.write_bytes(b"x" * 5000)
    again = costs if is_running else Costs(person.scope(), CountChild({}))  # as a tray that is started
    count(again, said.append)
    assert person.of_codex(again).figures.days_30 == first.days_30
    assert "damaged" in str(said[-1])
    count(again, said.append)
    assert said[-1] == CountEnded(None)


def test_a_ledger_that_was_emptied_in_place_is_counted_anew(person: Person) -> None:
    costs = person.costs()
    costs.count()
    first = person.of_codex(costs).figures
    for path in costs.files:
        if path.exists():
            path.write_bytes(b"")
    with pytest.raises(LedgerDamaged):
        costs.by_home()  # as each count does first
    with pytest.raises(LedgerQuarantined, match="was empty"):
        costs.count()
    assert person.of_codex(costs).figures == first


def test_a_count_that_another_process_did_not_end_is_ended(person: Person) -> None:
    costs = person.costs()
    costs.count()
    costs.by_home()
    with opened(costs.files[0]) as db, transaction(db):
        set_complete(db, "codex", complete=False)
    assert not person.of_codex(costs).complete
    costs.count()
    assert person.of_codex(costs).complete


def test_a_ledger_that_a_reader_found_damaged_is_repaired_by_the_next_count(person: Person) -> None:
    costs = person.costs()
    costs.count()
    first = person.of_codex(costs).figures
    ledger = costs.files[0]
    found = ledger.stat()
    ledger.write_bytes(b"x" * found.st_size)
    os.utime(ledger, ns=(found.st_atime_ns, found.st_mtime_ns))
    costs.count()  # nothing has changed, as far as a look from outside tells
    person.now += timedelta(hours=1)
    with pytest.raises(LedgerError):
        costs.count()
    costs.count()
    assert person.of_codex(costs).figures.days_30 == first.days_30


def test_a_provider_whose_logs_cannot_be_read_is_in_the_report(person: Person) -> None:
    sessions = person.folder / "codex/sessions"
    shutil.rmtree(sessions)
    sessions.symlink_to("sessions")  # whoever looks, also root
    today = person.now.date()
    reports, problem = person.costs().report(today, today, UTC)
    assert problem is None
    assert reports["codex"].unreadable_files == (str(sessions),)


def test_another_program_that_writes_to_the_ledger_costs_no_figures_and_no_patience(person: Person) -> None:
    """As one that was suspended in the middle of it; here it gives up while the count waits."""
    today = person.now.date()
    costs = person.costs()
    costs.report(today, today, UTC)
    writer = sqlite3.connect(costs.files[0], isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    heard: list[str] = []

    def listener(clause: str) -> None:
        heard.append(clause)
        writer.execute("ROLLBACK")

    person.now += timedelta(minutes=1)
    patient = Costs(person.scope(), patience=Patience(long_wait=0.1))
    reports, problem = patient.report(today, today, UTC, waiting=listener)
    writer.close()
    assert heard == ["waiting for another program, which is writing to the ledger."]
    assert (problem, reports["codex"].up_to_date) == (None, True)


def test_a_count_says_for_whom_it_waits(person: Person) -> None:
    person.costs().count()
    (log, *_) = sorted((person.folder / "codex/sessions").rglob("*.jsonl"))
    with log.open("ab") as file:
        file.write(b"{}\n")
    writer = sqlite3.connect(person.costs().files[0], isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    heard: list[str] = []

    def listener(clause: str) -> None:
        heard.append(clause)
        writer.execute("ROLLBACK")

    Costs(person.scope(), patience=Patience(long_wait=0.1)).count(waiting=listener)
    writer.close()
    assert heard == ["waiting for another program, which is writing to the ledger."]


def test_a_ledger_that_stays_locked_is_read_as_it_is(person: Person) -> None:
    today = person.now.date()
    person.costs().report(today, today, UTC)
    (log, *_) = sorted((person.folder / "codex/sessions").rglob("*.jsonl"))
    with log.open("ab") as file:
        file.write(b"{}\n")
    with closing(sqlite3.connect(person.costs().files[0], isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        reports, problem = Costs(person.scope(), patience=Patience(for_writer=0.1)).report(today, today, UTC)
    assert isinstance(problem, LedgerBusy)
    assert not reports["codex"].up_to_date
    assert reports["codex"].totals.responses == 8


class FaultyLogs(Rollouts):
    """A format with a bug: it trips over each log."""

    def is_log(self, name: str) -> bool:
        raise KeyError(name)


class TestAFaultOfOneProvider:
    """It costs the figures of that provider, and of no other."""

    @pytest.fixture
    def costs(self, person: Person) -> Costs:
        codex, claude = PROVIDERS[:2]
        shutil.copytree(FIXTURE, person.folder / "claude/sessions")
        faulty = replace(claude, logs=FaultyLogs())
        scope = person.scope()
        scope.providers = (codex, faulty)
        return Costs(scope)

    def test_a_report_has_the_others(self, costs: Costs, caplog: pytest.LogCaptureFixture) -> None:
        reports, problem = costs.report(date(2026, 11, 1), date(2026, 11, 30), UTC)
        assert reports["codex"].totals.responses
        assert not reports["codex"].up_to_date
        assert isinstance(problem, ProviderFailed)
        assert str(problem) == (
            "The logs of Claude could not be counted: internal error (KeyError). Please report this."
        )
        assert any("KeyError at tray/engine/costs.py" in each.getMessage() for each in caplog.records)

    def test_a_count_has_the_others(self, costs: Costs, person: Person) -> None:
        with pytest.raises(ProviderFailed):
            costs.count()
        assert person.of_codex(costs).figures.files


def test_what_cannot_be_kept_is_counted_all_the_same(person: Person) -> None:
    """And shown, and said for as long as it is so; then it is kept."""
    expected = person.costs()
    expected.count()
    figures = person.of_codex(expected)
    shutil.rmtree(person.folder / "own")
    (person.folder / "own").write_text("in the way")
    costs, events = person.costs(), list[object]()
    for _ in range(2):
        count(costs, events.append)
        ended = events[-1]
        assert isinstance(ended, CountEnded)
        assert ended.problem is not None
        assert "is a file. Move it away." in ended.problem
        assert person.of_codex(costs) == figures
    (person.folder / "own").unlink()
    person.now += timedelta(hours=1)  # until then nothing is read that has not changed
    count(costs, events.append)
    assert events[-1] == CountEnded(None)
    assert person.of_codex(costs).figures.month == figures.figures.month
    assert person.of_codex(person.costs()) == replace(person.of_codex(costs), up_to_date=False)


def test_other_prices_make_another_generation(person: Person) -> None:
    costs = person.costs()
    costs.count()
    before = costs.ledger.generation()
    prices = person.folders.settings / "prices.toml"
    prices.parent.mkdir(parents=True, exist_ok=True)
    prices.write_text('[[price]]\nmodel = "nobody"\ninput = 1\noutput = 1\n')
    costs.count()
    assert costs.ledger.generation() == before, "no sum is another"
    prices.write_text('[[price]]\nmodel = "gpt-5.5"\ninput = 1\noutput = 1\n')
    costs.count()
    assert costs.ledger.generation() != before
