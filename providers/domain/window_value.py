"""What one percent of a window is worth, by what was logged while its percentage rose. Pure.

No vendor says how its percentages are made. So each past window gives a quotient: what was logged here between the
first and the last look at it, by how many percent it rose between them. What is used before the first look counts
in neither. The median of many windows is the estimate, their quartiles are its spread; servers round, so windows
that hardly rose say nothing.

What rose while nothing was logged here was used on another machine. Windows of which that is much are left out;
of others it is subtracted. What other machines used at the same time cannot be seen: a percent can only be worth
more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from providers.domain.rules import SPENT_PERCENT

LEAST_PERCENT = 10.0
"""Of less, rounding alone would change a quotient by a tenth and more."""
LEAST_WINDOWS = 3
"""Of fewer, nobody can tell how far they differ."""
MOST_ELSEWHERE = 0.1
"""The share of what a window rose that may have been used on other machines."""
MAIN_SHARE = 0.8
"""Of a window's dollars: a model with so many of them is the one that the window was used with."""

Look = tuple[int, float]
"""When (epoch ms) and how many percent were used."""


class PercentRise(Struct, frozen=True):
    """By how many percent a window rose between the first and the last look at it, and by how many of them while
    nothing was logged here; when those looks were (epoch ms).
    """

    percent: float = 0.0
    elsewhere: float = 0.0
    first_ms: int = 0
    last_ms: int = 0

    @property
    def here(self) -> float:
        return self.percent - self.elsewhere

    @property
    def elsewhere_share(self) -> float:
        return self.elsewhere / self.percent if self.percent else 0.0

    @property
    def counts(self) -> bool:
        """Whether it says what one percent is worth."""
        return self.here >= LEAST_PERCENT and self.elsewhere_share <= MOST_ELSEWHERE


class PercentQuotient(Struct, frozen=True):
    """What one percent of a window came to; `usd` is None where something of it has no price, `model` is the one
    that it was used with, None for several.
    """

    tokens: float
    usd: float | None
    model: str | None = None


class PercentSpread(Struct, frozen=True, kw_only=True):
    """Per percent: the median and the quartiles of so many windows."""

    median: float
    low: float
    high: float
    windows: int


class PercentWorth(Struct, frozen=True, kw_only=True):
    """None where too few windows say so; `by_model` is of those that were used with one model, by its name."""

    tokens: PercentSpread | None = None
    usd: PercentSpread | None = None
    by_model: Mapping[str, PercentSpread] = {}


def seen_looks(looks: Iterable[Look]) -> list[Look]:
    """Those until the window was used up: what is used beyond that is no percent of it."""
    found: list[Look] = []
    for look in looks:
        found.append(look)
        if look[1] >= SPENT_PERCENT:
            break
    return found


def rise(looks: Sequence[Look], is_used: Callable[[int, int], bool]) -> PercentRise:
    """Of the looks at one window, oldest first. `is_used` tells whether anything was logged here from one time
    until another one (epoch ms).
    """
    if not looks:
        return PercentRise()
    (before_ms, most), total, elsewhere = looks[0], 0.0, 0.0
    for at_ms, percent in looks[1:]:
        more = percent - most
        if more > 0:
            total += more
            elsewhere += 0.0 if is_used(before_ms, at_ms) else more
            most = percent
        before_ms = at_ms
    return PercentRise(total, elsewhere, looks[0][0], looks[-1][0])


def main_model(usd_by_model: Mapping[str, float]) -> str | None:
    """The model that nearly all the money went to."""
    total = sum(usd_by_model.values())
    if total <= 0:
        return None
    model, most = max(usd_by_model.items(), key=lambda each: each[1])
    return model if most >= MAIN_SHARE * total else None


def worth(quotients: Iterable[PercentQuotient]) -> PercentWorth:
    known = list(quotients)
    priced = [(each.usd, each.model) for each in known if each.usd is not None]
    models = sorted({model for _, model in priced if model is not None})
    by_model = {model: spread([usd for usd, of in priced if of == model]) for model in models}
    return PercentWorth(
        tokens=spread([each.tokens for each in known]),
        usd=spread([usd for usd, _ in priced]),
        by_model={model: found for model, found in by_model.items() if found is not None},
    )


def spread(values: Iterable[float], least: int = LEAST_WINDOWS) -> PercentSpread | None:
    """None of fewer than `least`."""
    ordered = sorted(values)
    if len(ordered) < least or not ordered:
        return None
    return PercentSpread(
        median=_quantile(ordered, 0.5),
        low=_quantile(ordered, 0.25),
        high=_quantile(ordered, 0.75),
        windows=len(ordered),
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Between two values in proportion, as most spreadsheets do."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
