"""Everything known at one moment. Frozen: each change makes a new state with a higher revision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct

from providers.domain.cost import Counter, HomeFigures
from providers.domain.incident import Incident
from providers.domain.limits import REFRESH_EVERY, AccountUsage, UsageSnapshot
from providers.domain.live import SessionsLook
from providers.domain.rules import EARLY_RESET_SECONDS
from tray.engine.settings import Settings

EARLY_RESET_NEWS = timedelta(seconds=EARLY_RESET_SECONDS)
"""How long an early reset is news."""


class HomeCost(Struct, frozen=True, kw_only=True):
    """What one home's logs came to, as of the local day `day`.

    `complete` is False while some of them are still to be read, or could not be; `up_to_date` where nobody has
    looked for new ones since.
    """

    day: date
    figures: HomeFigures
    complete: bool
    up_to_date: bool = True


class LastRefresh(Struct, frozen=True, kw_only=True):
    """When a person's last refresh ended; `failed` are the keys of the accounts that have an error since."""

    at: datetime
    failed: tuple[str, ...] = ()


class State(Struct, frozen=True, kw_only=True):
    """`snapshot` is None until the first look. `order` is that of all entries, by their keys, and `asking`
    are those whose servers are being asked. `costs` are by the homes' ids, `counters` sums of all time.

    `counting`: logs are being read; `progress` is the share that is, 0-1, None while nothing is counted or
    nobody can tell. `count_problem` is a sentence on what keeps the logs from being counted; the figures of the
    last count stay. `save_problem` is one on why the last change of a setting could not be saved.

    `incidents` are those that the providers' status pages report, by the providers' ids. Until `muted_until` no
    notice is shown, until `paused_until` no server is polled, unless the person asks for it. `refreshed` is None
    until they do. `refresh_every` is the interval of the polls, by which values are judged as old. `sessions` is
    the newest look at live sessions, None where nobody has looked. `is_explained` is whether the person knows that
    totals include what is on no line of a log.
    """

    revision: int = 0
    settings: Settings = Settings()
    save_problem: str | None = None
    snapshot: UsageSnapshot | None = None
    order: tuple[str, ...] = ()
    asking: frozenset[str] = frozenset()
    costs: Mapping[str, HomeCost] = {}
    counters: tuple[Counter, ...] = ()
    counting: bool = False
    progress: float | None = None
    count_problem: str | None = None
    incidents: Mapping[str, Incident] = {}
    muted_until: datetime | None = None
    paused_until: datetime | None = None
    refresh_every: timedelta = REFRESH_EVERY
    refreshed: LastRefresh | None = None
    sessions: SessionsLook | None = None
    is_explained: bool = True

    @property
    def accounts(self) -> tuple[AccountUsage, ...]:
        return self.snapshot.accounts if self.snapshot else ()

    @property
    def refreshing(self) -> bool:
        return bool(self.asking)

    @property
    def settings_problem(self) -> str | None:
        """Which settings are not valid, or could not be saved, in sentences."""
        return " ".join(filter(None, (self.save_problem, self.settings.problem))) or None
