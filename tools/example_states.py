"""States with made-up data, for pictures of the menu and for tests of it on real panels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from providers.domain.account_pages import (
    AccountPages,
    CreditDay,
    CreditsHistory,
    ModelUse,
    PastWindow,
    PlanLimitHistory,
    SurfaceDay,
    UsageBreakdown,
)
from providers.domain.cost import Burn
from providers.domain.cost_summary import CostSummary, DayCost
from providers.domain.errors import Offline, RateLimited
from providers.domain.incident import Incident
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
from tools import example_sessions
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_USD = (3.1, 4.0, 0.8, 0.0, 0.0, 5.2, 6.3, 4.4, 7.9, 2.1, 0.0, 1.2, 5.5, 2.36)


def window(
    ident: str, title: str, used: float, length: timedelta | None, resets_in: timedelta | None
) -> Sourced[RateWindow]:
    resets_at = None if resets_in is None else NOW + resets_in
    value = RateWindow(id=ident, title=title, used_percent=used, duration=length, resets_at=resets_at)
    return Sourced(value=value, source="oauth", fetched_at=NOW - 2 * MINUTE)


def cost(share: float = 1.0) -> CostSummary:
    days = tuple(
        DayCost(day=(NOW - (13 - ago) * DAY).date(), usd=usd * share, tokens=round(usd * share * 260_000))
        for ago, usd in enumerate(_USD)
    )
    return CostSummary(
        today_usd=2.36 * share,
        today_tokens=round(612_000 * share),
        days_7_usd=21.46 * share,
        days_7_tokens=round(5_600_000 * share),
        days_30_usd=88.2 * share,
        days_30_tokens=round(23_000_000 * share),
        month_usd=61.9 * share,
        month_tokens=round(16_100_000 * share),
        priced="full",
        complete=True,
        has_logs=True,
        burn=Burn(usd_per_hour=1.18 * share, tokens_per_hour=306_000 * share, over_minutes=180),
        last_days=days,
    )


_CREDITS = (14.75, 36.0, 0.0, 8.25, 61.5, 3.0, 0.0, 0.0, 27.5, 90.25, 41.0, 12.0, 0.0, 5.5)


def account_pages() -> AccountPages:
    """Two weeks of credits, by surface and by model, and four weeks of the plan."""
    days = [((NOW - ago * DAY).date(), used) for ago, used in enumerate(_CREDITS)]
    origin: dict[str, Any] = {"source": "oauth", "fetched_at": NOW - 20 * MINUTE}
    return AccountPages(
        credits_history=CreditsHistory(
            days=tuple(
                CreditDay(day=day, surfaces={"cli": used * 0.75, "web": used * 0.25})
                for day, used in days
                if used
            ),
            **origin,
        ),
        usage_breakdown=UsageBreakdown(
            units="credits",
            counted_until=NOW - 6 * HOUR,
            days=tuple(
                SurfaceDay(
                    day=day,
                    surfaces={"cli": used * 0.6, "desktop_app": used * 0.3, "github_code_review": used * 0.1},
                    models=(
                        ModelUse(model="gpt-6-sol", speed="standard", amount=used * 0.7),
                        ModelUse(model="gpt-5.5", speed="fast", amount=used * 0.3),
                    ),
                )
                for day, used in days[1:]
                if used
            ),
            **origin,
        ),
        plan_limit_history=PlanLimitHistory(
            counted_until=NOW - 12 * HOUR,
            windows=tuple(
                PastWindow(
                    starts_at=NOW - (4 + 7 * week) * DAY,
                    ends_at=NOW + (3 - 7 * week) * DAY,
                    used_percent=used,
                    plan="pro",
                    models={"gpt-6-sol": used * 0.7, "gpt-5.5": used * 0.3},
                    complete=week > 0,
                )
                for week, used in enumerate((41.25, 100.0, 84.1, 0.4))
            ),
            **origin,
        ),
    )


CODEX = AccountUsage(
    provider="codex",
    title="Codex",
    homes=("~/.codex",),
    account=Account(id="a1b2c3d4", email="dev@example.com", plan="pro"),
    windows=(
        window("session", "5h", 37, 5 * HOUR, 2 * HOUR + 10 * MINUTE),
        window("weekly", "Weekly", 88, 7 * DAY, 3 * DAY + 3 * HOUR),
        window("model:spark:weekly", "Spark Weekly", 100, 7 * DAY, 3 * DAY + 3 * HOUR),
        window("code_review:weekly", "Code review Weekly", 4, 7 * DAY, 5 * DAY),
    ),
    credits=Sourced(value=Credits(balance=Decimal("150.5")), source="oauth", fetched_at=NOW - 2 * MINUTE),
    resets=Sourced(
        value=ResetCredits(available=2, expires_at=NOW + 5 * DAY), source="oauth", fetched_at=NOW - 2 * MINUTE
    ),
    limits_known=True,
    pages=account_pages(),
    cost=cost(),
    source_titles={"oauth": "ChatGPT", "rollouts": "session logs"},
)
CLAUDE = AccountUsage(
    provider="claude",
    title="Claude",
    homes=("~/.claude",),
    account=Account(id="e5f6a7b8", email="dev@example.com", plan="max"),
    windows=(
        window("session", "5h", 12, 5 * HOUR, 40 * MINUTE),
        window("weekly", "Weekly", 38, 7 * DAY, 2 * DAY + 1 * HOUR),
        window("model:opus:weekly", "Opus Weekly", 61, 7 * DAY, 2 * DAY + 1 * HOUR),
    ),
    spend=Sourced(
        value=Spend(used=Decimal("12.34"), limit=Decimal(50), resets_at=NOW + 10 * DAY),
        source="oauth",
        fetched_at=NOW - 2 * MINUTE,
    ),
    early_resets=(EarlyReset(window="weekly", at=NOW - 5 * HOUR, refilled=True),),
    limits_known=True,
    cost=replace(cost(0.4), not_on_lines_usd=1.68, not_on_lines_tokens=760_000),
    source_titles={"oauth": "Anthropic", "statusline": "Claude Code status line"},
)


def state(*accounts: AccountUsage, **more: object) -> State:
    base = State(
        snapshot=UsageSnapshot(generated_at=NOW, accounts=accounts), settings=Settings(table=SETTINGS)
    )
    return replace(base, **more)


def _used(usage: AccountUsage, *used: float) -> AccountUsage:
    windows = [
        replace(lane, value=replace(lane.value, used_percent=percent))
        for lane, percent in zip(usage.windows, used, strict=False)
    ]
    return replace(usage, windows=tuple(windows))


def several(count: int) -> State:
    """That many accounts, in turn of either provider."""
    found = []
    for number in range(count):
        base = (CODEX, CLAUDE)[number % 2]
        account = Account(
            id=f"{number:08x}", email=f"dev{number + 1}@example.com", plan=("pro", "max")[number % 2]
        )
        home = f"{base.homes[0]}-{number + 1}"
        usage = _used(
            replace(base, account=account, homes=(home,)), (number * 37 + 12) % 100, (number * 53) % 101
        )
        found.append(usage)
    return state(*found)


def failing() -> State:
    """Offline, rate-limited and with an incident, muted and paused."""
    codex = replace(
        CODEX,
        error=RateLimited("Rate-limited by ChatGPT.", retry_at=NOW + 19 * MINUTE).as_data(),
        windows=tuple(replace(lane, fetched_at=NOW - 3 * HOUR) for lane in CODEX.windows),
    )
    claude = replace(
        _used(CLAUDE, 100, 99.6), error=Offline("No connection.").as_data(), offline_since=NOW - 2 * HOUR
    )
    return state(
        codex,
        claude,
        incidents={"claude": Incident(title="Elevated errors on Claude Opus", impact="major")},
        muted_until=NOW + 25 * MINUTE,
        paused_until=NOW + HOUR,
    )


def _widths() -> State:
    """Percentages of every width: 100, 0, 63, below 1, and one that is not known."""
    past = window("monthly", "Monthly", 50, 30 * DAY, -HOUR)
    return state(
        replace(_used(CODEX, 0, 100), windows=(*_used(CODEX, 0, 100).windows, past)), _used(CLAUDE, 37, 99.6)
    )


def _set(key: str, value: object) -> Settings:
    return Settings(table=SETTINGS, values={key: value})


STATES: dict[str, Callable[[], State]] = {
    "two": lambda: state(CODEX, CLAUDE),
    "one": lambda: state(CODEX),
    "not-in-logs": lambda: replace(state(CLAUDE), is_explained=False),
    "failing": failing,
    "four": lambda: several(4),
    "thirty": lambda: several(30),
    "used": lambda: state(CODEX, CLAUDE, settings=_set("display.used", value=True)),
    "widths": _widths,
    "widths-blocks": lambda: replace(_widths(), settings=_set("display.bars", "blocks")),
    "widths-ascii": lambda: replace(_widths(), settings=_set("display.bars", "ascii")),
    "empty": state,
    "sessions": lambda: state(CODEX, CLAUDE, sessions=example_sessions.look(*example_sessions.EXAMPLES)),
    "many-sessions": lambda: state(CODEX, CLAUDE, sessions=example_sessions.many(40)),
}
