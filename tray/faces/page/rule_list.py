"""The prices of the person's own as a list: what each is about, and what holds without it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from providers.ledger.prices.own_prices import PriceEntry
from providers.ledger.prices.pricing import Rates
from tray.faces.page import rule_form
from tray.faces.page.own_rules import opened
from tray.faces.page.query import PageQuery
from tray.faces.page.table.names import ShownName, named
from tray.view import format as fmt
from tray.view.price_list import rate
from tray.view.price_rows import CLASSES

_NAMES = 3


class OwnPrice(Struct, frozen=True, kw_only=True):
    """`rates` are in the order of `price_rows.CLASSES`; `as_model` stands in place of them. `notes` are sentences;
    `links` lead to its forms.
    """

    model: ShownName
    days: str
    rates: tuple[str, ...]
    as_model: str
    matches: str
    notes: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


def own_prices(
    query: PageQuery, rates: Rates, counted: Mapping[str, int], now: datetime
) -> tuple[OwnPrice, ...]:
    """Those in the file, in its order. `counted` are the responses of each model that was ever used."""
    listed = rates.with_own("") if rates.own else rates
    found = []
    for number, entry in enumerate(rates.own):
        models = rates.meant(entry.model, counted)
        found.append(_price(query, number, entry, models, counted, _without(entry, models, listed, now)))
    return tuple(found)


def _price(
    query: PageQuery,
    number: int,
    entry: PriceEntry,
    models: Sequence[str],
    counted: Mapping[str, int],
    without: str,
) -> OwnPrice:
    base = {} if entry.price is None else entry.price.billed().at(0)
    links = (("edit", "Edit"), ("copy", "Duplicate"), ("end", "End"), ("delete", "Delete"))
    return OwnPrice(
        model=named(entry.model),
        days=rule_form.days(entry),
        rates=tuple(rate(base.get(name)) for name in CLASSES),
        as_model=named(entry.like or "").shown,
        matches=matches(models, counted),
        notes=tuple(filter(None, (_more_rates(entry), without))),
        links=tuple(
            (title, opened(query, kind, number))
            for kind, title in links
            if kind != "end" or entry.until is None
        ),
    )


def matches(models: Sequence[str], counted: Mapping[str, int]) -> str:
    """What a pattern is about, of all that was ever logged."""
    if not models:
        return "Matches no model in your logs."
    responses = sum(counted[model] for model in models)
    what, many = fmt.plural(len(models), "model"), fmt.plural(responses, "response")
    return f"Matches {what} with {many}: {fmt.some(models, _NAMES)}."


def _more_rates(entry: PriceEntry) -> str:
    """What the file has of it and the form has not."""
    steps = () if entry.price is None else entry.price.steps()
    parts = [f"prompts above {prompt:,} tokens" for prompt in steps]
    parts += [fmt.plain(f"the service {tier}", longest=60) for tier in entry.tiers]
    return f"The file also has rates for {fmt.some(parts, len(parts))}." if parts else ""


def _without(entry: PriceEntry, models: Sequence[str], listed: Rates, now: datetime) -> str:
    """Whether a list has the price of a model by now, so that this one may go."""
    for model in (*models, entry.model):
        used = listed.used(model, now)
        if used is not None:
            found = ", ".join(f"{name} ${rate(used.rates.get(name))}" for name in ("input", "output"))
            return f"Without it {fmt.plain(model, longest=60)} is priced by {used.origin}: {found}."
    return ""
