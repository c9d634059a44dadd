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
from providers.ledger import index, logins, window_log
from providers.ledger.database import opened, transaction
from providers.ledger.epoch_ms import moment
from providers.ledger.logins import SeenLogin
from providers.ledger.rows import AT, USD
from tests.bench.corpus import Billed, Session
from tests.bench.make_logs import WRITERS
from tests.tray.faces.page.asking import served
from tools.example_readings import DAYS, readings
from tools.example_sessions import EXAMPLES, IDLE, WORKING, look
from tools.example_states import CLAUDE, CODEX, DAY, NOW, state
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


def note_limits(costs: Costs) -> None:
    """Readings of the last weeks, which follow what is logged, and as published at the end."""
    for usage in _usages():
        rng = random.Random(usage.provider)  # noqa: S311 - nobody guesses at a picture
        used = [
            (moment(values[AT]), values[USD] or 0.0)
            for origin, values in costs.ledger.responses(NOW - DAYS * DAY, NOW)
            if origin.provider == usage.provider
        ]
        with opened(costs.files[0], repair=True) as db, transaction(db):
            for reading in readings(usage, used, rng):
                window_log.note(db, reading, reading.windows[0].fetched_at)


@contextmanager
def served_home(folder: Path) -> Iterator[PageService]:
    """The page of this person, on a port of its own, when all is counted."""
    scope = example_home(folder)
    costs = Costs(scope)
    note_logins(costs, scope)
    costs.count()
    note_limits(costs)
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
