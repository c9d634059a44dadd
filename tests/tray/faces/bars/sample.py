"""The lines of all formats for people in many states, as `golden` has them; look at them, and write them anew by

python -m tests.tray.faces.bars.sample
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from providers.domain.limits import (
    Account,
    AccountUsage,
    RateWindow,
    Sourced,
    UsageError,
    UsageSnapshot,
)
from tray.engine import published
from tray.engine.document_values import as_time
from tray.engine.publish import contents
from tray.engine.settings import Settings
from tray.engine.state import State
from tray.faces.bars import template
from tray.faces.bars.formats import FORMATS
from tray.faces.bars.line import BarLine, bar_line, problem

GOLDEN = Path(__file__).with_name("golden")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)  # a Friday
HOSTILE = "a&b <c> #H #[fg=red] %{F#f00}x {y} \"q\" 'q'"
RIGHT_TO_LEFT = "\u05e9\u05dc\u05d5\u05dd & \u202eabc"
TEMPLATE = "{codex.session.left}/{codex.weekly.left} {tightest.window} {tightest.resets_in} <b>#{{%}}</b>"


def window(
    used: float,
    title: str = "5h",
    *,
    resets: timedelta | None = timedelta(hours=2),
    ago: timedelta = timedelta(),
) -> Sourced[RateWindow]:
    week = title != "5h"
    value = RateWindow(
        id="weekly" if week else "session",
        title=title,
        used_percent=used,
        duration=timedelta(days=7) if week else timedelta(hours=5),
        resets_at=None if resets is None else NOW + resets,
    )
    return Sourced(value=value, source="oauth", fetched_at=NOW - ago)


def account(
    *windows: Sourced[RateWindow], provider: str = "codex", title: str | None = None, **more: Any
) -> AccountUsage:
    known = AccountUsage(
        provider=provider,
        title=title or provider.title(),
        homes=(f"~/.{provider}",),
        account=Account(id="a1b2c3d4", email="dev@example.com", plan="pro"),
        windows=windows,
    )
    return replace(known, **more)


def judged(*accounts: AccountUsage, settings: Settings = Settings()) -> dict[str, Any]:  # noqa: B008 - frozen
    state = State(snapshot=UsageSnapshot(generated_at=NOW, accounts=accounts), settings=settings)
    facts = {"generated_at": as_time(NOW), **contents(state)}
    return published.as_of(facts, NOW.timestamp())


_WEEK = window(62.5, "Weekly", resets=timedelta(days=3))
_SIGNED_OUT = UsageError(kind="not_signed_in", message="Not signed in to Codex.", remedy="Run `codex login`.")
PEOPLE: Mapping[str, tuple[AccountUsage, ...]] = {
    "enough": (account(window(37), _WEEK),),
    "both": (account(window(37), _WEEK), account(window(12), _WEEK, provider="claude")),
    "low": (account(window(76), _WEEK),),
    "scarce": (account(window(99.5), _WEEK),),
    "spent": (account(window(100), _WEEK),),
    "spent for days": (account(window(37), window(100, "Weekly", resets=timedelta(days=3))),),
    "old": (account(window(37, ago=timedelta(hours=1, seconds=5)), _WEEK),),
    "clock set back": (account(window(37, ago=timedelta(hours=-1)), _WEEK),),
    "reset since": (account(window(97, resets=timedelta(seconds=-1)), _WEEK),),
    "signed out": (account(error=_SIGNED_OUT), account(window(12), provider="claude")),
    "nobody": (account(error=_SIGNED_OUT),),
    "no limits": (account(limits_known=True),),
    "not read yet": (account(),),
    "two accounts": (
        account(window(37), _WEEK),
        account(window(80), _WEEK, account=Account(id="e5f6a7b8", email="b&b@example.com", plan="plus")),
    ),
    "hostile": (account(window(37, HOSTILE), title=HOSTILE, error=replace(_SIGNED_OUT, message=HOSTILE)),),
    "right to left": (account(window(37, RIGHT_TO_LEFT), title=RIGHT_TO_LEFT),),
    "wide": (account(window(37, "\u9031" * 30), title="\u30b3\u30fc\u30c9" * 10),),
}


def lines(name: str) -> str:
    """What the format makes of everybody."""
    form = FORMATS[name]
    found = [f"{who}: {form.write(line)}" for who, line in _everybody().items()]
    for who in ("both", "hostile"):
        made = judged(*PEOPLE[who])
        filled = template.fill(
            template.pieces(TEMPLATE), template.values(made, "all", NOW.timestamp()), form.escape
        )
        found.append(f"{who}, by template: {form.write_own(filled, _line(who))}")
    return "".join(f"{each}\n" for each in found)


def _everybody() -> dict[str, BarLine]:
    return {**{who: _line(who) for who in PEOPLE}, "unreadable": problem("limits not known yet")}


def _line(who: str) -> BarLine:
    return bar_line(judged(*PEOPLE[who]), "all", NOW.timestamp())


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    time.tzset()
    GOLDEN.mkdir(exist_ok=True)
    for each in FORMATS:
        (GOLDEN / f"{each}.txt").write_text(lines(each), encoding="utf-8")
