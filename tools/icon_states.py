"""States in which the icon looks different, with made-up data: for the gallery and for tests of its pictures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from msgspec.structs import replace

from providers.domain.errors import LoginExpired
from providers.domain.incident import Incident
from providers.domain.limits import AccountUsage
from tools.example_sessions import APPROVAL, look
from tools.example_states import CLAUDE, CODEX, state
from tray.engine.settings_table import ICON, SHOW_USED
from tray.engine.state import State

STYLES = ("tightest", "both", "number", "each")


def with_left(usage: AccountUsage, *left: float, hours_old: float = 0) -> AccountUsage:
    """The account with so much left of its own windows, the shortest first."""
    windows = [
        replace(
            lane,
            value=replace(lane.value, used_percent=100 - percent),
            fetched_at=lane.fetched_at - timedelta(hours=hours_old),
        )
        for lane, percent in zip(usage.windows, left, strict=False)
    ]
    return replace(usage, windows=tuple(windows), credits=None, spend=None, early_resets=())


def styled(shown: State, style: str, *, used: bool = False) -> State:
    values = {**shown.settings.values, ICON.key: style, SHOW_USED.key: used}
    return replace(shown, settings=replace(shown.settings, values=values))


def _plenty() -> State:
    return state(with_left(CODEX, 90, 71), with_left(CLAUDE, 96, 88))


def _incident() -> State:
    return replace(_plenty(), incidents={CODEX.provider: Incident(title="Elevated errors", impact="major")})


def _error() -> State:
    expired = LoginExpired("The login has expired.").as_data()
    return state(replace(with_left(CLAUDE, 90, 71, hours_old=30), windows=(), error=expired))


def _waiting(shown: State) -> State:
    """A session of the first account waits for the person."""
    waits = replace(APPROVAL, provider=CODEX.provider)
    return replace(shown, sessions=look(waits))


ICON_STATES: dict[str, Callable[[], State]] = {
    "plenty": _plenty,
    "half": lambda: state(with_left(CODEX, 85, 74), with_left(CLAUDE, 52, 48)),
    "low": lambda: state(with_left(CODEX, 90, 71), with_left(CLAUDE, 66, 20)),
    "scarce": lambda: state(with_left(CODEX, 8, 62), with_left(CLAUDE, 90, 71)),
    "week scarce": lambda: state(with_left(CODEX, 90, 71), with_left(CLAUDE, 83, 4)),
    "blocked": lambda: state(with_left(CODEX, 90, 71), with_left(CLAUDE, 100, 0)),
    "stale": lambda: state(with_left(CODEX, 63, 71, hours_old=0.8)),
    "error": _error,
    "incident": _incident,
    "never read": lambda: state(replace(CODEX, windows=(), credits=None, spend=None)),
    "waiting": lambda: _waiting(_plenty()),
    "waiting, scarce": lambda: _waiting(state(with_left(CODEX, 8, 62), with_left(CLAUDE, 90, 71))),
    "waiting, stale": lambda: _waiting(state(with_left(CODEX, 63, 71, hours_old=0.8))),
}
