"""What each chart draws: zero is zero, unknown is unknown, and the table has the same figures."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.cost import TokenUsage
from tests.tray.view.charts.drawn import of_class, read, rows, titles, values
from tray.view.charts.bars import Bars, ChartBar, bars
from tray.view.charts.class_bar import tokens_bar
from tray.view.charts.heatmap import HeatDay, Heatmap, heatmap
from tray.view.charts.meter import MeterBar, meter
from tray.view.charts.rhythm import Rhythm, rhythm
from tray.view.charts.row_bar import row_bar
from tray.view.charts.series import TOKENS, USD, Series, counted, total
from tray.view.charts.use_line import Stretch, UseLine, UsePoint, time_labels, use_line

TODAY = date(2026, 11, 20)
TWO = (Series("Claude", "#ba705c"), Series("Codex", "#4a88e2"))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AMOUNT = st.one_of(st.none(), st.just(0.0), st.floats(0.001, 1e9))


def chart(*columns: tuple[float | None, float | None], partial: bool = False) -> Bars:
    found = [
        ChartBar(begin=TODAY + timedelta(days=place), values=each, partial=partial)
        for place, each in enumerate(columns)
    ]
    return Bars(title="Cost", unit=USD, series=TWO, bars=tuple(found))


def test_zero_is_drawn_as_zero_and_unknown_as_unknown() -> None:
    drawn = read(bars(chart((0.0, 0.0), (None, None), (1.0, 2.0))))
    columns = of_class(drawn, "column")
    assert [[part.get("class", "") for part in column[2:]] for column in columns] == [
        ["zero"],
        ["unknown"],
        ["", ""],
    ]
    assert titles(drawn) == [
        "Fri 20 Nov 2026: $0",
        "Sat 21 Nov 2026: unknown\nClaude unknown\nCodex unknown",
        "Sun 22 Nov 2026: $3.00\nClaude $1.00\nCodex $2.00",
    ]


@pytest.mark.parametrize("columns", [chart((1.0, None)), chart((1.0, 2.0), partial=True)])
def test_a_part_that_is_not_known_makes_the_sum_a_lower_bound(columns: Bars) -> None:
    drawn = read(bars(columns))
    assert rows(drawn)[0][-1].startswith("≥ $")
    assert len(of_class(of_class(drawn, "column")[0], "unknown")) == 1


@given(st.lists(st.tuples(AMOUNT, AMOUNT), max_size=40))
def test_columns_are_as_tall_as_their_figures_and_the_table_has_them(
    columns: list[tuple[float | None, float | None]],
) -> None:
    drawn = read(bars(chart(*columns)))
    assert len(rows(drawn)) == len(columns)
    figures = [value for pair in reversed(columns) for value in (*pair, _sum(pair)) if value is not None]
    assert values(drawn) == pytest.approx(figures, abs=1e-6)
    tall = {}
    for place, column in enumerate(of_class(drawn, "column")):
        parts = [each for each in column[2:] if each.get("fill")]
        assert len(parts) == sum(bool(value) for value in columns[place])
        for part in parts:
            top = float(part.get("y", "nan"))
            assert -12 <= top <= 168
        tall[place] = sum(float(part.get("height", "nan")) for part in parts)
    most = max(((_sum(pair) or 0.0, place) for place, pair in enumerate(columns)), default=(0.0, 0))
    assert not tall or tall[most[1]] >= max(tall.values()) - 4


def _sum(pair: tuple[float | None, float | None]) -> float | None:
    """Not known where a part is not, and the rest is nothing."""
    first, second = pair
    if first is None or second is None:
        return first or second or None
    return first + second


def test_a_year_of_days_has_no_more_labels_than_fit() -> None:
    drawn = read(bars(chart(*[(1.0, 1.0)] * 365)))
    assert len(of_class(drawn, "tick")) - len(of_class(drawn, "sparse")) <= 12


def test_a_window_is_broken_at_its_resets() -> None:
    first = Stretch(
        points=(UsePoint(NOON - timedelta(hours=9), 10), UsePoint(NOON - timedelta(hours=7), 80)),
        until=NOON - timedelta(hours=5),
        ended="early",
    )
    second = Stretch(
        points=(UsePoint(NOON - timedelta(hours=4), 0), UsePoint(NOON - timedelta(hours=1), 30)), ended="open"
    )
    drawn = read(
        use_line(UseLine(title="5h", stretches=(first, second), begin=NOON - timedelta(hours=10), end=NOON))
    )
    curves = [each.get("d", "") for each in of_class(drawn, "curve")]
    assert curves == ["M100 135H300V30H300V30H500", "M600 150H900V105H900V105H900"]
    assert titles(drawn) == ["Reset early, 20 Nov 2026 07:00"]
    assert rows(drawn) == [
        ["20 Nov 2026 08:00", "–", "30 %", "still running"],
        ["20 Nov 2026 03:00", "20 Nov 2026 07:00", "80 %", "early"],
    ]


def test_a_year_of_readings_is_drawn_by_few_points() -> None:
    points = tuple(UsePoint(NOON - timedelta(minutes=100_000 - at), at % 100) for at in range(100_000))
    line = UseLine(title="x", stretches=(Stretch(points=points),), begin=points[0].at, end=NOON)
    assert len(use_line(line)) < 40_000
    assert "at most 99 %" in use_line(line)


def test_a_line_without_readings_says_so() -> None:
    assert "No readings in this period." in use_line(UseLine(title="x", stretches=(), begin=NOON, end=NOON))


@pytest.mark.parametrize("days", [0.1, 1, 2, 3, 8, 40, 365, 3000])
def test_times_have_few_labels_also_where_clocks_change(days: float) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    end = datetime(2026, 10, 26, tzinfo=berlin)  # clocks went back the day before
    found = time_labels(end - timedelta(days=days), end, berlin)
    assert len(found) <= 9
    assert all(at.minute == 0 for at, _ in found)
    assert days <= 2 or all(at.hour == 0 for at, _ in found)


def year(*days: HeatDay, weeks: int = 26) -> Heatmap:
    return Heatmap(title="Tokens", unit=TOKENS, series=TWO, days=days, today=TODAY, weeks=weeks)


@pytest.mark.parametrize("weeks", [26, 52])
def test_a_heatmap_ends_with_today_in_its_last_week(weeks: int) -> None:
    drawn = read(heatmap(year(weeks=weeks)))
    days = of_class(drawn, "day")
    assert len(days) == (weeks - 1) * 7 + 6  # a Friday: Saturday is still to come
    last = days[-1].find("rect")
    assert last is not None
    assert (last.get("x"), last.get("y")) == (f"{26 + 13 * (weeks - 1)}", f"{16 + 13 * 5}")
    assert (last.get("width"), last.get("rx")) == ("11", "3")
    assert [each.text for each in of_class(drawn, "tick")][-3:] == ["Mon", "Wed", "Fri"]
    assert titles(drawn)[-1] == "Fri 20 Nov 2026: 0 tokens"


def test_a_mixed_day_has_both_colours_and_one_number() -> None:
    drawn = read(
        heatmap(
            year(
                HeatDay(day=TODAY, values=(3e6, 1e6)),
                HeatDay(day=TODAY - timedelta(days=1), values=(1e6, 0.0)),
            )
        )
    )
    mixed, single = of_class(drawn, "day")[-1], of_class(drawn, "day")[-2]
    assert [each.get("fill") for each in mixed.iter("path")] == ["#ba705c", "#4a88e2"]
    assert [each.get("fill") for each in single.iter("path")] == ["#ba705c"]
    assert titles(mixed) == ["Fri 20 Nov 2026: 4 M tokens"]
    assert rows(drawn) == [
        ["Fri 20 Nov 2026", "3 M", "1 M", "4 M"],
        ["Thu 19 Nov 2026", "1 M", "0", "1 M"],
    ]


def test_an_unknown_day_is_not_an_empty_one() -> None:
    drawn = read(heatmap(year(HeatDay(day=TODAY, values=(None, None)))))
    assert len(of_class(of_class(drawn, "day")[-1], "unknown")) == 1
    assert titles(drawn)[-1] == "Fri 20 Nov 2026: unknown"
    assert rows(drawn) == [["Fri 20 Nov 2026", "unknown", "unknown", "unknown"]]


@given(st.lists(st.tuples(AMOUNT, AMOUNT), max_size=200))
def test_parts_of_a_day_fill_its_cell(amounts: list[tuple[float | None, float | None]]) -> None:
    days = [HeatDay(day=TODAY - timedelta(days=ago), values=each) for ago, each in enumerate(amounts)]
    drawn = read(heatmap(year(*days)))
    for day in of_class(drawn, "day"):
        wide = [float(re.findall(r"h([\d.]+)", path.get("d", ""))[0]) for path in day.iter("path")]
        assert not wide or 4 <= sum(wide) <= 11.05
        assert all(0.2 < float(path.get("fill-opacity", "0")) <= 1 for path in day.iter("path"))


def test_the_parts_of_a_sum() -> None:
    drawn = read(tokens_bar(TokenUsage(100, 800, 60, 10, 40, 30)))
    (strip,) = of_class(drawn, "strip")
    assert [rect.get("width") for rect in strip.iter("rect")] == ["10%", "80%", "6%", "4%"]
    assert [float(each.get("value", "")) for each in drawn.iter("data")] == [100, 800, 60, 40]


def test_bars_of_rows_are_as_long_as_their_part() -> None:
    found = [row_bar(value, 50.0) for value in (50.0, 25.0, 0.0, None)]
    assert [re.findall(r'<rect[^>]* width="([^"]+)"', each)[0] for each in found] == [
        "100%",
        "50%",
        "2",
        "24",
    ]


def test_a_rhythm_has_its_peak_as_a_sentence() -> None:
    found = Rhythm(
        title="When", unit=counted("sessions"), parts=("00–06", "06–24"), values={(0, 1): 8.0, (6, 0): 1.0}
    )
    drawn = read(rhythm(found))
    assert "Most was used on Mon 06–24: 8 sessions." in "".join(drawn.itertext())
    assert len(of_class(drawn, "shade-5")) == 1
    assert len(of_class(drawn, "shade-0")) == 12
    assert "No usage in this period." in rhythm(Rhythm(title="x", unit=TOKENS, parts=("a",), values={}))


def test_a_rhythm_tells_what_is_not_known_from_nothing() -> None:
    found = Rhythm(
        title="When",
        unit=USD,
        parts=("00–06", "06–24"),
        values={(0, 0): None, (0, 1): 8.0, (1, 0): None},
        partial=[(0, 1)],
    )
    assert rows(read(rhythm(found)))[:3] == [
        ["Mon", "unknown", "≥ $8.00", "100 %"],
        ["Tue", "unknown", "$0", "–"],
        ["Wed", "$0", "$0", "0 %"],
    ]
    assert "Most was used on Mon 06–24: ≥ $8.00." in rhythm(found)


def test_nothing_beside_what_is_not_known_is_no_lower_bound() -> None:
    assert total((None, 0.0)) is None
    assert total((None, 2.0)) == 2.0
    assert total((0.0, 0.0)) == 0.0
    assert total(()) is None
    assert [row[-1] for row in rows(read(bars(chart((None, 0.0), (None, 2.0)))))] == ["≥ $2.00", "unknown"]


def test_a_meter_shows_the_last_drop_and_what_is_not_known() -> None:
    def lengths(bar: MeterBar) -> list[tuple[str, str]]:
        return [(each.get("class", ""), each.get("width", "")) for each in read(meter(bar)).iter("rect")]

    assert lengths(MeterBar(said="x", left=0.2, level="scarce"))[1] == ("left level-scarce", "1%")
    assert lengths(MeterBar(said="x", left=0)) == [("track", "100%")]
    assert lengths(MeterBar(said="x", left=None)) == [("unknown", "100%")]
    assert lengths(MeterBar(said="x", left=120))[1][1] == "100%"


def test_names_of_others_are_only_text() -> None:
    evil = '"><script>alert(1)</script>\u202e\0'
    drawn = bars(
        Bars(title=evil, unit=USD, series=(Series(evil, "tint-1"), TWO[0]), bars=chart((1.0, 1.0)).bars)
    )
    assert "<script" not in drawn
    assert not set(drawn) & {"\u202e", "\0"}
    read(drawn)
