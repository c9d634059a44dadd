"""Changes settings, those that the page may change."""

from __future__ import annotations

import os
from collections.abc import Mapping

from tray.engine import published, settings_writer
from tray.engine.settings_table import HIDE_EMAIL, find
from tray.engine.settings_writer import CannotWriteSettings
from tray.engine.subscriptions import SUBSCRIPTIONS
from tray.faces.page import settings_form
from tray.faces.page.account_list import accounts
from tray.faces.page.actions.desk import PageDesk
from tray.faces.page.forms import FormRefused
from tray.faces.page.settings_form import SettingsDraft


def act(desk: PageDesk, form: Mapping[str, str]) -> str:
    """Of all fields of the form, those that changed."""
    return _save(desk, settings_form.draft(desk.scope.settings(), form))


def subscriptions(desk: PageDesk, form: Mapping[str, str]) -> str:
    """What is paid for the accounts; an empty field removes a price."""
    settings = desk.scope.settings()
    document = published.read(os.fspath(desk.scope.folders.state))
    usage = None if document is None else published.usage(document, desk.scope.clock().timestamp())
    prices = settings.get(SUBSCRIPTIONS)
    listed = tuple(accounts(usage, prices, hide_email=settings.get(HIDE_EMAIL)))
    return _save(desk, settings_form.price_draft(prices, listed, form))


def _save(desk: PageDesk, draft: SettingsDraft) -> str:
    if draft.mistakes:
        raise FormRefused("Nothing was saved yet. Correct what is marked.", draft.mistakes)
    file = desk.scope.settings_file
    try:
        for key, raw in draft.changes.items():
            setting = find(desk.scope.table, key)
            if raw is None:
                settings_writer.unset(file, setting)
            else:
                settings_writer.set_value(file, setting, raw)
    except CannotWriteSettings as error:
        raise FormRefused(str(error)) from error
    return "Saved." if draft.changes else "Nothing changed."
