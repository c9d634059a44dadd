"""How sums, days and changes read on the page. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from msgspec import Struct

from providers.domain.cost import Tally
from tray.faces.page.parts import Link, StatCard
from tray.faces.page.query import PageQuery
from tray.faces.page.table.names import LONGEST, middle, readable
from tray.view import format as fmt
from tray.view.usage.change import Change
from tray.view.usage.days import Days
from tray.view.words import MONTHS

UNPRICED_SHOWN = 8


class Amount(Struct, frozen=True, kw_only=True):
    """`shown` is "" where it is not known, `full` the same with all its digits."""

    shown: str = ""
    full: str = ""


NOTHING = Amount()


def cost(tally: Tally) -> Amount:
    """`≈ $1.20`, or `≥ $1.20` where a part has no price; nothing where all of it has none."""
    if tally.usd is None:
        return NOTHING
    return Amount(shown=fmt.priced(tally.usd, complete=not tally.unpriced), full=f"{tally.usd:.6f}")


def dollars(usd: float | None, *, at_least: bool = False) -> Amount:
    if usd is None:
        return NOTHING
    return Amount(shown=fmt.priced(usd, complete=not at_least), full=f"{usd:.6f}")


def tokens(count: float) -> Amount:
    return Amount(shown=fmt.tokens(round(count)), full=f"{round(count)}")


def counted(number: int) -> Amount:
    return Amount(shown=f"{number:,}", full=f"{number}")


def card(name: str, amount: Amount, *, note: str = "", change: str = "") -> StatCard:
    return StatCard(name=name, value=amount.shown, full=amount.full, note=note, change=change)


def choices(
    query: PageQuery, member: str, titles: Mapping[str, str], current: str, usual: str = ""
) -> tuple[Link, ...]:
    """Links that set a member of the address; the `usual` value stands for none."""
    return tuple(
        Link(
            title=title,
            address=query.with_(**{member: "" if value == usual else value}, page="").address,
            current=value == current,
        )
        for value, title in titles.items()
    )


def plural(number: int, one: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def days_name(days: Days, today: date) -> str:
    """`16 – 22 Nov`, `28 Oct – 3 Nov`, `3 Nov`; with the year where it is another one."""
    first, last = days.first, days.last
    end = fmt.day_name(last, today)
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} – {end}"
    if first.year == last.year:
        return f"{first.day} {MONTHS[first.month - 1]} – {end}"
    return f"{_in_full(first)} – {_in_full(last)}"


def _in_full(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def changed(change: Change, shown: Callable[[float], str]) -> str:
    """`+$1.20 (+12 %), before $10.00`; of what cannot be compared what was before, "" where that is unknown."""
    if change.before is None:
        return ""
    before = f"before {shown(change.before)}"
    found = difference(change, shown)
    return f"{found}, {before}" if found else before


def difference(change: Change, shown: Callable[[float], str]) -> str:
    """`+$1.20 (+12 %)`, `no change`; "" where none is known."""
    if change.difference is None:
        return ""
    if change.difference == 0:
        return "no change"
    sign = "+" if change.difference > 0 else "−"
    percent = "" if change.percent is None else f" ({_percent(change.percent)})"
    return f"{sign}{shown(abs(change.difference))}{percent}"


def tokens_shown(count: float) -> str:
    return fmt.tokens(round(count))


def number_shown(number: float) -> str:
    return f"{number:,.0f}"


def _percent(percent: float) -> str:
    if abs(percent) < 1:
        return "< 1 %"
    return f"{'+' if percent > 0 else '−'}{abs(percent):,.0f} %"


def share(part: float, whole: float) -> str:
    """`12 %`; what is not 0 is seen."""
    if whole <= 0:
        return ""
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "< 1 %"
    return "> 99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def listed(names: Sequence[str], most: int) -> str:
    """`a`, `a and b`, `a, b and 3 more`: as they are, each shown in the middle of what would be too long."""
    shown = [middle(readable(each), LONGEST) for each in names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def unpriced(models: Sequence[str]) -> str:
    """A sentence on what the costs leave out, "" where they leave out nothing."""
    if not models:
        return ""
    return f"Not included (no known price): {listed(models, UNPRICED_SHOWN)}."
