"""All charts and all parts of templates, with made-up figures: `python -m tools.chart_page FILE` writes a page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from math import sin
from pathlib import Path

from markupsafe import Markup

from providers.domain.cost import TokenUsage
from tray.faces.page import parts
from tray.faces.page.query import PageQuery
from tray.faces.page.render import templates
from tray.view.charts.bars import Bars, ChartBar, MarkLine, bars
from tray.view.charts.class_bar import tokens_bar
from tray.view.charts.context_bar import context_bar
from tray.view.charts.heatmap import HeatDay, Heatmap, heatmap
from tray.view.charts.meter import MeterBar, meter
from tray.view.charts.rhythm import Rhythm, rhythm
from tray.view.charts.row_bar import row_bar
from tray.view.charts.scale import Step, begin_of, steps
from tray.view.charts.series import REST, TINTS, TOKENS, USD, Series, Value, counted
from tray.view.charts.spark import spark
from tray.view.charts.use_line import Stretch, Threshold, UseLine, UsePoint, use_line
from tray.view.level import Level

TODAY = date(2026, 11, 20)
PROVIDERS = (Series("Claude", "#ba705c"), Series("Codex", "#4a88e2"))
MODELS = tuple(Series(f"model-{number}", tint) for number, tint in enumerate((*TINTS, REST), 1))
LEVELS: tuple[tuple[Level, float], ...] = (("plenty", 62), ("low", 19), ("scarce", 6), ("spent", 0))

PAGE = """{% import "parts.html" as parts %}<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Parts</title><meta name="viewport"
content="width=device-width, initial-scale=1"><link rel="stylesheet" href="{{ css }}"></head>
<body><main><section><h2>Parts</h2>
{% call parts.cards() %}
{{ parts.card("Cost", "≈ $1,234.56", "1234.561200", change="+12 % against the 30 days before") }}
{{ parts.card("Total tokens", "1.2 B", "1234567890") }}
{{ parts.card("Cost", "≥ $2.36", "2.361", note="model-x has no price") }}
{{ parts.card("Sessions", "0") }}
{% endcall %}
<p>{% for kind in ("plain", "good", "warn", "bad") %}{{ parts.badge(kind, kind) }} {% endfor %}</p>
{{ parts.choice("Grouped by", choices) }}
{{ parts.alert("The ledger is being rebuilt.", "What is counted so far is shown.", "note") }}
{{ parts.alert("There is no time zone 'X'.") }}
{{ parts.alert("tankful is not running any more.", "Start it again and reload.", "bad") }}
{{ parts.nothing("No usage in this period.", "Choose a longer range.", "?", "Show all") }}
{% call parts.panel("A table", "48 rows") %}
{% call parts.table("Projects by cost", heads) %}
{% for row in rows %}<tr><th scope="row"><bdi>{{ row.name }}</bdi></th>{{ parts.number(row.cost, row.full) }}
{{ parts.number(row.tokens) }}<td class="bar-cell">{{ row.bar }}</td></tr>
{% endfor %}
{% endcall %}
{{ parts.pager(pager) }}
{% endcall %}
{% call parts.disclosure("Folded", "folded", "3 of 4") %}<p>Unfolded.</p>{% endcall %}
</section>
<section><h2>Charts</h2>{% for chart in charts %}{{ chart }}{% endfor %}</section></main></body></html>"""


def page(css: str = "page.css") -> str:
    """The document; `css` is where its style sheet is."""
    query = PageQuery(page="2")
    columns = [
        parts.Column(key="name", title="Project", number=False),
        parts.Column(key="cost", title="Cost"),
        parts.Column(key="tokens", title="Tokens"),
    ]
    names = ("~/work/tankful", "<script>alert(1)</script>", "~/" + "long/" * 30, "مشروع \u202eabc")
    rows = [
        {
            "name": name,
            "cost": f"${40 / (place + 1):.2f}",
            "full": f"{40 / (place + 1):.6f}",
            "tokens": None if place == 2 else "1.2 M",
            "bar": row_bar(None if place == 3 else 40.0 - place, 40),
        }
        for place, name in enumerate(names)
    ]
    return (
        templates()
        .from_string(PAGE)
        .render(
            css=css,
            charts=list(charts()),
            choices=[
                parts.Link(title=each, address="?", current=each == "Model")
                for each in ("Provider", "Account", "Model")
            ],
            heads=[*parts.heads(query, columns, parts.sorting(query, columns, "cost")), "Bar"],
            rows=rows,
            pager=parts.pager(query, 300, 50),
        )
    )


def charts() -> Iterator[Markup]:
    yield over_time("Cost by day", 30, "day")
    yield over_time("Cost by week", 365, "week")
    yield over_time("Cost by month", 600, "month")
    yield over_time("Cost of this week", 5, "day")
    yield models()
    yield bars(
        Bars(
            title="Nothing yet",
            unit=TOKENS,
            series=PROVIDERS,
            bars=tuple(
                ChartBar(begin=day, values=(0.0, 0.0))
                for day in steps(TODAY - timedelta(days=13), TODAY, "day")
            ),
        )
    )
    yield use_line(weekly())
    yield use_line(session())
    yield year(26, PROVIDERS)
    yield year(52, PROVIDERS)
    yield year(26, PROVIDERS[:1])
    yield rhythm(
        Rhythm(
            title="When",
            unit=counted("sessions"),
            parts=("0–5", "6–11", "12–16", "17–21", "22–23"),
            values={
                (day, part): float((day * 7 + part * 5) % 11 * (part + 1))
                for day in range(7)
                for part in range(5)
            },
        )
    )
    yield tokens_bar(TokenUsage(12_345_678, 912_345_678, 45_678_901, 1_000, 8_765_432, 4_000_000))
    yield tokens_bar(TokenUsage(), "No tokens")
    for level, left in LEVELS:
        yield meter(MeterBar(said=f"Weekly: {left} % left", left=left, level=level, time_left=45))
    yield meter(MeterBar(said="Weekly: not known", left=None))
    yield meter(MeterBar(said="Weekly: 40 % left, 3 h ago", left=40, stale=True))
    for used in (31, 78, 94):
        yield context_bar(used, (75, 90), f"Context window: {used} % in use")
    yield spark((120, 90, 400, 380, 20, 260), "Tokens of the last 6 responses, at most 400")


def cost_of(day: date) -> float:
    """Of an invented day; weekends are free."""
    return (
        0.0
        if day.weekday() > 4 and day.day % 3
        else round(3 + 2.8 * sin(day.toordinal() / 5) + day.day % 4, 2)
    )


def over_time(title: str, days: int, step: Step) -> Markup:
    sums: dict[date, list[float]] = {}
    for ago in range(days):
        day = TODAY - timedelta(days=ago)
        sums.setdefault(begin_of(day, step), []).append(cost_of(day))
    found = [
        ChartBar(
            begin=begin,
            values=(round(sum(sums[begin]) * 0.62, 2), round(sum(sums[begin]) * 0.38, 2)),
            before=sum(sums[begin]) * 0.8 if step == "day" else None,
        )
        for begin in steps(TODAY - timedelta(days=days - 1), TODAY, step)
    ]
    if step == "day" and days > 20:
        found[9] = ChartBar(begin=found[9].begin, values=(None, None))
        found[12] = ChartBar(begin=found[12].begin, values=(4.0, None))
    lines = (MarkLine(8.0, "Budget"),) if step == "day" else ()
    return bars(
        Bars(
            title=title,
            unit=USD,
            series=PROVIDERS,
            bars=tuple(found),
            step=step,
            lines=lines,
            before_title="30 days before",
        )
    )


def models() -> Markup:
    days = steps(TODAY - timedelta(days=59), TODAY, "day")
    found = [
        ChartBar(begin=day, values=tuple(cost_of(day) * 1e6 / (place + 1) for place in range(len(MODELS))))
        for day in days
    ]
    return bars(Bars(title="Tokens by model", unit=TOKENS, series=MODELS, bars=tuple(found)))


def weekly() -> UseLine:
    """Five weeks, of which the third was reset early."""
    end = datetime(2026, 11, 20, 12, tzinfo=UTC)
    begin, stretches = end - timedelta(days=33), []
    for week, length in enumerate((7, 7, 4, 7, 7, 1)):
        start = begin + timedelta(days=(0, 7, 14, 18, 25, 32)[week])
        points = [
            UsePoint(start + timedelta(hours=hour), min(100, hour * (0.3 + 0.12 * week)))
            for hour in range(0, length * 24, 3)
        ]
        last = week == 5
        stretches.append(
            Stretch(
                points=tuple(points),
                until=None if last else start + timedelta(days=length),
                ended="open" if last else "early" if week == 2 else "reset",
            )
        )
    return UseLine(
        title="Weekly window",
        stretches=tuple(stretches),
        begin=begin,
        end=end,
        thresholds=(Threshold(80, "Low"), Threshold(95, "Scarce")),
    )


def session() -> UseLine:
    end = datetime(2026, 11, 20, 12, tzinfo=UTC)
    begin = end - timedelta(hours=24)
    stretches = []
    for number in range(4):
        start = begin + timedelta(hours=6 * number)
        points = tuple(
            UsePoint(start + timedelta(minutes=10 * at), min(100, at * 2.2 + number)) for at in range(30)
        )
        stretches.append(Stretch(points=points, until=start + timedelta(hours=5)))
    return UseLine(
        title="5-hour window", stretches=tuple(stretches), begin=begin, end=end, tint=PROVIDERS[0].tint
    )


def year(weeks: int, series: tuple[Series, ...]) -> Markup:
    def values(day: date) -> tuple[Value, ...]:
        cost = cost_of(day) * 1_100_000
        claude = cost * (0, 0.3, 0.7, 1)[day.toordinal() // 3 % 4]
        return (claude, cost - claude)[: len(series)]

    days = [TODAY - timedelta(days=ago) for ago in range(weeks * 7)]
    found = [HeatDay(day=day, values=values(day)) for day in days]
    found[20] = HeatDay(day=days[20], values=(None,) * len(series))
    return heatmap(
        Heatmap(title="Tokens", unit=TOKENS, series=series, days=tuple(found), today=TODAY, weeks=weeks)
    )


def main(arguments: list[str]) -> None:
    target = Path(arguments[0])
    target.write_text(page(), encoding="utf-8")
    style = files("assets") / "page" / "page.css"
    target.with_name("page.css").write_text(style.read_text("utf-8"), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
