"""A person's weeks in virtual time: servers with the truth, and a tray that polls, notes and tells them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.limits import Account, AccountUsage, RateWindow, Reading
from providers.domain.merge import merge
from providers.ledger.ledger import Ledger
from providers.ledger.windows import WindowRecord
from tests.tray.engine.notices.states import HOUR, MINUTE
from tray.engine import history, transitions
from tray.engine.notices.due import due
from tray.engine.notices.memory import Memory
from tray.engine.notices.screen import Due
from tray.engine.notices.stored import Stored, load, save
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State

STEP = 10 * MINUTE
LAGS = 0.05
LENGTHS = {"session": 5 * HOUR, "weekly": 168 * HOUR}


class Truth(Struct):
    """A window as its server knows it; `ended_at` is None while it is open."""

    account: str
    window: str
    starts_at: datetime
    resets_at: datetime
    used: float = 0.0
    ended_at: datetime | None = None
    is_early: bool = False


class Server:
    """Of one account, whose windows begin with their first use."""

    def __init__(self, account: str, speed: float, weekly_share: float, random: Random) -> None:
        self.account = account
        self.windows: list[Truth] = []
        self._speeds = {"session": speed, "weekly": speed * weekly_share}
        self._random = random
        self._answered: Reading | None = None

    def open(self, window: str) -> Truth | None:
        of_one = [each for each in self.windows if each.window == window and each.ended_at is None]
        return of_one[0] if of_one else None

    @property
    def is_blocked(self) -> bool:
        return any(each.ended_at is None and each.used >= 100 for each in self.windows)

    def step(self, now: datetime, *, works: bool) -> None:
        for each in self.windows:
            if each.ended_at is None and each.resets_at <= now:
                each.ended_at = each.resets_at
        for window, speed in self._speeds.items() if works and not self.is_blocked else ():
            current = self.open(window)
            if current is None:
                current = Truth(self.account, window, now, now + LENGTHS[window])
                self.windows.append(current)
            current.used = min(100.0, current.used + speed * self._random.choice([0.0, 0.5, 1.0, 2.0]))

    def reset_early(self, window: str, now: datetime) -> None:
        if current := self.open(window):
            current.ended_at, current.is_early = now, True

    def reading(self, source: str, now: datetime) -> Reading:
        """The one rounds to the nearest, the other down; resets come with another second each time. Now and then
        the answer is that of the poll before.
        """
        old = self._answered if source == "oauth" and self._random.random() < LAGS else None
        if old is not None:
            self._answered = None
            return replace(old, fetched_at=now)
        reading = Reading(
            source=source,
            fetched_at=now,
            windows=tuple(self._windows(source, now)),
            limit_reached=self.is_blocked if source == "oauth" else None,
            speaks_for=frozenset({"windows"} if source == "oauth" else ()),
        )
        if source == "oauth":
            self._answered = reading
        return reading

    def _windows(self, source: str, now: datetime) -> Iterator[RateWindow]:
        for window, length in LENGTHS.items():
            current = self.open(window)
            used = current.used if current else 0.0
            resets_at = current.resets_at if current else now + length
            yield RateWindow(
                id=window,
                title=window,
                used_percent=float(round(used) if source == "oauth" else int(used)),
                duration=length,
                resets_at=resets_at + timedelta(seconds=self._random.choice([-1, 0, 1])),
            )


class Tray:
    """One process after another on the same folder."""

    def __init__(self, folder: Path, zone: tzinfo, settings: dict[str, object], now: datetime) -> None:
        self._folder = folder
        self._zone = zone
        self._ledger = Ledger(folder / "ledger.sqlite3")
        self._readings: dict[str, dict[str, Reading]] = {}
        self._settings = Settings(table=SETTINGS, values=settings)
        self.start(now)

    def start(self, now: datetime) -> None:
        self._kept = load(self._folder, now)
        self.memory = Memory(since=now, seen=self._kept.seen)
        self._state = State(settings=self._settings)
        for account in self._readings:
            self._note(account, now)

    def read(self, reading: Reading, account: str, now: datetime) -> None:
        self._readings.setdefault(account, {})[reading.source] = reading
        self._note(account, now)

    def look(self, now: datetime) -> Due:
        found = due(
            self.memory, self._state, now, self._zone, is_local=lambda _provider, source: source != "oauth"
        )
        self.memory = found.memory
        if self._kept.seen != found.memory.seen:
            self._kept = Stored(seen=found.memory.seen)
            save(self._folder, self._kept)
        return found

    def windows(self, since: datetime, until: datetime) -> list[WindowRecord]:
        return self._ledger.limits.windows(since, until)

    def _note(self, account: str, now: datetime) -> None:
        merged = merge(self._readings[account].values())
        usage = AccountUsage(
            provider="codex",
            title="Codex",
            homes=(f"~/.{account}",),
            home_ids=(account,),
            key=account,
            account=Account(id=account),
            windows=merged.windows,
            limit_reached_at=merged.limit_reached_at,
            limits_known=merged.limits_known,
        )
        usage = history.note(self._ledger, usage, now, self._zone, "all")
        today = now.astimezone(self._zone).date()
        keys = tuple(self._readings)
        self._state = transitions.after(self._state, transitions.AccountsFound(keys), now, today)
        self._state = transitions.after(self._state, transitions.AccountRead(account, usage), now, today)
