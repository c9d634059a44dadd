"""States for the tests of notices, and a life in which they follow each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from providers.domain.limits import Account, AccountUsage, RateWindow, Sourced, UsageError, UsageSnapshot
from tray.engine.notices.due import due
from tray.engine.notices.memory import Memory
from tray.engine.notices.screen import Due
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import HomeCost, State

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SESSION_ENDS = NOW + 2 * HOUR
WEEK_ENDS = NOW + timedelta(days=3)
LOGIN_EXPIRED = UsageError(kind="login_expired", message="Your login expired.", remedy="Sign in.")


def window(ident: str, used: float, ends: datetime | None) -> RateWindow:
    title, hours = {"session": ("5h", 5), "weekly": ("Weekly", 168)}.get(ident, ("Opus Weekly", 168))
    return RateWindow(
        id=ident, title=title, used_percent=used, duration=timedelta(hours=hours), resets_at=ends
    )


class Life:
    """One process after another, over the hours: `look` says what is due at the moment that it has come to.

    The session has 60 % left and the week 70 %, until they are changed.
    """

    def __init__(self, *, now: datetime = NOW, is_known: bool = True, **values: Any) -> None:
        self.now = now
        self.session = window("session", 40.0, SESSION_ENDS)
        self.weekly = window("weekly", 30.0, WEEK_ENDS)
        self.others: tuple[RateWindow, ...] = ()
        self.source = "oauth"
        self.fetched: datetime | None = None
        self.watched = False
        self.muted_until: datetime | None = None
        self.costs: dict[str, HomeCost] = {}
        self.settings: dict[str, Any] = {"notify.runs_out": False}
        self.usage = AccountUsage(
            provider="codex",
            title="Codex",
            homes=("~/.codex",),
            home_ids=("home-a",),
            key="a1b2c3d4",
            account=Account(id="a1b2c3d4", email="dev@example.com", plan="pro"),
        )
        self.more: tuple[AccountUsage, ...] = ()
        self.gone = False
        self.memory = Memory(since=now)
        self.shown: list[tuple[str, ...]] = []
        self.change(**values)
        if is_known:
            assert not self.look().show

    def change(self, **values: Any) -> None:
        """session=90 is the percentage that is used; a new reading, too, for all other names."""
        for name, value in values.items():
            before = getattr(self, name)
            is_used = isinstance(before, RateWindow) and isinstance(value, (int, float))
            setattr(self, name, replace(before, used_percent=float(value)) if is_used else value)

    @property
    def state(self) -> State:
        at = self.fetched or self.now
        lanes = tuple(
            Sourced(value=each, source=self.source, fetched_at=at)
            for each in (self.session, self.weekly, *self.others)
        )
        usage = replace(self.usage, windows=lanes) if self.usage.account else self.usage
        accounts = (*(() if self.gone else (usage,)), *self.more)
        return State(
            settings=Settings(table=SETTINGS, values=self.settings),
            snapshot=UsageSnapshot(generated_at=self.now, accounts=accounts),
            muted_until=self.muted_until,
            costs=self.costs,
        )

    def look(self, after: timedelta = timedelta(0), **values: Any) -> Due:
        self.now += after
        self.change(**values)
        found = due(
            self.memory,
            self.state,
            self.now,
            ZONE,
            is_local=lambda _provider, source: source == "rollouts",
            watched=self.watched,
        )
        self.memory = found.memory
        if found.show:
            self.shown.append(tuple(occasion.kind for occasion in found.show))
        return found

    def kinds(self, after: timedelta = MINUTE, **values: Any) -> list[str]:
        """What a look in a minute, or after some other time, shows."""
        return [occasion.kind for occasion in self.look(after, **values).show]

    def restart(self) -> None:
        self.memory = Memory(since=self.now, seen=self.memory.seen)
