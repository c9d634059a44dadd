"""Changes settings, those that the page may change."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from tray.engine import published, settings_writer
from tray.engine.settings_edit import with_value, without
from tray.engine.settings_table import HIDE_EMAIL, find
from tray.engine.settings_writer import CannotWriteSettings
from tray.engine.subscriptions import SUBSCRIPTIONS
from tray.faces.page import settings_form
from tray.faces.page.account_list import accounts
from tray.faces.page.actions.desk import PageDesk
from tray.faces.page.data import usage_of
from tray.faces.page.forms import FormRefused
from tray.faces.page.settings_form import SettingsDraft

Changes = Mapping[str, object | None]


def act(desk: PageDesk, form: Mapping[str, str]) -> str:
    """Of all fields of the form, those that changed."""
    return _saved(settings_form.draft(desk.scope.settings(), form), lambda changes: _set(desk, changes))


def subscriptions(desk: PageDesk, form: Mapping[str, str]) -> str:
    """What is paid for the accounts; an empty field removes a price."""
    settings = desk.scope.settings()
    document = published.read(os.fspath(desk.scope.folders.state))
    usage, hide = usage_of(document, desk.scope.clock()), settings.get(HIDE_EMAIL)
    prices = settings.get(SUBSCRIPTIONS)
    listed = accounts(usage, prices, hide_email=hide)
    return _saved(settings_form.price_draft(listed, form), lambda changes: _set_prices(desk, changes))


def _saved(draft: SettingsDraft, save: Callable[[Changes], None]) -> str:
    if draft.mistakes:
        raise FormRefused("Nothing was saved. Correct what is marked.", draft.mistakes)
    try:
        save(draft.changes)
    except CannotWriteSettings as error:
        raise FormRefused(str(error)) from error
    return "Saved." if draft.changes else "Nothing changed."


def _set(desk: PageDesk, changes: Changes) -> None:
    for key, raw in changes.items():
        setting = find(desk.scope.table, key)
        if raw is None:
            settings_writer.unset(desk.scope.settings_file, setting)
        else:
            settings_writer.set_value(desk.scope.settings_file, setting, raw)


def _set_prices(desk: PageDesk, changes: Changes) -> None:
    def edit(text: str) -> str:
        for account, raw in changes.items():
            path = (*SUBSCRIPTIONS.path, account)
            text = without(text, path) if raw is None else with_value(text, path, raw)
        return text

    if changes:
        settings_writer.edit(desk.scope.settings_file, SUBSCRIPTIONS, edit)
