"""The homes of a person who has used both CLIs for four months, with made-up logs and limits."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from providers.domain.limits import AccountUsage
from providers.domain.live import SessionsLook
from providers.host.files import Folders
from providers.ledger import index, logins
from providers.ledger.database import opened, transaction
from providers.ledger.ledger import Ledger
from providers.ledger.logins import SeenLogin
from tests.bench.corpus import Billed, Session
from tests.bench.make_logs import WRITERS
from tests.tray.faces.page.asking import served
from tools.example_sessions import EXAMPLES, IDLE, WORKING, look
from tools.example_states import CLAUDE, CODEX, DAY, HOUR, MINUTE, NOW, state
from tray.engine.costs import Costs
from tray.engine.live.feed import SessionFeed
from tray.engine.publish import SnapshotFile
from tray.engine.scope import Scope
from tray.faces.page.service import PageService

_DAYS = 120
_FREE = range(38, 47)
"""Days ago: a holiday."""
_SHARES = {"codex": 0.55, "claude": 0.45}
_SETTINGS = '[subscriptions]\n"~/.codex" = "20 USD"\n"~/.claude" = "20 USD"\n'
_EARLY = 3  # weeks ago, when everybody's week began anew
_PACE = (62, 48, 81, 55, 97, 44, 100, 73, 38, 90, 66, 84, 58, 71)


def example_home(folder: Path) -> Scope:
    """Everything of this person lies below the folder; the clock stands still."""
    homes = {"codex": folder / ".codex", "claude": folder / ".claude"}
    for number, (provider, home) in enumerate(homes.items()):
        rng = random.Random(number)  # noqa: S311 - nobody guesses at a picture
        WRITERS[provider](home, rng, Billed()).write(_sessions(rng, _SHARES[provider]))
    folders = Folders(settings=folder / "own", state=folder / "own/state", cache=folder / "own/cache")
    environ = {
        "HOME": str(folder),
        "CODEX_HOME": str(homes["codex"]),
        "CLAUDE_CONFIG_DIR": str(homes["claude"]),
    }
    scope = Scope(environ, folders, ZoneInfo("Europe/Berlin"), clock=lambda: NOW)
    folders.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folders.settings / "settings.toml").write_text(_SETTINGS, encoding="utf-8")
    now = state(*_usages())
    SnapshotFile(folders.state, "tray", clock=lambda: NOW)(now, now)
    return scope


def _usages() -> tuple[AccountUsage, ...]:
    return replace(CODEX, homes=("~/.codex",)), replace(CLAUDE, homes=("~/.claude",))


def _sessions(rng: random.Random, share: float) -> Iterator[Session]:
    """More on weekdays than on weekends, more lately than at first; oldest first."""
    for ago in range(_DAYS, -1, -1):
        day = (NOW - ago * DAY).date()
        busy = (0.25 if day.weekday() > 4 else 1.0) * (1.2 - 0.6 * ago / _DAYS) * share
        count = 0 if ago in _FREE else sum(rng.random() < busy for _ in range(6))
        hours = sorted(rng.triangular(6, 22, 14) for _ in range(count)) if ago else [6.5, 8.2, 9.9, 10.6]
        for hour in hours:
            start = datetime.combine(day, time(0), UTC) + timedelta(hours=hour)
            if start < NOW:
                yield Session(start, int(rng.lognormvariate(10.7, 0.6)), 0)


def note_logins(costs: Costs, scope: Scope) -> None:
    """Who was signed in to each home all the time: no log of theirs says so."""
    with opened(costs.files[0], repair=True) as db, transaction(db):
        for usage in _usages():
            homes = [scope.log_homes_of(each)[0] for each in scope.chosen() if each.id == usage.provider]
            if usage.account is not None:
                login = SeenLogin(usage.account.id, NOW - _DAYS * DAY, NOW)
                logins.note(db, index.home_id(db, usage.provider, homes[0].path), login)


def note_limits(ledger: Ledger) -> None:
    """Readings of the last weeks: of each window while it is used, and as published at the end."""
    for usage in _usages():
        rng = random.Random(usage.provider)  # noqa: S311 - nobody guesses at a picture
        for at, used in _readings(rng):
            lanes = [
                replace(lane, value=replace(lane.value, **used[lane.value.id]), fetched_at=at)
                for lane in usage.windows
                if lane.value.id in used
            ]
            ledger.limits.note(replace(usage, windows=tuple(lanes), early_resets=()), at)
        ledger.limits.note(usage, NOW)


def _readings(rng: random.Random) -> Iterator[tuple[datetime, dict[str, dict[str, object]]]]:
    """Every half hour of each working day of seven weeks: how far five hours and a week were used."""
    begin, week, five, five_ends = NOW - 50 * DAY, 0.0, 0.0, NOW - 50 * DAY
    ends, number = begin + 5 * DAY, 0
    for step in range(50 * 24 * 2 - 12):
        at = begin + step * 30 * MINUTE
        early = number == 7 - _EARLY and at >= ends - 3 * DAY
        if at >= ends or early:
            ends, week, number = (at if early else ends) + 7 * DAY, 0.0, number + 1
        if at >= five_ends:
            five, five_ends = 0.0, at + 5 * HOUR
        if 7 <= at.hour < 20 and (at.weekday() < 5 or at.hour % 5 == 0):
            spent = rng.random() * _PACE[number % len(_PACE)] / 100
            week, five = min(100.0, week + 1.9 * spent), min(100.0, five + 11 * spent)
            yield (
                at,
                {
                    "session": {"used_percent": round(five), "resets_at": five_ends},
                    "weekly": {"used_percent": round(week), "resets_at": ends},
                },
            )


@contextmanager
def served_home(folder: Path) -> Iterator[PageService]:
    """The page of this person, on a port of its own, when all is counted."""
    scope = example_home(folder)
    costs = Costs(scope)
    note_logins(costs, scope)
    costs.count()
    note_limits(costs.ledger)
    feed = SessionFeed(scope.folders.state, lambda: live_look(scope), scope.clock)
    with served(
        scope, costs, feed=feed, bring_to_front=lambda _session: "It is at the front now."
    ) as service:
        yield service


def live_look(scope: Scope) -> SessionsLook:
    """One at the example sessions, in the homes of this person, with much of two context windows in use."""
    homes = {each.id: scope.log_homes_of(each)[0].label for each in scope.chosen()}
    tokens = tuple(20_000 + 9_000 * (number * 7 % 5) for number in range(24))
    used = {WORKING.id: 201_500, IDLE.id: 187_000}
    return look(
        *(
            replace(
                each,
                home=homes[each.provider],
                token_history=tokens,
                context_tokens=used.get(each.id, each.context_tokens),
            )
            for each in EXAMPLES
        ),
        at=NOW,
    )
