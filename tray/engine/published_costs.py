"""The cost of an account in snapshot.json as of now, with the standard library alone."""

from __future__ import annotations

from datetime import datetime

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from datetime import date, tzinfo
    from typing import Any

    Document = dict[str, Any]

_SPANS = ("today", "days_7", "days_30", "month")
_DAYS = {"days_7": 7, "days_30": 30}


def as_of(
    cost: Document, written: float, now: float, zone: tzinfo | None = None, *, current: bool = True
) -> Document:
    """What was published at `written` (epoch s): null is what it does not say any more. Where it is not `current`,
    since nobody counts what was used later, it is not `complete`, and nothing used is not known either. Days are
    those of `zone`, or the system's own.
    """
    then, today = _day(written, zone), _day(now, zone)
    ago = (today - then).days
    over = [span for span, days in _DAYS.items() if not 0 <= ago < days]
    over += ["today"] if ago else []
    over += ["month"] if (then.year, then.month) != (today.year, today.month) else []
    if not current:
        over += [span for span in _SPANS if not cost[f"{span}_tokens"]]
    beyond = ("not_on_lines_usd", "not_on_lines_tokens") if "days_30" in over else ()
    burn = cost.get("burn")
    if burn and not 0 <= now - written < burn["over_minutes"] * 60:
        burn = None
    return {
        **cost,
        **{f"{span}_{unit}": None for span in over for unit in ("usd", "tokens")},
        **{name: None for name in beyond if name in cost},
        "burn": burn,
        "complete": cost["complete"] and current and not ago,
    }


def _day(at: float, zone: tzinfo | None) -> date:
    return datetime.fromtimestamp(at, zone).date()
