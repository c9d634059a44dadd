"""The kinds of notices, the most important first: a new one is a function that finds its occasions, and a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from providers.domain.blocked import blocked
from providers.domain.limits import AccountUsage, RateWindow, Sourced
from providers.domain.merge import is_stale
from providers.domain.pace import pace_of
from providers.domain.rules import ALL_USE_SCOPES, SPENT_PERCENT, left_percent
from providers.domain.work_days import ALL
from providers.ledger.history import GLITCH, NOISE_PERCENT
from providers.setting import Setting
from tray.engine.budgets import Budget
from tray.engine.notices import settings
from tray.engine.notices.occasion import ALL_ACCOUNTS, LOGIN, Occasion, OccasionId

if TYPE_CHECKING:
    from providers.domain.budgets import BudgetVerdict

ENDS_SOON = timedelta(days=1)
"""How long before a login or a reset ends there is a notice."""
REFILLED = 10.0
"""What must be left of a window, in percent, that is said to be usable again before its reset."""
LOGIN_SETTLES = timedelta(minutes=10)
"""A login may be renewed within that time, by its own program."""
FORECAST_SETTLES = timedelta(minutes=10)
"""A forecast may be that of one busy moment."""
LOGIN_ERRORS = ("not_signed_in", "login_expired")
THRESHOLD_SCOPES = (*ALL_USE_SCOPES, "model")

Topic = Literal["usage", "login", "budget"]


class Blocking(Struct, frozen=True):
    """The window that blocked an account, None if its server named none, and until when as far as was known."""

    limit: RateWindow | None
    until: datetime | None


class AccountLook(Struct, frozen=True, kw_only=True):
    """What the finders see: an account now, and what was found before.

    `was` is what last blocked the account, if no notice has said since that it is usable again. `budgets` are
    those of the account, or of all of them together. `on_screen` are the occasions that a notice is shown for.
    `is_local` tells whether a source's readings come from logs or files.
    """

    usage: AccountUsage
    now: datetime
    zone: tzinfo
    work_days: str = ALL
    was: Blocking | None = None
    budgets: tuple[Budget, ...] = ()
    on_screen: frozenset[OccasionId] = frozenset()
    is_local: Callable[[str], bool] = lambda _source: False

    def is_about(self, topic: Topic) -> bool:
        """All accounts together have budgets only."""
        return topic == "budget" or self.usage is not ALL_ACCOUNTS

    def is_fresh(self, lane: Sourced[RateWindow]) -> bool:
        return not is_stale(lane.fetched_at, lane.value.resets_at, self.now, self.usage.refresh_every)

    def used(self, kind: str, lane: Sourced[RateWindow]) -> float:
        """Percent; of a window that such a notice is shown for no less than what another source may round to."""
        is_shown = (kind, self.usage.key, lane.value.id) in self.on_screen
        return lane.value.used_percent + (NOISE_PERCENT if is_shown else 0.0)

    def about(self, kind: str, lane: Sourced[RateWindow]) -> Occasion:
        return Occasion(
            kind=kind,
            account=self.usage.key,
            window=lane.value.id,
            ends=lane.value.resets_at,
            read_at=lane.fetched_at,
            is_official=not self.is_local(lane.source),
            usage=self.usage,
            limit=lane.value,
        )


class NoticeKind(Struct, frozen=True, kw_only=True):
    """`effects` are the kinds that say less about the same window; without a window, about the same account.

    `settles` is for how long it must hold, `lasts` for how long its notice stays at most.
    """

    name: str
    setting: Setting[bool]
    find: Callable[[AccountLook], Iterator[Occasion]]
    topic: Topic = "usage"
    effects: tuple[str, ...] = ()
    settles: timedelta = timedelta(0)
    lasts: timedelta | None = None


def _login_gone(look: AccountLook) -> Iterator[Occasion]:
    error = look.usage.error
    if look.usage.account is None or (error is not None and error.kind in LOGIN_ERRORS):
        yield Occasion(kind="login_gone", account=look.usage.key, window=LOGIN, usage=look.usage)


def _login_ending(look: AccountLook) -> Iterator[Occasion]:
    ends = look.usage.login_ends_at
    if ends is not None and look.now < ends <= look.now + ENDS_SOON:
        yield Occasion(kind="login_ending", account=look.usage.key, window=LOGIN, ends=ends, usage=look.usage)


def _spent(look: AccountLook) -> Iterator[Occasion]:
    for lane in look.usage.windows:
        if look.is_fresh(lane) and look.used("spent", lane) >= SPENT_PERCENT:
            yield look.about("spent", lane)


def _usable_again(look: AccountLook) -> Iterator[Occasion]:
    """Only when every window of the account is known to have something left, and not by a server that wavers;
    where it refused without a reason, only when it says that it does so no more.
    """
    usage, was = look.usage, look.was
    own = [lane for lane in usage.windows if lane.value.scope in ALL_USE_SCOPES]
    if was is None or not own or (was.limit is None and usage.limit_reached_at is not None):
        return
    if blocked(usage, look.now) is None and all(
        look.is_fresh(lane) and lane.value.used_percent < SPENT_PERCENT for lane in own
    ):
        window = was.limit.id if was.limit else ""
        newest = max(own, key=lambda lane: (lane.value.id == window, lane.fetched_at))
        is_over = was.until is None or was.until <= look.now
        if not is_over and left_percent(newest.value.used_percent) < REFILLED:
            return
        yield Occasion(
            kind="usable_again",
            account=usage.key,
            window=window,
            ends=was.until,
            read_at=newest.fetched_at,
            is_official=not look.is_local(newest.source),
            usage=usage,
            limit=newest.value,
        )


def _threshold(percent: int, look: AccountLook) -> Iterator[Occasion]:
    kind = f"at_{percent}"
    for lane in look.usage.windows:
        window = lane.value
        if (
            window.scope in THRESHOLD_SCOPES
            and look.is_fresh(lane)
            and left_percent(window.used_percent) > 0
            and left_percent(look.used(kind, lane)) <= percent
        ):
            yield look.about(kind, lane)


def _runs_out(look: AccountLook) -> Iterator[Occasion]:
    """Only where it does so at the slowest rate of the last hours, too. One that is on the screen stays as long as
    it runs out before the reset at all.
    """
    for lane in look.usage.windows:
        if lane.value.scope not in THRESHOLD_SCOPES or not look.is_fresh(lane):
            continue
        pace = pace_of(look.usage, lane.value, look.now, look.zone, look.work_days)
        found = look.about("runs_out", lane)
        is_shown = found.id in look.on_screen
        if pace is None or pace.runs_out_at is None:
            continue
        at_slowest = pace.runs_out_at if pace.runs_out_between is None else pace.runs_out_between[1]
        if is_shown or (pace.verdict == "runs_out" and at_slowest is not None):
            yield found


def _early_reset(look: AccountLook) -> Iterator[Occasion]:
    lanes = {lane.value.id: lane.value for lane in look.usage.windows}
    for early in look.usage.early_resets:
        if timedelta(0) <= look.now - early.at <= ENDS_SOON:
            yield Occasion(
                kind="early_reset",
                account=look.usage.key,
                window=early.window,
                ends=early.at + ENDS_SOON,
                usage=look.usage,
                limit=lanes.get(early.window),
                early=early,
            )


def _reset_credit(look: AccountLook) -> Iterator[Occasion]:
    lane = look.usage.resets
    ends = lane.value.expires_at if lane is not None and lane.value.available > 0 else None
    if ends is not None and look.now < ends <= look.now + ENDS_SOON:
        yield Occasion(
            kind="reset_credit", account=look.usage.key, window="resets", ends=ends, usage=look.usage
        )


def _budget(verdict: BudgetVerdict, look: AccountLook) -> Iterator[Occasion]:
    """One that was changed is another one: what was said of the old one says nothing of it."""
    for budget in look.budgets:
        if budget.verdict == verdict:
            yield Occasion(
                kind=f"budget_{verdict}",
                account=look.usage.key,
                window=f"budget:{budget.period}:{budget.limit:g}",
                ends=budget.ends_at,
                usage=look.usage,
                budget=budget,
            )


KINDS: tuple[NoticeKind, ...] = (
    NoticeKind(
        name="login_gone",
        setting=settings.LOGIN,
        find=_login_gone,
        topic="login",
        effects=("login_ending",),
        settles=LOGIN_SETTLES,
    ),
    NoticeKind(
        name="spent",
        setting=settings.SPENT,
        find=_spent,
        effects=("at_10", "runs_out", "at_25", "at_50"),
    ),
    NoticeKind(
        name="usable_again",
        setting=settings.USABLE_AGAIN,
        find=_usable_again,
        effects=("early_reset",),
        lasts=timedelta(hours=4),
    ),
    NoticeKind(
        name="at_10",
        setting=settings.AT_10,
        find=partial(_threshold, 10),
        effects=("runs_out", "at_25", "at_50"),
    ),
    NoticeKind(name="runs_out", setting=settings.RUNS_OUT, find=_runs_out),
    NoticeKind(name="login_ending", setting=settings.LOGIN, find=_login_ending, topic="login"),
    NoticeKind(name="at_25", setting=settings.AT_25, find=partial(_threshold, 25), effects=("at_50",)),
    NoticeKind(name="at_50", setting=settings.AT_50, find=partial(_threshold, 50)),
    NoticeKind(
        name="early_reset",
        setting=settings.EARLY_RESET,
        find=_early_reset,
        settles=GLITCH,
        lasts=timedelta(hours=4),
    ),
    NoticeKind(name="reset_credit", setting=settings.RESET_CREDIT, find=_reset_credit),
    NoticeKind(
        name="budget_spent",
        setting=settings.BUDGET,
        find=partial(_budget, "spent"),
        topic="budget",
        effects=("budget_nearly_spent", "budget_will_exceed"),
    ),
    NoticeKind(
        name="budget_nearly_spent",
        setting=settings.BUDGET,
        find=partial(_budget, "nearly_spent"),
        topic="budget",
        effects=("budget_will_exceed",),
    ),
    NoticeKind(
        name="budget_will_exceed",
        setting=settings.BUDGET,
        find=partial(_budget, "will_exceed"),
        topic="budget",
        settles=FORECAST_SETTLES,
    ),
)
BY_NAME: Mapping[str, NoticeKind] = {kind.name: kind for kind in KINDS}


def is_cause_of(cause: Occasion, other: Occasion) -> bool:
    """Whether `other` goes without saying: it is of the same window, or of one that a spent window keeps from
    being used until after its own reset.
    """
    if cause.account != other.account or cause.id == other.id:
        return False
    listed = other.kind in BY_NAME[cause.kind].effects
    if cause.window == other.window:
        return listed
    if cause.kind == "spent" and cause.limit is not None and cause.limit.scope in ALL_USE_SCOPES:
        shuts = other.limit is not None and (listed or other.kind == "spent")
        return shuts and cause.ends is not None and (other.ends is None or other.ends <= cause.ends)
    return False
