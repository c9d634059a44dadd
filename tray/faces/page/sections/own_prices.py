"""The prices of the person's own: what they are, what they are about, and the forms that change them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.cost import Tally
from providers.host.files import short
from providers.host.toml_lines import BadToml
from providers.ledger.database import LedgerError
from providers.ledger.prices.own_prices import PriceEntry
from providers.ledger.prices.pricing import Rates
from providers.ledger.rollup.selection import Selection
from providers.ledger.sums import UNKNOWN
from tray.engine import prices_writer
from tray.engine.repricing import Repriced, repriced
from tray.engine.toml_file import CannotEdit, CannotWriteSettings
from tray.faces.page import own_rules, rule_form
from tray.faces.page.data import PageData
from tray.faces.page.fields import FormButton, FormField, PageForm, filled
from tray.faces.page.own_rules import OpenForm, closed, opened
from tray.faces.page.parts import Head
from tray.faces.page.rule_list import OwnPrice, matches, own_prices
from tray.faces.page.table.columns import cost_text
from tray.faces.page.table.names import named
from tray.view import format as fmt
from tray.view.price_rows import TITLES

MOST_PREVIEWED = 100_000
"""Responses that are priced one by one for a preview."""
_MOST_SUGGESTIONS, _LONGEST_SUGGESTION = 100, 100


class OwnPrices(Struct, frozen=True, kw_only=True):
    """`problem` says why they cannot be edited here."""

    file: str
    problem: str
    heads: tuple[Head, ...] = ()
    prices: tuple[OwnPrice, ...]
    add: str
    form: PageForm | None


def build(data: PageData) -> OwnPrices:
    file = data.scope.prices_file
    try:
        text = prices_writer.read(file)
    except CannotWriteSettings as error:
        return OwnPrices(file=short(file), problem=str(error), prices=(), add="", form=None)
    rates = data.scope.rates()
    counted = _counted(data)
    return OwnPrices(
        file=short(file),
        problem="",
        heads=(
            Head(title="Model"),
            *(Head(title=title, number=True) for title in TITLES.values()),
            Head(title="Applies to"),
        ),
        prices=own_prices(data.query, rates, counted, data.now),
        add=opened(data.query, "add"),
        form=_form(data, text, rates, counted),
    )


def _counted(data: PageData) -> dict[str, int]:
    """The responses of each model that was ever used, whatever the filters are."""
    everything = Selection(zone=data.zone)
    return {
        f"{model}": tally.responses
        for (model,), tally in data.tallies(("model",), selection=everything).items()
        if model != UNKNOWN
    }


def _form(data: PageData, text: str, rates: Rates, counted: Mapping[str, int]) -> PageForm | None:
    """The one that is open in the address, or that was not saved, with what was typed."""
    note = data.note
    typed = note.fields if note is not None and note.action == rule_form.ACTION else {}
    shown = own_rules.form(typed["kind"], typed.get("number", "")) if "kind" in typed else None
    asked = shown or own_rules.asked(data.query)
    if asked is None or (asked.number is not None and asked.number >= len(rates.own)):
        return None
    entry = None if asked.number is None else rates.own[asked.number]
    fields, title = _fields(data, asked, entry, _suggested(counted))
    notes: tuple[str, ...] = ()
    said = (note.text,) if typed and note is not None else ()
    if typed:
        found = _draft(data, asked, typed, text, rates)
        fields = filled(fields, typed, found.mistakes)
        if note is not None and not note.is_refused and found.text is not None:
            notes = _preview(data, found.text, rates, counted, typed, asked)
    elif asked.kind == "delete" and entry is not None:
        found = _draft(data, asked, {}, text, rates)
        notes = _effect(data, found.text, rates) if found.text else tuple(found.mistakes.values())
    version = typed.get("version") if typed and asked.kind != "add" else None
    return PageForm(
        action=rule_form.ACTION,
        title=title,
        fields=fields,
        buttons=_buttons(asked.kind),
        back=closed(data.query),
        cancel=closed(data.query),
        hidden=(
            ("kind", asked.kind),
            ("number", "" if asked.number is None else f"{asked.number}"),
            ("version", version or prices_writer.version_of(text)),
        ),
        notes=(*said, *notes),
        is_typed=bool(typed),
    )


def _suggested(counted: Mapping[str, int]) -> tuple[str, ...]:
    """Names that can be typed, those used most first."""
    names = (each for each in counted if each.isprintable() and len(each) <= _LONGEST_SUGGESTION)
    return tuple(sorted(names, key=lambda each: -counted[each])[:_MOST_SUGGESTIONS])


def _fields(
    data: PageData, asked: OpenForm, entry: PriceEntry | None, models: tuple[str, ...]
) -> tuple[tuple[FormField, ...], str]:
    """With what they hold at first, and the title of the form."""
    today = data.now.astimezone(UTC).date()
    if entry is None:
        fields = rule_form.fields_of(models=models)
        return filled(fields, {"model": asked.model}, {}), "Add a price"
    name = named(entry.model).shown
    match asked.kind:
        case "end":
            end = next(each for each in rule_form.fields_of(entry) if each.name == "until")
            return (replace(end, value=str(today), required=True),), f"End the price of {name}"
        case "delete":
            return (), f"Delete the price of {name}, {rule_form.days(entry)}?"
        case "copy":
            fields = rule_form.fields_of(entry, models)
            return filled(fields, rule_form.copied(entry, today), {}), f"Duplicate the price of {name}"
    return rule_form.fields_of(entry, models), f"Edit the price of {name}"


def _buttons(kind: str) -> tuple[FormButton, ...]:
    if kind == "delete":
        return (FormButton(title="Delete", kind="danger"),)
    main = FormButton(title="End" if kind == "end" else "Save", value="save", kind="main")
    return (main, FormButton(title="Preview", value="preview"))


def _draft(
    data: PageData, asked: OpenForm, typed: Mapping[str, str], text: str, rates: Rates
) -> rule_form.RuleDraft:
    try:
        return rule_form.draft(asked, typed, text, rates, data.scope.prices_file)
    except (CannotEdit, BadToml) as error:
        return rule_form.RuleDraft(mistakes={rule_form.ENTIRE_FORM: rule_form.sentence(error)})


def _preview(
    data: PageData,
    text: str,
    rates: Rates,
    counted: Mapping[str, int],
    typed: Mapping[str, str],
    asked: OpenForm,
) -> tuple[str, ...]:
    about = () if asked.kind == "end" else (matches(rates.meant(typed.get("model", ""), counted), counted),)
    return *about, *_effect(data, text, rates)


def _effect(data: PageData, text: str, rates: Rates) -> tuple[str, ...]:
    """What the prices in this text make of the chosen days."""
    days = Selection(zone=data.zone, since=data.selection.since, until=data.selection.until)
    tally = data.tallies((), selection=days).get((), Tally())
    if tally.responses > MOST_PREVIEWED:
        return ("The chosen days have too many responses for a preview. Choose fewer days.",)
    homes = {
        each.id: tuple(home.path for home in data.scope.log_homes_of(each)) for each in data.scope.chosen()
    }
    try:
        found = repriced(
            data.costs.ledger,
            homes,
            rates.with_own(text, data.scope.prices_file.name),
            data.zone,
            days.since,
            days.until,
        )
    except LedgerError as error:
        return (str(error),)
    return (effect(found),)


def effect(found: Repriced) -> str:
    """`The chosen days would come to $12.30 instead of $10.00: 8 responses change.`"""
    if not found.changed:
        return "Nothing changes in the chosen days."
    many = fmt.plural(found.changed, "response changes", "responses change")
    before, after = (cost_text(each.usd, each.unpriced) for each in (found.before, found.after))
    return f"The chosen days would come to {after} instead of {before}: {many}."
