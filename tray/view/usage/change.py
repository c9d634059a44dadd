"""How a figure differs from that of the period before: in figures and in percent. Pure."""

from __future__ import annotations

from msgspec import Struct


class Change(Struct, frozen=True, kw_only=True):
    """`before` is the earlier figure, None where it is not known; `difference` and `percent` are None where they
    would not be honest: one of the two is unknown or a lower bound, or there was nothing before.
    """

    before: float | None
    difference: float | None = None
    percent: float | None = None


def change(now: float | None, before: float | None, *, exact: bool = True, whole: bool = True) -> Change:
    """Without `exact` one of the two is a lower bound, without `whole` a part of the period before is not known:
    then it is shown, and nothing is made of it.
    """
    if now is None or before is None or not exact or not whole:
        return Change(before=before)
    difference = now - before
    return Change(
        before=before, difference=difference, percent=100 * difference / before if before > 0 else None
    )
