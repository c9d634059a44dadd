"""snapshot.json, from the state that is published to what a reader makes of it later."""

from __future__ import annotations

import json
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Semaphore
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.blocked import blocked
from providers.domain.cost import Counter, HomeFigures, Tally, TokenUsage
from providers.domain.limits import (
    Account,
    AccountUsage,
    Credits,
    EarlyReset,
    RateWindow,
    ResetCredits,
    Sourced,
    Spend,
    UsageSnapshot,
)
from providers.domain.merge import is_stale
from providers.domain.pace import pace_of
from providers.domain.usage_rate import UsageRate
from providers.domain.work_days import DAYS
from providers.setting import Duration, Setting, Text
from tests.programs import printed_by
from tray.engine import document, published
from tray.engine.document_values import as_time
from tray.engine.publish import WRITE_EVERY, SnapshotFile
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import HomeCost, State

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lane(
    ident: str = "session",
    used: float = 40.0,
    resets_in: float | None = 2,
    age: float = 0.01,
    hours: float | None = 5,
) -> Sourced[RateWindow]:
    window = RateWindow(
        id=ident,
        title=ident.title(),
        used_percent=used,
        duration=None if hours is None else hours * HOUR,
        resets_at=None if resets_in is None else NOW + resets_in * HOUR,
    )
    return Sourced(value=window, source="oauth", fetched_at=NOW - age * HOUR)


def state(*windows: Sourced[RateWindow], **more: Any) -> State:
    usage = AccountUsage(
        provider="codex",
        title="Codex",
        homes=("~/.codex",),
        account=Account(id="a1b2c3d4", email="dev@example.com", plan="pro"),
        windows=windows,
        **more,
    )
    return State(revision=7, snapshot=UsageSnapshot(generated_at=NOW, accounts=(usage,)))


def publish(folder: Path, shown: State) -> SnapshotFile:
    file = SnapshotFile(folder, "tray", lambda: NOW)
    file(State(), shown)
    return file


def account_at(folder: Path, now: datetime) -> dict[str, Any]:
    found = published.read(str(folder))
    assert found is not None
    (account,) = published.usage(found, now.timestamp())["providers"]
    return dict(account)


def test_it_names_its_writer_and_is_private_to_the_owner(tmp_path: Path) -> None:
    publish(tmp_path / "state", state(lane()))
    file = tmp_path / "state/snapshot.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = json.loads(file.read_bytes())
    assert (found["schema"], found["revision"], found["generated_at"]) == (
        "tankful.snapshot/1",
        7,
        "2026-11-20T12:00:00Z",
    )
    assert found["owner"]["kind"] == "tray"
    assert list(tmp_path.glob("state/*")) == [file], "nothing is left beside it"


def test_it_is_written_when_something_changed_and_only_then(tmp_path: Path) -> None:
    file = publish(tmp_path, state(lane()))
    first = (tmp_path / "snapshot.json").stat().st_mtime_ns
    time.sleep(0.02)
    file(State(), State(revision=8, asking=frozenset({"x"}), snapshot=state(lane()).snapshot))
    assert (tmp_path / "snapshot.json").stat().st_mtime_ns == first
    file(State(), state(lane(used=41)))
    assert (tmp_path / "snapshot.json").stat().st_mtime_ns > first


def test_costs_by_provider_and_counters_of_all_time(tmp_path: Path) -> None:
    def cost(usd: float | None, unpriced: tuple[str, ...], *, complete: bool) -> HomeCost:
        tallies: dict[str, Any] = {
            span: Tally(responses=1, usage=TokenUsage(input_tokens=days), usd=usd)
            for span, days in (("today", 1), ("days_7", 7), ("days_30", 30), ("month", 20))
        }
        figures = HomeFigures(
            **tallies,
            priced="partial",
            unpriced_models=unpriced,
            files=1,
            last_days=(tallies["days_7"], tallies["today"]),
            recent=tallies["today"],
        )
        return HomeCost(day=NOW.date(), figures=figures, complete=complete)

    shown = replace(
        state(lane(), home_ids=("one", "two")),
        costs={
            "one": cost(0.5, ("b",), complete=True),
            "two": cost(0.25, ("a", "b"), complete=False),
            "another's": cost(9, (), complete=True),
        },
        counters=(
            Counter(
                provider="codex",
                account="a1",
                model="gpt",
                epoch=3,
                tally=Tally(responses=2, usage=TokenUsage(input_tokens=5, output_tokens=7), usd=0.1),
            ),
        ),
    )
    publish(tmp_path, shown)
    found = json.loads((tmp_path / "snapshot.json").read_bytes())
    assert found["cost"] == {
        "codex": {
            "day": "2026-11-20",
            **{f"{span}_usd": 0.75 for span in ("today", "days_30", "month")},
            "days_7_usd": 1.5,
            "today_tokens": 2,
            "days_7_tokens": 16,
            "days_30_tokens": 60,
            "month_tokens": 40,
            "not_on_lines_usd": 0.0,
            "not_on_lines_tokens": 0,
            "burn": {"usd_per_hour": 0.25, "tokens_per_hour": 1, "over_minutes": 180},
            "last_days": [
                {"day": "2026-11-19", "usd": 0.75, "tokens": 14},
                {"day": "2026-11-20", "usd": 0.75, "tokens": 2},
            ],
            "unpriced_models": ["a", "b"],
            "priced": "partial",
            "has_logs": True,
            "complete": False,
        }
    }
    (counter,) = found["counters"]
    assert counter == {
        "provider": "codex",
        "account": "a1",
        "model": "gpt",
        "epoch": 3,
        "responses": 2,
        "input_tokens": 5,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "cache_write_1h_tokens": 0,
        "output_tokens": 7,
        "reasoning_tokens": 0,
        "usd": 0.1,
    }


def test_what_cannot_be_written_leaves_the_old_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = publish(tmp_path, state(lane()))
    before = (tmp_path / "snapshot.json").read_bytes()
    (tmp_path / "blocker").write_text("")
    broken = SnapshotFile(tmp_path / "blocker", "tray", lambda: NOW)
    with caplog.at_level("WARNING"):
        broken(State(), state(lane(used=50)))
        broken(State(), state(lane(used=60)))
    (record,) = caplog.records
    assert record.getMessage() == (
        f"snapshot.json is not written: Cannot create {tmp_path / 'blocker'}: {tmp_path / 'blocker'} is a file."
        " Move it away."
    )
    assert (tmp_path / "snapshot.json").read_bytes() == before
    file(State(), State())  # nothing to publish yet


def test_that_it_cannot_be_written_is_logged_once_until_it_can_be_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "state"
    file = SnapshotFile(folder, "tray", lambda: NOW)
    for used in (10, 40):
        folder.write_text("in the way")
        caplog.clear()
        file(State(), state(lane(used=used)))
        file(State(), state(lane(used=used + 1)))
        assert len(caplog.records) == 1
        folder.unlink()
        file(State(), state(lane(used=used + 2)))
        assert (folder / "snapshot.json").exists()
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 10_000),
        b'{"schema": "other/1", "providers": []}',
        b'{"schema": "tankful.snapshot/1"}',
        b'{"schema": "tankful.snapshot/1", "providers": {}}',
    ],
)
def test_what_is_no_snapshot_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "snapshot.json").write_bytes(content)
    assert published.read(str(tmp_path)) is None


def test_a_pipe_of_that_name_does_not_block(tmp_path: Path) -> None:
    import os

    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "snapshot.json")
    assert published.read(str(tmp_path)) is None
    assert published.read(str(tmp_path / "not there")) is None


@pytest.fixture
def new_york() -> Iterator[ZoneInfo]:
    """Where the system is meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield ZoneInfo("America/New_York")
    time.tzset()


class TestAReaderJudgesAnew:
    def test_age(self, tmp_path: Path) -> None:
        publish(tmp_path, state(lane()))
        assert account_at(tmp_path, NOW)["windows"][0]["stale"] is False
        assert account_at(tmp_path, NOW + HOUR)["windows"][0]["stale"] is True

    def test_age_by_the_interval_it_was_refreshed_in(self, tmp_path: Path) -> None:
        publish(tmp_path, state(lane(resets_in=None), refresh_every=timedelta(minutes=30)))
        again = SnapshotFile(tmp_path, "tray", lambda: NOW + 0.95 * HOUR)
        again(State(), state(lane(resets_in=None), refresh_every=timedelta(minutes=30)))
        judged = [account_at(tmp_path, NOW + hours * HOUR)["windows"][0]["stale"] for hours in (0.95, 1)]
        assert judged == [False, True]

    def test_age_where_nobody_refreshes_it_any_more(self, tmp_path: Path) -> None:
        publish(tmp_path, state(lane(resets_in=None, age=0), refresh_every=timedelta(minutes=30)))
        judged = [account_at(tmp_path, NOW + timedelta(minutes=minutes)) for minutes in (10.9, 11)]
        assert [account["windows"][0]["stale"] for account in judged] == [False, True]
        assert [account["refresh_seconds"] for account in judged] == [1800, 300]

    def test_a_reset_that_has_passed(self, tmp_path: Path) -> None:
        publish(tmp_path, state(lane(used=97, resets_in=0.05)))
        later = account_at(tmp_path, NOW + 0.1 * HOUR)["windows"][0]
        assert (later["stale"], later["pace"]) == (True, None)
        assert published.is_past(later, (NOW + 0.1 * HOUR).timestamp())

    def test_spend_and_resets_that_have_ended(self, tmp_path: Path) -> None:
        soon = NOW + 0.05 * HOUR
        lanes = {
            "spend": Spend(used=Decimal(1), resets_at=soon),
            "resets": ResetCredits(available=1, expires_at=soon),
            "credits": Credits(balance=Decimal(1)),
        }
        read = {name: Sourced(value=lane, source="oauth", fetched_at=NOW) for name, lane in lanes.items()}
        publish(tmp_path, state(lane(), **read))
        for later, stale in ((0, False), (0.1, True)):
            account = account_at(tmp_path, NOW + later * HOUR)
            assert [account[name]["stale"] for name in ("spend", "resets")] == [stale, stale]
            assert account["credits"]["stale"] is False

    def test_windows_of_models_stand_in_where_there_are_no_others(self, tmp_path: Path) -> None:
        publish(tmp_path, state(lane("model:opus:weekly"), lane("weekly")))
        assert [each["id"] for each in published.own_windows(account_at(tmp_path, NOW))] == ["weekly"]
        publish(tmp_path, state(lane("model:opus:weekly")))
        assert len(published.own_windows(account_at(tmp_path, NOW))) == 1

    def test_a_block_that_has_ended(self, tmp_path: Path) -> None:
        publish(tmp_path, state(lane(used=100, resets_in=1), lane("weekly", 100, 30, hours=168)))
        now = account_at(tmp_path, NOW)["blocked"]
        assert (now["by"], now["window"], now["until"]) == (
            ["session", "weekly"],
            "weekly",
            "2026-11-21T18:00:00Z",
        )
        later = account_at(tmp_path, NOW + 2 * HOUR)["blocked"]
        assert (later["by"], later["reason"]) == (["weekly"], "spent")
        assert account_at(tmp_path, NOW + 31 * HOUR)["blocked"] is None

    def test_a_refusal_that_is_old(self, tmp_path: Path) -> None:
        publish(tmp_path, state(lane(), limit_reached_at=NOW))
        refused: dict[str, Any] = {
            "by": [],
            "window": None,
            "until": None,
            "reason": "refused",
            "credits_left": False,
        }
        assert account_at(tmp_path, NOW)["blocked"] == refused
        assert account_at(tmp_path, NOW + HOUR)["blocked"] is None

    def test_pace(self, tmp_path: Path) -> None:
        publish(tmp_path, state(lane(used=50, resets_in=4)))
        soon, later = (account_at(tmp_path, NOW + n * HOUR)["windows"][0]["pace"] for n in (0, 3))
        assert (soon["expected_percent"], soon["verdict"], soon["runs_out_at"]) == (
            20.0,
            "runs_out",
            "2026-11-20T13:00:00Z",
        )
        assert (later["expected_percent"], later["delta_percent"], later["verdict"]) == (
            80.0,
            -30.0,
            "reserve",
        )

    def test_pace_on_work_days(self, tmp_path: Path) -> None:
        """NOW is a Friday, and the week ends on a Sunday."""
        settings = Settings(table=SETTINGS, values={"display.work_days": "mon-fri"})
        publish(tmp_path, replace(state(lane("weekly", 50, 48, hours=168)), settings=settings))
        found = published.read(str(tmp_path))
        assert found is not None
        judged = published.as_of(found, NOW.timestamp(), zone=UTC)["providers"][0]["windows"][0]["pace"]
        assert (judged["expected_percent"], judged["verdict"]) == (90.0, "reserve")

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no tzset")
    def test_its_work_days_end_at_the_midnights_of_the_menu(self, new_york: ZoneInfo) -> None:
        """Without a zone it has the system's own rules, over the change to winter time too."""
        now = datetime(2026, 11, 2, 4, 30, tzinfo=UTC)  # still Sunday there, a day of 25 hours
        read = lane("weekly", 60, hours=168)
        window = replace(read.value, resets_at=now + timedelta(days=3))
        snapshot = state(replace(read, value=window, fetched_at=now)).snapshot
        assert snapshot is not None
        (usage,) = snapshot.accounts
        judged = document.usage(snapshot, now, "mon-fri")["providers"][0]["windows"][0]["pace"]
        there, elsewhere = (pace_of(usage, window, now, zone, "mon-fri") for zone in (new_york, UTC))
        assert there is not None
        assert elsewhere is not None
        assert judged["expected_percent"] == round(there.expected_percent, 1)
        assert round(there.expected_percent, 1) != round(elsewhere.expected_percent, 1)

    def test_an_early_reset_that_is_no_news_any_more(self, tmp_path: Path) -> None:
        reset = EarlyReset(window="weekly", at=NOW, refilled=True)
        publish(tmp_path, state(lane(), early_resets=(reset,)))
        assert [each["window"] for each in account_at(tmp_path, NOW + 23 * HOUR)["early_resets"]] == [
            "weekly"
        ]
        assert account_at(tmp_path, NOW + 25 * HOUR)["early_resets"] == []


hours = st.floats(-200, 200).map(lambda value: round(value * 3600) / 3600)
lanes = st.builds(
    lane,
    st.sampled_from(["session", "weekly", "model:opus:weekly", "individual", "code_review:weekly"]),
    st.sampled_from([0.0, 3.5, 50.0, 99.9, 100.0, 130.0]),
    st.none() | hours,
    st.floats(0, 3).map(lambda value: round(value * 3600) / 3600),
    st.sampled_from([None, 5, 168]),
)

usage_rates = st.builds(
    lambda window, speed, minutes, age: UsageRate(
        window=window,
        percent_per_hour=speed[1],
        slowest=speed[0],
        fastest=speed[2],
        over=timedelta(minutes=minutes),
        at=NOW - timedelta(seconds=age),
    ),
    st.sampled_from(["session", "weekly", "model:opus:weekly"]),
    st.tuples(st.floats(0, 50), st.floats(0, 50), st.floats(0, 50)).map(sorted),
    st.integers(30, 6000),
    st.integers(-400, 9000),
)


@given(
    windows=st.lists(lanes, max_size=3, unique_by=lambda each: each.value.id),
    refused=st.none() | st.floats(0, 3).map(lambda value: NOW - round(value * 3600) / 3600 * HOUR),
    credits_=st.sampled_from(
        [
            None,
            Credits(unlimited=True),
            Credits(),
            Credits(balance=Decimal("1.5")),
            Credits(balance=Decimal("1.5"), carries_on=False),
        ]
    ),
    carries_on=st.none() | st.booleans(),
    rates=st.lists(usage_rates, max_size=3, unique_by=lambda each: each.window).map(tuple),
    work_days=st.sampled_from(list(DAYS)),
    zone=st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/St_Johns")]),
    later=st.timedeltas(timedelta(0), timedelta(days=3)),
    every=st.sampled_from([timedelta(minutes=minutes) for minutes in (2, 5, 30, 60)]),
)
def test_a_reader_judges_as_the_menu_does(
    windows: list[Sourced[RateWindow]],
    refused: datetime | None,
    credits_: Credits | None,
    carries_on: bool | None,
    rates: tuple[UsageRate, ...],
    work_days: str,
    zone: ZoneInfo,
    later: timedelta,
    every: timedelta,
) -> None:
    """Also later on, by its own clock, from what was published."""
    now = NOW + later
    shown = state(
        *windows,
        rates=rates,
        refresh_every=every,
        limit_reached_at=refused,
        credits=None if credits_ is None else Sourced(value=credits_, source="oauth", fetched_at=NOW),
        spend=Sourced(value=Spend(used=Decimal(1), carries_on=carries_on), source="oauth", fetched_at=NOW),
    )
    assert shown.snapshot is not None
    (usage,) = shown.snapshot.accounts
    (account,) = document.usage(shown.snapshot, now, work_days, zone)["providers"]
    kept = json.loads(json.dumps(document.usage(shown.snapshot, NOW, work_days, zone)))
    assert published.as_of(kept, now.timestamp(), work_days, zone)["providers"] == [account]
    for window, judged in zip(windows, account["windows"], strict=True):
        value = window.value
        assert judged["stale"] == is_stale(window.fetched_at, value.resets_at, now, every)
        found = pace_of(usage, value, now, zone, work_days)
        assert (judged["pace"] is None) == (found is None)
        if found is not None:
            assert judged["pace"]["verdict"] == found.verdict
            assert judged["pace"]["expected_percent"] == round(found.expected_percent, 1)
            assert judged["pace"]["delta_percent"] == round(found.delta_percent, 1)
            assert judged["pace"]["basis"] == found.basis
            assert judged["pace"]["runs_out_at"] == as_time(found.runs_out_at)
            between = found.runs_out_between
            assert judged["pace"].get("runs_out_between") == (between and [*map(as_time, between)])
    block = blocked(usage, now)
    assert (account["blocked"] is None) == (block is None)
    if block is not None:
        assert account["blocked"]["by"] == [each.value.id for each in block.by]
        assert account["blocked"]["until"] == as_time(block.until)
        assert account["blocked"]["credits_left"] == block.credits_left


def test_it_is_read_with_the_standard_library_alone(tmp_path: Path) -> None:
    """What must be fast pays for nothing else."""
    publish(tmp_path, state(lane()))
    program = (
        "import sys; before = set(sys.modules)\n"
        "from tray.engine import published\n"
        f"found = published.usage(published.read({str(tmp_path)!r}), {NOW.timestamp()})\n"
        "assert found['providers'][0]['windows'][0]['pace'], found\n"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    loaded = set(printed_by(program).split())
    assert loaded <= {"providers", "tray", *sys.stdlib_module_names}
    assert not loaded & {"pathlib", "typing", "dataclasses", "argparse", "logging"}


def test_settings_are_published_but_for_paths_and_texts(tmp_path: Path) -> None:
    command = Setting("notify.command", Text(), "", ".")
    every = Setting("notify.every", Duration(HOUR, 9 * HOUR), HOUR, ".")
    values = {"providers.codex.source": "oauth", "providers.codex.program": Path("/x"), "notify.command": "x"}
    of_providers = tuple(setting for setting in SETTINGS if setting.path[0] == "providers")
    own = Settings(table=(*of_providers, command, every), values=values, problem="Line 2.")
    publish(tmp_path, replace(state(lane()), settings=own))
    assert json.loads((tmp_path / "snapshot.json").read_bytes())["settings"] == {
        "providers": {
            "codex": {"enabled": True, "source": "oauth", "account_pages": True},
            "claude": {"enabled": True, "source": "auto"},
        },
        "notify": {"every": 3600},
        "problem": "Line 2.",
    }


class TestWhileItIsKept:
    """By its owner, who looks at the file now and then."""

    def kept(self, folder: Path, clock: list[datetime]) -> SnapshotFile:
        return SnapshotFile(folder, "tray", lambda: clock[-1], check_every=timedelta(milliseconds=20))

    def test_what_somebody_removed_is_written_again(self, tmp_path: Path) -> None:
        with self.kept(tmp_path, [NOW]) as file:
            file(State(), state(lane()))
            (tmp_path / "snapshot.json").unlink()
            until_there(tmp_path)
            (tmp_path / "snapshot.json").write_text("{}")
            ends = time.monotonic() + 10
            while published.read(str(tmp_path)) is None:
                assert time.monotonic() < ends

    def test_what_could_not_be_written_is_tried_again(self, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("in the way")
        with self.kept(tmp_path / "state", [NOW]) as file:
            file(State(), state(lane()))
            (tmp_path / "state").unlink()
            until_there(tmp_path / "state")

    def test_who_is_no_longer_the_owner_publishes_nothing_until_it_is_again(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        owns, looks = [False], Semaphore(0)

        def is_owner() -> bool:
            looks.release()
            return owns[0]

        with SnapshotFile(tmp_path, "tray", lambda: NOW, timedelta(milliseconds=1), is_owner) as file:
            for _ in range(2):  # what the first look found is then considered
                assert looks.acquire(timeout=10)
            file(State(), state(lane()))
            for _ in range(2):
                assert looks.acquire(timeout=10)
            assert not (tmp_path / "snapshot.json").exists()
            assert len(caplog.records) == 1
            owns[0] = True
            until_there(tmp_path)

    def test_a_quiet_owner_is_distinguished_from_none(self, tmp_path: Path) -> None:
        clock = [NOW]
        with self.kept(tmp_path, clock) as file:
            file(State(), state(lane()))
            clock.append(NOW + WRITE_EVERY)
            ends = time.monotonic() + 10
            while (published.read(str(tmp_path)) or {}).get("generated_at") != as_time(clock[-1]):
                assert time.monotonic() < ends


def until_there(folder: Path) -> None:
    ends = time.monotonic() + 10
    while not (folder / "snapshot.json").exists():
        assert time.monotonic() < ends
        time.sleep(0.01)
