"""Reports of two providers as a person has them: long names, models without a price, a block that is running.

`python -m tests.tray.view.cost_sample` writes the tables that test_cost_tables compares.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from providers.domain.cost import DEFAULT_DETAIL, CostReport, Detail
from providers.ledger.query import Held, Slice
from providers.ledger.report import cost_report
from providers.registry import PROVIDERS
from tray.view import cost_tables
from tray.view.output import Paper

NOW = datetime(2026, 11, 28, 15, 42, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SINCE, UNTIL = date(2026, 11, 12), date(2026, 11, 28)
_HOUR = 3_600_000
_QUARTER = _HOUR // 4
_PROJECTS = (
    "/home/dev/projects/customers/northwind/services/billing-and-invoicing",
    "/home/dev/tankful",
    "/home/dev/projects/網站",
    "C:\\Users\\dev\\source\\repos\\Desktop App",
    "",
)
_MODELS = {
    "codex": ("gpt-5.5", "gpt-5.5-codex-max-2026-10-01-preview", "house-model"),
    "claude": ("claude-opus-4-7", "claude-haiku-4-5-20251001", "bedrock/anthropic.claude-sonnet-4-6-v1:0"),
}
_ACCOUNTS = ("a1b2c3d4", "0f9e8d7c", "")


def slices(provider: str) -> Iterator[Slice]:
    """Some hours of work on most days, and since 14:09 UTC today."""
    random_ = random.Random(provider)
    homes = (f"/home/dev/.{provider}", f"/home/dev/work/.{provider}")
    for ago in range(16, -1, -1):
        if random_.random() < 0.3 and ago:
            continue
        first = NOW.replace(hour=9 if ago else 14, minute=0) - timedelta(days=ago)
        session = f"01a2{random_.getrandbits(16):04x}-ba03-7ee0-8885-{random_.getrandbits(48):012x}"
        place = random_.choice(_PROJECTS), random_.choice(("high", "medium", "")), random_.choice(_ACCOUNTS)
        for quarter in range(random_.randint(2, 30) if ago else 6):
            start = round(first.timestamp() * 1000) + quarter * _QUARTER
            model = random_.choices(_MODELS[provider], (8, 4, 1))[0]
            yield _slice(random_, start, random_.choice(homes), session, quarter % 5 == 3, model, place)
    if provider == "claude":
        yield _slice(
            random_,
            round(NOW.timestamp() * 1000) - 48 * _HOUR,
            homes[0],
            "s",
            False,
            _MODELS[provider][0],
            ("", "", ""),
            True,
        )


def _slice(
    random_: random.Random,
    start: int,
    home: str,
    session: str,
    helper: bool,
    model: str,
    place: tuple[str, str, str],
    beside: bool = False,
) -> Slice:
    responses = random_.randint(3, 40)
    tokens = (
        random_.randint(500, 90_000),
        random_.randint(0, 6_000_000),
        random_.choice((0, random_.randint(1_000, 400_000))),
        0,
        random_.randint(200, 60_000),
        0,
    )
    priced = 0 if model == "house-model" else responses
    pico = (tokens[0] * 5 + tokens[1] // 2 + tokens[2] * 6 + tokens[4] * 30) * 10**6 if priced else 0
    own, root = (f"{session[:-4]}beef", session) if helper else (session, "")
    project, effort, account = place
    return Slice(
        start,
        home,
        own,
        root,
        project,
        model,
        effort,
        account,
        beside,
        responses,
        priced,
        tokens,
        pico,
        start + 9 * 60_000,
        start + 14 * 60_000,
    )


def report(
    provider: str, zone: tzinfo = BERLIN, detail: Detail = DEFAULT_DETAIL, found: list[Slice] | None = None
) -> CostReport:
    made = list(slices(provider)) if found is None else found
    recent = [each for each in made if each.quarter >= NOW.timestamp() * 1000 - 3 * _HOUR]
    homes = {
        Path(f"/home/dev/.{provider}"): f"~/.{provider}",
        Path(f"/home/dev/work/.{provider}"): f"~/work/.{provider}",
    }
    held = Held(dict.fromkeys(homes, 7), 3 if provider == "codex" and made else 0)
    return cost_report(
        made,
        recent,
        held,
        homes,
        since=SINCE,
        until=UNTIL,
        zone=zone,
        now=NOW,
        detail=detail,
        machines=lambda home: "dev-laptop-14.example.net" if "/work/" in home else "desk",
    )


def tables(by: str, *chosen: str, models: bool = False) -> list[cost_tables.CostTable]:
    detail = Detail(by == "block", by if models else None)
    reports = {name: report(name, detail=detail) for name in chosen or ("codex", "claude")}
    return cost_tables.tables(reports, PROVIDERS, by, BERLIN, NOW)


GOLDEN = Path(__file__).with_name("golden")
SHOWN = {
    "day": ("day", False, False),
    "day-models": ("day", True, False),
    "day-chart": ("day", False, True),
    "week": ("week", False, False),
    "month": ("month", False, True),
    "block": ("block", False, False),
    "model": ("model", False, False),
    "session": ("session", False, False),
    "project-models": ("project", True, False),
    "account": ("account", False, False),
    "machine-models": ("machine", True, False),
}
"""By name: the grouping, with models, with a chart."""
WIDTHS = (60, 80, 120)


def shown(name: str, width: int, encoding: str = "utf-8") -> str:
    by, models, chart = SHOWN[name]
    paper = Paper(width=width, encoding=encoding)
    machines = ("desk", "dev-laptop-14.example.net") if by == "machine" else ()
    return cost_tables.text(
        tables(by, models=models), paper, by, models=models, chart=chart, machines=machines
    )


if __name__ == "__main__":
    for each in SHOWN:
        for columns in WIDTHS:
            (GOLDEN / f"cost-{each}-{columns}.txt").write_text(f"{shown(each, columns)}\n", encoding="utf-8")
