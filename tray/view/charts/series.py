"""What charts have in common: units of values, and series with a colour. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from msgspec import Struct

from tray.view import format as fmt

Value = float | None
"""None is unknown, which is not 0."""

Tint = str
"""A colour: `tint-1` to `tint-8` of page.css, in an order that colour-blind people can tell apart; `tint-rest`
for what is left; or `#rrggbb` of a provider, by `provider_tint`.
"""
TINTS = tuple(f"tint-{number}" for number in range(1, 9))
REST = "tint-rest"


class Series(Struct, frozen=True):
    title: str
    tint: Tint


class Unit(Struct, frozen=True, kw_only=True):
    """`name` is how it is called in a table's head; `short` for people, `full` with all digits."""

    name: str
    short: Callable[[float], str]
    full: Callable[[float], str]
    whole: bool = False
    """There is nothing between two whole numbers."""

    @property
    def head(self) -> str:
        return self.name[:1].upper() + self.name[1:]

    def mark(self, value: float) -> str:
        """Beside an axis: `$10`, `$2.50`, `1.5 M`."""
        return self.short(value).removesuffix(".00")

    def shown(self, value: Value, *, partial: bool = False) -> str:
        """`unknown`, `1.2 M`, or as a lower bound `≥ 1.2 M`."""
        if value is None:
            return "unknown"
        return f"≥ {self.short(value)}" if partial else self.short(value)


def _tokens(value: float) -> str:
    return fmt.tokens(round(value)).replace(".0 ", " ")


def _dollars(value: float) -> str:
    return fmt.money(value) if value else "$0"


TOKENS = Unit(name="tokens", short=_tokens, full=lambda value: f"{value:.0f}", whole=True)
USD = Unit(name="USD at API prices", short=_dollars, full=lambda value: f"{value:.6f}")
PERCENT = Unit(name="%", short=lambda value: f"{value:.0f} %", full=lambda value: f"{value:g}")


def counted(name: str) -> Unit:
    """`counted("sessions")`: a unit of things that are counted."""
    return Unit(name=name, short=lambda value: f"{value:,.0f}", full=lambda value: f"{value:.0f}", whole=True)


Measure = Literal["usd", "tokens", "sessions"]
UNITS: dict[Measure, Unit] = {"usd": USD, "tokens": TOKENS, "sessions": counted("sessions")}
MEASURES: dict[Measure, str] = {"usd": "Cost", "tokens": "Tokens", "sessions": "Sessions"}


def provider_tint(colour: tuple[int, int, int]) -> Tint:
    """Of the `mark.colour` of a provider's descriptor."""
    red, green, blue = colour
    return f"#{red:02x}{green:02x}{blue:02x}"


def paint(tint: Tint) -> dict[str, str]:
    """The attributes that give an element this colour."""
    return {"fill": tint} if tint.startswith("#") else {"class_": tint}


def total(values: Iterable[Value]) -> Value:
    """Of the known ones; None if all of it is unknown: a 0 beside an unknown value is no lower bound."""
    every = tuple(values)
    known = sum(value for value in every if value is not None)
    return known if known or (every and None not in every) else None
