"""Opens what belongs to the numbers: the folder of the logs, the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping

from providers.host.files import short
from tray.engine.settings_writer import CannotWriteSettings, create
from tray.faces.page.actions.desk import PageDesk
from tray.faces.page.forms import FormRefused


def logs(desk: PageDesk, form: Mapping[str, str]) -> str:
    """Those of the provider in the field `provider`, or of the first one that has any."""
    wanted = form.get("provider", "")
    chosen = [each for each in desk.scope.chosen() if wanted in ("", each.id)]
    folders = [
        home.path / folder
        for each in chosen
        for home in desk.scope.log_homes_of(each)
        for folder in each.logs.folders
    ]
    found = next((folder for folder in folders if os.path.isdir(folder)), None)
    if found is None:
        where = f" in {short(folders[0])}" if folders else ""
        raise FormRefused(f"There are no logs{where} yet.")
    desk.open_path(found)
    return ""


def settings(desk: PageDesk, _form: Mapping[str, str]) -> str:
    from tray.view.settings_text import as_toml

    file = desk.scope.settings_file
    try:
        if not os.path.exists(file):
            create(file, as_toml(desk.scope.table))
    except CannotWriteSettings as error:
        raise FormRefused(str(error)) from error
    desk.open_path(file)
    return ""
