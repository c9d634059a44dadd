"""Changes the prices of the person's own, and counts with them at once."""

from __future__ import annotations

from collections.abc import Mapping

from providers.domain.cost import Tally
from providers.host.toml_lines import BadToml
from tray.engine import prices_writer
from tray.engine.prices_writer import PricesRefused
from tray.engine.toml_file import CannotEdit, CannotWriteSettings
from tray.faces.page import own_rules, query, rule_form
from tray.faces.page.actions.desk import PageDesk
from tray.faces.page.actions.recalculate import WAIT_SECONDS
from tray.faces.page.forms import FormPreviewed, FormRefused, shown_with
from tray.faces.page.table.columns import cost_text

_DONE = {
    "add": "The price was added.",
    "edit": "The price was changed.",
    "copy": "The price was added.",
    "end": "The end of the price was set.",
    "delete": "The price was deleted.",
}


def act(desk: PageDesk, form: Mapping[str, str]) -> str:
    """What the form asks for: see `own_rules.KINDS`; only a look at what it would do with `do=preview`."""
    asked = own_rules.form(form.get("kind", ""), form.get("number", ""))
    if asked is None:
        raise FormRefused("This form is not complete. Open it again.")
    file, rates = desk.scope.prices_file, desk.scope.rates()
    mistakes: Mapping[str, str] = {}

    def edit(text: str) -> str:
        nonlocal mistakes
        found = rule_form.draft(asked, form, text, rates, file)
        mistakes = found.mistakes
        return text if found.text is None else found.text

    try:
        if form.get("do") == "preview":
            edit(prices_writer.read_version(file, form.get("version", "")))
        else:
            before = _total(desk, form)
            prices_writer.change(file, form.get("version", ""), edit, rates)
    except (CannotWriteSettings, PricesRefused, CannotEdit, BadToml) as error:
        text = str(error) if isinstance(error, CannotWriteSettings) else rule_form.sentence(error)
        raise FormRefused(text) from error
    if mistakes:
        raise FormRefused(
            mistakes.get(rule_form.ENTIRE_FORM, "Nothing was saved. Correct what is marked."), mistakes
        )
    if form.get("do") == "preview":
        raise FormPreviewed("This is a preview: nothing was saved yet.")
    if not desk.figures.wait(desk.figures.recount(), WAIT_SECONDS):
        return f"{_DONE[asked.kind]} The costs update as the count continues."
    return f"{_DONE[asked.kind]} {_effect(before, _total(desk, form))}"


def _total(desk: PageDesk, form: Mapping[str, str]) -> Tally:
    """Of the days and filters that the form was shown with."""
    asked = shown_with(form)
    zone = query.zone_of(asked, desk.scope.zone)
    today = desk.scope.clock().astimezone(zone).date()
    return desk.figures.rollup.tallies(query.selection(asked, zone, today)).get((), Tally())


def _effect(before: Tally, after: Tally) -> str:
    if (before.usd, before.unpriced) == (after.usd, after.unpriced):
        return "It changes nothing in the chosen days."
    was, now = (cost_text(each.usd, each.unpriced) for each in (before, after))
    return f"The chosen days now come to {now} instead of {was}."
