"""The form of one price of the person's own: read, checked, and what it does to the text of their file. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from msgspec import Struct

from providers.ledger.prices.own_prices import OverlappingPrices, PriceEntry
from providers.ledger.prices.pricing import Rates
from providers.ledger.prices.rates import HIGHEST_RATE
from tray.engine import prices_edit
from tray.engine.prices_edit import RuleValues, Value
from tray.engine.prices_writer import PricesRefused, require_prices
from tray.faces.page import fields
from tray.faces.page.fields import FieldMistake, FormField
from tray.faces.page.own_rules import OpenForm

ACTION = "price"
"""What the form is called where it is posted."""
RATES = {
    "input": "Input",
    "output": "Output",
    "cache_read": "Cache read",
    "cache_write": "Cache write, 5 minutes",
    "cache_write_1h": "Cache write, 1 hour",
}
"""In USD per million tokens, by their keys in the file."""
SEARCH = "web_search"
PER_MILLION = "USD per million tokens; an empty rate of the cache is that of the input"
ELSE = "Or, in place of rates, the price of another model"
ENTIRE_FORM = ""
"""What is wrong with a form as a whole stands at this name."""

Mistakes = dict[str, str]
Typed = Mapping[str, str]


class RuleDraft(Struct, frozen=True, kw_only=True):
    """What the form asks for: `text` is that of the whole file with it, None where there are mistakes."""

    text: str | None = None
    mistakes: Mistakes = {}


def fields_of(entry: PriceEntry | None = None, models: tuple[str, ...] = ()) -> tuple[FormField, ...]:
    """Filled in as that price is; `models` are suggested."""
    shown = {} if entry is None else typed_of(entry)
    per_million = [
        FormField(name=key, label=label, kind="number", group=PER_MILLION, value=shown.get(key, ""))
        for key, label in RATES.items()
    ]
    return (
        FormField(
            name="model",
            label="Model",
            value=shown.get("model", ""),
            required=True,
            suggestions=models,
            hint="As in the logs; * matches anything.",
        ),
        FormField(
            name="from",
            label="From",
            kind="date",
            value=shown.get("from", ""),
            hint="Empty: from the beginning.",
        ),
        FormField(
            name="until",
            label="Until",
            kind="date",
            value=shown.get("until", ""),
            hint="The first day on which it no longer applies (UTC). Empty: no end.",
        ),
        FormField(
            name="source",
            label="Source",
            value=shown.get("source", ""),
            hint="Where you found it, for your own reference.",
        ),
        *per_million,
        FormField(
            name=SEARCH,
            label="Thousand web searches",
            kind="number",
            group=PER_MILLION,
            value=shown.get(SEARCH, ""),
        ),
        FormField(
            name="as",
            label="Priced as",
            group=ELSE,
            value=shown.get("as", ""),
            suggestions=models,
        ),
    )


def typed_of(entry: PriceEntry) -> dict[str, str]:
    """A price as it would be typed."""
    rates = {} if entry.price is None else entry.price.at(0)
    shown: dict[str, Value | None] = {
        "model": entry.model,
        "from": entry.since,
        "until": entry.until,
        "as": entry.like,
        "source": entry.source,
        **rates,
    }
    return {
        key: f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
        for key, value in shown.items()
        if value is not None
    }


def copied(entry: PriceEntry, today: date) -> dict[str, str]:
    """A copy as it would be typed: it begins where the other one ends."""
    return {**typed_of(entry), "from": str(entry.until or today), "until": ""}


def read(typed: Typed) -> tuple[dict[str, Value | None], Mistakes]:
    """The values for the file, and what is wrong by the names of the fields."""
    readers: dict[str, Callable[[str], Value | None]] = {
        "model": fields.line,
        "from": fields.day,
        "until": fields.day,
        "as": fields.line,
        "source": partial(fields.line, longest=fields.LONGEST),
        **{key: partial(fields.amount, most=HIGHEST_RATE) for key in (*RATES, SEARCH)},
    }
    values: dict[str, Value | None] = {}
    mistakes: Mistakes = {}
    for key, reader in readers.items():
        try:
            values[key] = reader(typed.get(key, "")) if typed.get(key, "").strip() else None
        except FieldMistake as mistake:
            mistakes[key] = str(mistake)
    return values, mistakes | _missing(values, mistakes)


def _missing(values: RuleValues, mistakes: Mistakes) -> Mistakes:
    """What is wrong with values that are right by themselves."""
    found: Mistakes = {}
    if "model" not in mistakes and not values["model"]:
        found["model"] = "Enter a model, or a pattern with *."
    found |= _wrong_end(values.get("from"), values.get("until"))
    rates = [key for key in RATES if values.get(key) is not None or key in mistakes]
    if values.get("as") is None and "as" not in mistakes:
        needed = ("input", "output")
        found |= {key: "Enter this rate, or 0 if it is free." for key in needed if key not in rates}
    elif rates:
        found["as"] = "Enter either this or the rates, not both."
    return found


def draft(asked: OpenForm, typed: Typed, text: str, rates: Rates, file: Path) -> RuleDraft:
    """The text of the file as this form changes it, typed so. Raises CannotEdit and BadToml."""
    number = asked.number or 0
    if asked.kind == "delete":
        return RuleDraft(text=prices_edit.removed(text, number))
    entries = rates.with_own(text, file.name).own
    if asked.kind == "end":
        since = entries[number].since if number < len(entries) else None
        values, mistakes = _read_end(typed.get("until", ""), since)
    else:
        values, mistakes = read(typed)
    if mistakes:
        return RuleDraft(mistakes=mistakes)
    try:
        new = _edited(asked, values, text, entries)
        return RuleDraft(text=require_prices(new, rates, file))
    except PricesRefused as refused:
        return RuleDraft(mistakes=_explained(refused, values))


def _read_end(text: str, since: date | None) -> tuple[dict[str, Value | None], Mistakes]:
    try:
        until = fields.day(text)
    except FieldMistake as mistake:
        return {}, {"until": str(mistake)}
    if until is None:
        return {}, {"until": "Choose a day."}
    return {"until": until}, _wrong_end(since, until)


def _wrong_end(since: object, until: object) -> Mistakes:
    if isinstance(since, date) and isinstance(until, date) and until <= since:
        return {"until": f"Choose a day after {since}, the first one."}
    return {}


def _edited(
    asked: OpenForm, values: dict[str, Value | None], text: str, entries: tuple[PriceEntry, ...]
) -> str:
    number = asked.number
    if number is None:
        return prices_edit.added(text, values)
    if number < len(entries) and str(values.get("model")).lower() == entries[number].model:
        del values["model"]  # which the file may have in capitals
    if asked.kind == "copy":
        return prices_edit.added(text, values, copy_of=number)
    return prices_edit.changed(text, number, values)


def _explained(refused: PricesRefused, values: RuleValues) -> Mistakes:
    error = refused.error
    if isinstance(error, OverlappingPrices):
        other = error.other
        return {
            "from": f"These days overlap with your price of {other.model} {days(other)} (line {other.line})."
            " End that one first, or choose other days."
        }
    if values.get("as"):
        return {"as": f"No price of {values['as']} is known."}
    return {ENTIRE_FORM: f"{error}."}


def sentence(error: Exception) -> str:
    """Of an error that is one but for its full stop."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def days(entry: PriceEntry) -> str:
    """When it holds: `from 2026-01-01 until 2026-07-08`; of no end `since …`."""
    last = None if entry.until is None else entry.until - timedelta(days=1)
    match entry.since, last:
        case None, None:
            return "for all days"
        case None, _:
            return f"until {last}"
        case _, None:
            return f"since {entry.since}"
    return f"from {entry.since} to {last}"
