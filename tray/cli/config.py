"""`tankful config`: shows and changes settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tray.cli.console import NOTHING_READ, OK, BadArgument, make_scope, open_scope, tell

if TYPE_CHECKING:
    import argparse

    from providers.setting import Setting
    from tray.engine.scope import Scope


EXAMPLES = (
    ("tankful config set notify.quiet_hours 22:00-07:00", "no notices at night"),
    ("tankful config set budget.week 50%", "a budget: half of each weekly limit"),
    ("tankful config unset budget.week", "back to the default"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Show and change the settings in settings.toml; without an action it lists them."
    parser.set_defaults(action="list", json=False)
    actions = parser.add_subparsers(metavar="ACTION", title="actions", dest="action")
    listing = actions.add_parser("list", help="show all settings with their values and what they do")
    listing.add_argument("--json", action="store_true", help="print JSON")
    getting = actions.add_parser("get", help="print the value that applies")
    setting = actions.add_parser("set", help="change a setting, such as: providers.claude.enabled false")
    unsetting = actions.add_parser(
        "unset", help="remove a setting from the file, so that its default applies"
    )
    for action in (getting, setting, unsetting):
        action.add_argument("key", metavar="KEY", help="the setting, as `tankful config list` names it")
    setting.add_argument(
        "value", metavar="VALUE", help="its new value; commas separate the folders of a list"
    )
    actions.add_parser("path", help="print where the settings file is")


def run(options: argparse.Namespace) -> int:
    """Raises BadArgument for an unknown key and a value that the setting does not take."""
    match options.action:
        case "get":
            return _get(open_scope(), options.key)
        case "set":
            return _set(make_scope(), options.key, options.value)
        case "unset":
            return _unset(make_scope(), options.key)
        case "path":
            return _print(str(make_scope().settings_file))
    from tray.view import output, settings_text

    scope = open_scope()
    if options.json:
        return _print(output.as_json(settings_text.as_data(scope.settings(), scope.settings_file)))
    return _print(settings_text.table(scope.settings(), scope.settings_file))


def _get(scope: Scope, key: str) -> int:
    setting = _find(scope, key)
    return _print(setting.type.text(scope.settings().get(setting)))


def _set(scope: Scope, key: str, text: str) -> int:
    from providers.setting import InvalidValue
    from tray.engine.settings_writer import CannotWriteSettings, set_value
    from tray.view.settings_text import shown

    setting = _find(scope, key)
    raw = setting.type.raw(text)
    try:
        value = setting.type.parse(raw)
    except InvalidValue as error:
        expected = str(error).replace(" in quotes", "")  # as the file has it
        raise BadArgument(f"{key} should be {expected}, not {text!r}") from None
    before = scope.settings().get(setting)
    try:
        set_value(scope.settings_file, setting, raw)
    except CannotWriteSettings as error:
        tell(str(error))
        return NOTHING_READ
    _print(f"{key} = {shown(setting, value)} (was: {shown(setting, before)})")
    return _print("Takes effect when tankful is restarted.") if not setting.live else OK


def _unset(scope: Scope, key: str) -> int:
    from tray.engine.settings_writer import CannotWriteSettings, unset
    from tray.view.settings_text import shown

    setting = _find(scope, key)
    try:
        removed = unset(scope.settings_file, setting)
    except CannotWriteSettings as error:
        tell(str(error))
        return NOTHING_READ
    if not removed:
        return _print(f"{key} was not set.")
    return _print(f"{key} is no longer set. Its default applies: {shown(setting, setting.default)}")


def _find(scope: Scope, key: str) -> Setting[Any]:
    from tray.engine.settings_table import UnknownSetting, find

    try:
        return find(scope.table, key)
    except UnknownSetting as error:
        raise BadArgument(str(error)) from None


def _print(text: str) -> int:
    from tray.view.output import emit

    emit(text)
    return OK
