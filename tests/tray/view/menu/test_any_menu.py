"""Whatever is known, the menu is one that a panel can draw: valid, not too high, without control characters."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import Burn, Tally, TokenUsage
from providers.domain.cost_summary import CostSummary, DayCost
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
    UsageError,
    UsageSnapshot,
)
from providers.domain.live import (
    STATUSES,
    ChildProcess,
    GitState,
    LiveSession,
    LiveSubagent,
    McpServer,
    OrphanProcess,
    SessionsLook,
    SessionStatus,
    Task,
)
from providers.domain.usage_rate import UsageRate, UsedToday
from tests.tray.engine.budget_states import cost
from tests.tray.view.test_menu import NOW, PRO
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State
from tray.view import menu
from tray.view.available import Available
from tray.view.format import BLANKS
from tray.view.login import StartAtLogin
from tray.view.menu.top import MOST_ROWS
from tray.view.rows import Row, validate, walk

HOSTILE = (
    "",
    "Weekly",
    "a\x1b[2J\u202e",
    "<b>&amp;</b>",
    "_x__y",
    "ü" * 400,
    "\n\r\t\0",
    "%s{0}",
    "x\u2028y",
)
names = st.sampled_from(HOSTILE) | st.text(max_size=30)
times = st.timedeltas(timedelta(days=-40), timedelta(days=400)).map(lambda span: NOW + span)
maybe_time = st.none() | times
used = st.floats(-10, 250) | st.sampled_from([0.0, 100.0, 99.99, 0.001])
money = st.none() | st.floats(0, 1e9)
WINDOW_IDS = (
    "session",
    "weekly",
    "monthly",
    "window:7",
    "model:x:weekly",
    "code_review:weekly",
    "individual",
)


@st.composite
def lanes(draw: st.DrawFn) -> tuple[Sourced[RateWindow], ...]:
    ids = draw(st.lists(st.sampled_from(WINDOW_IDS), unique=True))
    return tuple(
        sourced(
            RateWindow(
                id=each,
                title=draw(names),
                used_percent=draw(used),
                duration=draw(st.none() | st.sampled_from([timedelta(hours=5), timedelta(days=7)])),
                resets_at=draw(maybe_time),
            ),
            draw,
        )
        for each in ids
    )


def sourced(value: Any, draw: st.DrawFn) -> Sourced[Any]:
    return Sourced(value=value, source=draw(names), fetched_at=draw(times))


@st.composite
def costs(draw: st.DrawFn) -> CostSummary:
    tokens = st.integers(0, 10**13)
    days = st.builds(DayCost, day=st.dates(), usd=money, tokens=tokens)
    return CostSummary(
        today_usd=draw(money),
        today_tokens=draw(tokens),
        days_30_usd=draw(money),
        days_30_tokens=draw(tokens),
        priced=draw(st.sampled_from(["full", "partial", "none"])),
        complete=draw(st.booleans()),
        has_logs=draw(st.booleans()),
        unpriced_models=tuple(draw(st.lists(names, max_size=4))),
        days_7_usd=draw(money),
        days_7_tokens=draw(tokens),
        month_usd=draw(money),
        burn=draw(st.none() | st.builds(Burn, usd_per_hour=money, tokens_per_hour=st.floats(0, 1e12))),
        last_days=tuple(draw(st.lists(days, max_size=14))),
    )


@st.composite
def accounts(draw: st.DrawFn) -> AccountUsage:
    ident = st.text("0123456789abcdef", min_size=1, max_size=3)
    account = st.builds(Account, id=ident, email=st.none() | names, plan=st.none() | names)
    error = st.builds(
        UsageError,
        kind=st.sampled_from(["offline", "rate_limited", "not_understood"]),
        message=names,
        remedy=names,
        retry_at=maybe_time,
    )
    rate = UsageRate(
        window="weekly", percent_per_hour=3, slowest=1, fastest=9, over=timedelta(hours=4), at=NOW
    )
    today = UsedToday(window="weekly", day=NOW.date(), percent=draw(used), at_least=True)
    return AccountUsage(
        provider=draw(st.sampled_from(["codex", "claude"])),
        title=draw(st.sampled_from(["Codex", *HOSTILE[1:6]])),
        homes=tuple(draw(st.lists(st.sampled_from(["~/.codex", *HOSTILE[1:6]]), min_size=1, max_size=3))),
        account=draw(st.none() | account),
        windows=draw(lanes()),
        credits=draw(st.sampled_from([None, PRO.credits, sourced(Credits(unlimited=True), draw)])),
        spend=draw(st.sampled_from([None, sourced(Spend(used=Decimal(3), currency=draw(names)), draw)])),
        resets=draw(
            st.sampled_from([None, sourced(ResetCredits(available=2, expires_at=draw(maybe_time)), draw)])
        ),
        limit_reached_at=draw(maybe_time),
        login_ends_at=draw(maybe_time),
        limits_known=draw(st.booleans()),
        early_resets=tuple(
            EarlyReset(window=each, at=NOW, refilled=True)
            for each in draw(st.sets(st.sampled_from(WINDOW_IDS)))
        ),
        rates=draw(st.sampled_from([(), (rate,)])),
        used_today=draw(st.sampled_from([(), (today,)])),
        cost=draw(st.none() | costs()),
        error=draw(st.none() | error),
        offline_since=draw(maybe_time),
    )


some = st.integers(0, 2**45)


@st.composite
def sessions(draw: st.DrawFn) -> tuple[LiveSession, ...]:
    """Each has an id of its own, as a look has."""
    tallies = st.builds(
        Tally, responses=some, usd=money, usage=st.builds(TokenUsage, input_tokens=some), unpriced=some
    )
    tasks = st.builds(Task, tool=names, argument=st.none() | names)
    ports = st.lists(st.integers(1, 65535), max_size=5).map(tuple)
    statuses = st.builds(
        SessionStatus,
        status=st.sampled_from(STATUSES),
        since=maybe_time,
        task=st.none() | tasks,
        evidence=st.sampled_from(["hook", "program", "log", "process"]),
    )
    children = st.builds(ChildProcess, pid=st.just(1), command=names, rss=st.none() | some, ports=ports)
    agents = st.builds(
        LiveSubagent, id=st.just("a"), status=st.sampled_from(STATUSES), name=names, tally=st.none() | tallies
    )
    made = st.builds(
        LiveSession,
        provider=st.sampled_from(["codex", "claude", "x"]),
        id=names,
        home=names,
        status=statuses,
        kind=st.sampled_from(["", "exec", "background", "app", "daemon"]),
        project=st.none() | names,
        cwd=st.none() | names,
        model=st.none() | names,
        title=st.none() | names,
        context_tokens=st.none() | some,
        context_window=st.none() | some,
        own=st.none() | tallies,
        tally=st.none() | tallies,
        turns=st.none() | some,
        started_at=maybe_time,
        pid=st.none() | some,
        owner_certain=st.booleans(),
        rss=st.none() | some,
        tokens_per_minute=st.none() | st.floats(0, 1e9),
        week_percent=st.none() | st.floats(0, 300),
        children=st.lists(children, max_size=1).map(tuple),
        subagents=st.lists(agents, max_size=1).map(tuple),
        git=st.none() | st.builds(GitState, branch=st.none() | names, problem=st.none() | names),
        rate_limited=st.booleans(),
    )
    found = draw(st.lists(made, max_size=3)) * draw(st.integers(1, 20))
    return tuple(replace(each, id=f"{number}{each.id}") for number, each in enumerate(found))


@st.composite
def looks(draw: st.DrawFn) -> SessionsLook:
    servers = st.builds(McpServer, pid=some, name=names)
    orphans = st.builds(
        OrphanProcess,
        pid=some,
        command=names,
        ports=st.sampled_from([(), (80, 81)]),
        provider=names,
        session=names,
        project=st.none() | names,
    )
    return SessionsLook(
        at=draw(times),
        sessions=draw(sessions()),
        mcp_servers=tuple(draw(st.lists(servers, max_size=3))),
        orphans=tuple(draw(st.lists(orphans, max_size=5, unique_by=lambda each: each.pid))),
        problems=tuple(draw(st.lists(names, max_size=3))),
    )


@st.composite
def states(draw: st.DrawFn) -> State:
    impacts = st.sampled_from(["maintenance", "minor", "major", "critical"])
    values = {
        "display.bars": draw(st.sampled_from(["lines", "blocks", "ascii"])),
        "display.used": draw(st.booleans()),
        "display.hide_email": draw(st.booleans()),
        "budget.day": draw(st.sampled_from([None, "0.01 USD", "1000000 USD", "0.01%", "100%"])),
        "budget.week": draw(st.sampled_from([None, "20 USD", "50%"])),
        "budget.month": draw(st.sampled_from([None, "20 USD"])),
    }
    counted = st.builds(cost, st.dates(), money, money, month=money, complete=st.booleans())
    base = draw(st.lists(accounts(), max_size=4))
    # Many, but made quickly.
    shown = tuple(base * draw(st.integers(1, 8)))[:30]
    return State(
        settings=Settings(table=SETTINGS, values=values, problem=draw(st.none() | names)),
        save_problem=draw(st.none() | names),
        costs=draw(st.dictionaries(st.sampled_from(["a", "b"]), counted)),
        snapshot=draw(st.sampled_from([None, UsageSnapshot(generated_at=NOW, accounts=shown)])),
        asking=draw(st.sampled_from([frozenset[str](), frozenset({"a"})])),
        counting=draw(st.booleans()),
        progress=draw(st.none() | st.floats(0, 1)),
        count_problem=draw(st.none() | names),
        incidents=draw(
            st.dictionaries(
                st.sampled_from(["codex", "claude", "x"]), st.builds(Incident, title=names, impact=impacts)
            )
        ),
        muted_until=draw(maybe_time),
        paused_until=draw(maybe_time),
        sessions=draw(st.none() | looks()),
    )


@settings(deadline=None, max_examples=40)
@given(
    state=states(),
    available=st.builds(Available, copy=st.booleans(), open=st.booleans()),
    login=st.none()
    | st.builds(StartAtLogin, on=st.booleans(), problem=st.sampled_from([None, *HOSTILE[1:6]])),
)
def test_any_state_gives_a_menu(state: State, available: Available, login: StartAtLogin | None) -> None:
    zone = ZoneInfo("Europe/Berlin")
    rows = menu.rows(state, NOW, zone, login, available)
    validate(rows)
    assert 0 < len(rows) <= MOST_ROWS
    assert not any(one.kind == other.kind == "separator" for one, other in pairwise(rows))
    for row in walk(rows):
        assert_drawable(row)
    text = menu.status_rows(state, NOW, zone)
    validate(text)
    for row in text:
        assert_drawable(row)
        assert row.kind in ("text", "separator")
    assert all(line.isprintable() for line in menu.summary(state, NOW, zone).split("\n"))


def assert_drawable(row: Row) -> None:
    assert row.text.translate(BLANKS).isprintable(), ascii(row.text)
    assert row.text.strip() or row.kind == "separator", row.key
    assert len(row.text) < 400


@settings(deadline=None, max_examples=30)
@given(state=states())
def test_no_row_is_wider_than_a_screen(state: State) -> None:
    """A label is drawn in full; what does not fit is shifted, its bar first."""
    for row in walk(menu.rows(state, NOW, ZoneInfo("UTC"))):
        assert len(row.text) < 160, row.text


@settings(deadline=None, max_examples=30)
@given(state=states())
def test_a_refresh_adds_and_removes_no_row(state: State) -> None:
    idle, asking = (replace(state, asking=frozenset(who)) for who in ((), ("someone",)))
    zone = ZoneInfo("UTC")
    assert [(row.key, row.kind) for row in walk(menu.rows(idle, NOW, zone))] == [
        (row.key, row.kind) for row in walk(menu.rows(asking, NOW, zone))
    ]
