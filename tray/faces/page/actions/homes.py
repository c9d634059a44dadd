"""Adds a home to the settings, or removes it there."""

from __future__ import annotations

from collections.abc import Mapping

from providers.host.files import short
from providers.source import Provider
from tray.engine import home_settings
from tray.engine.home_settings import HomeRefused
from tray.engine.settings_writer import CannotWriteSettings
from tray.faces.page.actions.desk import PageDesk
from tray.faces.page.actions.recalculate import WAIT_SECONDS
from tray.faces.page.forms import FormRefused


def add(desk: PageDesk, form: Mapping[str, str]) -> str:
    provider = _provider(desk, form)
    try:
        path = home_settings.add(desk.scope, provider, form.get("path", ""))
    except HomeRefused as error:
        raise FormRefused("The home was not added. Correct what is marked.", {"path": str(error)}) from error
    except CannotWriteSettings as error:
        raise FormRefused(str(error)) from error
    is_counted = desk.figures.wait(desk.figures.recount(), WAIT_SECONDS)
    rest = "and its logs are counted" if is_counted else "and its logs are being counted"
    return f"{short(path)} was added to {provider.title}, {rest}."


def remove(desk: PageDesk, form: Mapping[str, str]) -> str:
    provider = _provider(desk, form)
    try:
        home = home_settings.remove(desk.scope, provider, form.get("home", ""))
    except (HomeRefused, CannotWriteSettings) as error:
        raise FormRefused(str(error)) from error
    desk.figures.wait(desk.figures.recount(), WAIT_SECONDS)
    return f"{home.label} was removed from the settings. Its files were left as they are."


def _provider(desk: PageDesk, form: Mapping[str, str]) -> Provider:
    found = next((each for each in desk.scope.providers if each.id == form.get("provider")), None)
    if found is None:
        raise FormRefused("Choose the program that uses this home.", {"provider": "Choose one."})
    return found
