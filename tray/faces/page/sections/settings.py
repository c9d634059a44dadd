"""What the person pays for their accounts, and the settings that the page may change."""

from __future__ import annotations

from msgspec import Struct

from providers.host.files import short
from tray.engine.settings_table import HIDE_EMAIL
from tray.engine.subscriptions import SUBSCRIPTIONS
from tray.faces.page import settings_form
from tray.faces.page.account_list import accounts
from tray.faces.page.data import PageData
from tray.faces.page.fields import FormButton, FormField, PageForm, filled
from tray.faces.page.status import status_of

WHAT_FOR = (
    "What you pay per month for each account. The page compares it with the same use at API prices. Clear a"
    " field to remove its price."
)
_SAVE = (FormButton(title="Save", kind="main"),)


class PageSettings(Struct, frozen=True, kw_only=True):
    """`prices` is None where no account is known; `problem` says what in the file does not count."""

    file: str
    problem: str
    prices: PageForm | None
    settings: PageForm


def build(data: PageData) -> PageSettings:
    settings, back = data.scope.settings(), data.query.with_(tab="prices", open="").address
    paid = settings.get(SUBSCRIPTIONS)
    listed = accounts(data.usage, paid, hide_email=settings.get(HIDE_EMAIL))
    prices = PageForm(
        action=settings_form.PRICES,
        title="Subscriptions",
        fields=_shown(data, settings_form.PRICES, settings_form.price_fields(listed, data.title)),
        buttons=_SAVE,
        back=back,
        is_typed=_is_typed(data, settings_form.PRICES),
        notes=(WHAT_FOR,),
    )
    return PageSettings(
        file=short(data.scope.settings_file),
        problem=settings.problem or "",
        prices=prices if listed else None,
        settings=PageForm(
            action=settings_form.SETTINGS,
            title="Settings",
            notes=(" ".join(status_of(data).lines),),
            fields=_shown(data, settings_form.SETTINGS, settings_form.fields_of(settings)),
            is_typed=_is_typed(data, settings_form.SETTINGS),
            buttons=_SAVE,
            back=back,
        ),
    )


def _shown(data: PageData, action: str, fields: tuple[FormField, ...]) -> tuple[FormField, ...]:
    """As they were typed where that was not saved."""
    if data.note is None or not _is_typed(data, action):
        return fields
    return filled(fields, data.note.fields, data.note.mistakes)


def _is_typed(data: PageData, action: str) -> bool:
    return data.note is not None and data.note.action == action and bool(data.note.fields)
