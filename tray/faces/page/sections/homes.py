"""The homes whose logs are counted: where they are, who is signed in, and from where they are known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from providers.host.files import short
from providers.ledger.database import LedgerError
from providers.ledger.rollup.selection import Selection
from providers.source import Home, Provider
from tray.engine.home_settings import how_to_remove
from tray.engine.other_homes import those_that_exist
from tray.engine.settings_table import HIDE_EMAIL
from tray.faces.page.account_list import accounts
from tray.faces.page.data import PageData
from tray.faces.page.fields import FieldOption, FormButton, FormField, PageForm, filled
from tray.faces.page.parts import Head
from tray.faces.page.table.names import ShownName, named

ADD, REMOVE = "home-add", "home-remove"
"""What the forms are called where they are posted."""
KEPT = (
    "Removing a home only hides its numbers: its logs stay, and the numbers come back when you add it again."
)


class HomeRow(Struct, frozen=True, kw_only=True):
    """`logs` and `responses` are "–" where they are not known. `known` says from where it is known, `how` how it
    can be removed; where the settings have it, `remove` is what the form for that sends.
    """

    provider: str
    home: ShownName
    note: str
    account: str
    logs: str
    responses: str
    last_seen: str
    known: str
    how: str
    remove: tuple[tuple[str, str], ...] = ()


class Homes(Struct, frozen=True, kw_only=True):
    heads: tuple[Head, ...]
    rows: tuple[HomeRow, ...]
    remove_action: str
    back: str
    kept: str
    add: PageForm


def build(data: PageData) -> Homes:
    chosen = data.scope.chosen()
    homes = {each.id: data.scope.homes_of(each) for each in chosen}
    existing = those_that_exist([str(home.path) for of_one in homes.values() for home in of_one])
    back = data.query.with_(tab="prices", open="").address
    titles = ("Home", "Account", "Logs", "Responses", "Last used", "Known from", "Remove")
    return Homes(
        heads=tuple(Head(title=each, number=each in ("Logs", "Responses")) for each in titles),
        rows=tuple(row for each in chosen for row in _rows(data, each, homes[each.id], existing)),
        remove_action=REMOVE,
        back=back,
        kept=KEPT,
        add=_form(data, chosen, back),
    )


def _rows(
    data: PageData, provider: Provider, homes: Sequence[Home], existing: Collection[str]
) -> Iterator[HomeRow]:
    log_homes = provider.find_log_homes(data.scope.environ)
    held = _held(data, provider, (*homes, *log_homes))
    seen = _seen(data, provider)
    accounts = _accounts(data, provider)
    for home in homes:
        yield HomeRow(
            provider=provider.title,
            home=named(home.label),
            note="" if str(home.path) in existing else "This folder does not exist.",
            account=accounts.get(home.label, "–"),
            logs=_count(held, [home]),
            responses=_responses(seen, home.label),
            last_seen=_last(seen, home.label),
            known=_known(provider, home),
            how="" if home.in_settings else how_to_remove(provider, home),
            remove=(("provider", provider.id), ("home", home.id)) if home.in_settings else (),
        )
    labels = dict.fromkeys(home.label for home in log_homes)
    for label in labels:
        same = [home for home in log_homes if home.label == label]
        yield HomeRow(
            provider=provider.title,
            home=named(label),
            note=f"{len(same)} sessions with folders of their own" if len(same) > 1 else short(same[0].path),
            account="–",
            logs=_count(held, same),
            responses=_responses(seen, label),
            last_seen=_last(seen, label),
            known="Found on this machine",
            how="tankful finds these folders automatically.",
        )


def _known(provider: Provider, home: Home) -> str:
    if home.in_settings:
        return "Settings"
    return provider.home_variable if home.named is not None else "Default"


def _held(data: PageData, provider: Provider, homes: Sequence[Home]) -> dict[str, int] | None:
    """How many logs each path has; None where nobody can tell."""
    try:
        found = data.costs.ledger.logs_held_of(provider.id, [home.path for home in homes])
    except LedgerError:
        return None
    return {str(path): count for path, count in found.items()}


def _count(held: Mapping[str, int] | None, homes: Sequence[Home]) -> str:
    return "–" if held is None else f"{sum(held.get(str(home.path), 0) for home in homes):,}"


def _seen(data: PageData, provider: Provider) -> dict[str, tuple[int, date]]:
    """How many responses each home has by its label, and the day of the last one."""
    everything = Selection(zone=data.zone, provider=provider.id)
    found: dict[str, tuple[int, date]] = {}
    for (label,), tally in data.tallies(("home",), selection=everything).items():
        days = data.rollup.used_days(replace(everything, home=f"{label}"))
        if days is not None:
            found[f"{label}"] = tally.responses, days[1]
    return found


def _responses(seen: Mapping[str, tuple[int, date]], label: str) -> str:
    return f"{seen[label][0]:,}" if label in seen else "0"


def _last(seen: Mapping[str, tuple[int, date]], label: str) -> str:
    return str(seen[label][1]) if label in seen else "never"


def _accounts(data: PageData, provider: Provider) -> dict[str, str]:
    """Who is signed in to each home, by its label."""
    hide = data.scope.settings().get(HIDE_EMAIL)
    return {
        home: each.title
        for each in accounts(data.usage, (), hide_email=hide)
        if each.provider == provider.id
        for home in each.homes
    }


def _form(data: PageData, chosen: Sequence[Provider], back: str) -> PageForm:
    fields: tuple[FormField, ...] = (
        FormField(
            name="provider",
            label="Program",
            kind="choice",
            options=tuple(FieldOption(each.id, each.title) for each in chosen),
        ),
        FormField(name="path", label="Folder", required=True, hint="A path that starts with / or ~."),
    )
    is_typed = data.note is not None and data.note.action == ADD and bool(data.note.fields)
    if data.note is not None and is_typed:
        fields = filled(fields, data.note.fields, data.note.mistakes)
    return PageForm(
        action=ADD,
        title="Add a home",
        fields=fields,
        buttons=(FormButton(title="Add", kind="main"),),
        back=back,
        is_typed=is_typed,
    )
