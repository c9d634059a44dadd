"""Whole weeks of two accounts: what is told, and what the log of windows says in the end, is what happened."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from providers.ledger.windows import WindowRecord
from tests.tray.engine.notices.person import STEP, Server, Tray, Truth
from tests.tray.engine.notices.states import MINUTE
from tray.engine.notices.occasion import Occasion

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
ONCE = ("spent", "at_10", "runs_out")


class Weeks:
    """Eight days from a Thursday on, over a change of the clocks; somebody works from nine to six on workdays.

    The laptop sleeps over the weekend, tankful is started anew twice, and both accounts are reset early once.
    """

    def __init__(self, folder: Path, seed: int, start: datetime, quiet: str) -> None:
        random = Random(seed)
        self.start = start
        self.servers = [Server("aaaa", 4.4, 0.12, random), Server("bbbb", 3.0, 0.3, random)]
        self.tray = Tray(folder, BERLIN, {"notify.early_reset": True, "notify.quiet_hours": quiet}, start)
        self.told: list[tuple[datetime, Occasion]] = []
        self.blocked: dict[tuple[datetime, str], bool] = {}
        sleep = start + timedelta(days=1, hours=19), start + timedelta(days=4, hours=6)
        starts = {start + timedelta(days=1, hours=11), start + timedelta(days=5, hours=14)}
        early = {
            start + timedelta(days=5, hours=10): "session",
            start + timedelta(days=6, hours=12): "weekly",
        }
        now = start
        while now < start + 8 * DAY:
            local = now.astimezone(BERLIN)
            for server in self.servers:
                server.step(now, works=local.weekday() < 5 and 9 <= local.hour < 18)
                if now in early:
                    server.reset_early(early[now], now)
            if not sleep[0] <= now < sleep[1]:
                if now in starts:
                    self.tray.start(now)
                self._look(now, local.minute % 30 == 0)
            now += STEP

    def _look(self, now: datetime, polls: bool) -> None:
        for server in self.servers:
            source = "oauth" if polls else "rollouts"
            self.tray.read(server.reading(source, now), server.account, now)
            self.blocked[now, server.account] = server.is_blocked
        found = self.tray.look(now)
        self.told += [(now, occasion) for occasion in found.show]

    def record(self, truth: Truth) -> WindowRecord:
        (found,) = [
            each
            for each in self.tray.windows(self.start - DAY, self.start + 20 * DAY)
            if (each.account, each.window) == (truth.account, truth.window)
            and abs(each.starts_at - truth.starts_at) <= STEP
        ]
        return found


@pytest.mark.parametrize(
    ("seed", "start"),
    [(1, datetime(2026, 3, 26, tzinfo=UTC)), (2, datetime(2026, 10, 22, tzinfo=UTC))],
    ids=["spring", "autumn"],
)
def test_eight_days(tmp_path: Path, seed: int, start: datetime) -> None:
    weeks = Weeks(tmp_path, seed, start, "22:00-07:00")
    truths = [each for server in weeks.servers for each in server.windows if each.used >= 1]
    _the_log_is_the_truth(weeks, truths)

    times = Counter(
        (occasion.id, truth.starts_at)
        for now, occasion in weeks.told
        if occasion.kind in ONCE
        for truth in truths
        if (truth.account, truth.window) == (occasion.account, occasion.window)
        and truth.starts_at <= now < (truth.ended_at or truth.resets_at)
    )
    assert times
    assert set(times.values()) == {1}
    assert not [now for now, _ in weeks.told if not 7 <= now.astimezone(BERLIN).hour < 22]
    usable = [(now, each.account) for now, each in weeks.told if each.kind == "usable_again"]
    assert usable
    assert not [each for each in usable if weeks.blocked[each]]
    resets = Counter((each.account, each.window) for _, each in weeks.told if each.kind == "early_reset")
    assert resets
    assert set(resets.values()) == {1}


def _the_log_is_the_truth(weeks: Weeks, truths: list[Truth]) -> None:
    records = weeks.tray.windows(weeks.start - DAY, weeks.start + 20 * DAY)
    assert len([each for each in records if each.used_percent > 0]) == len(truths)
    for truth in truths:
        record = weeks.record(truth)
        assert abs(record.used_percent - truth.used) <= 9, "of the last step"
        assert record.reset_early == truth.is_early
        assert not record.moved
        assert record.refused_at is None
        assert record.resets_at is not None
        assert abs(record.resets_at - truth.resets_at) <= MINUTE
        if truth.ended_at is not None:
            assert record.ended_at is not None
            assert abs(record.ended_at - truth.ended_at) <= STEP + MINUTE
