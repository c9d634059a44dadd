"""The settings that the page may change, as forms: what they hold, and what was typed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from providers.setting import Bool, Choice, InvalidValue, Setting
from tray.engine.budget_settings import BUDGETS
from tray.engine.refresh_policy import REFRESH
from tray.engine.settings import Settings
from tray.engine.settings_table import HIDE_EMAIL, SHOW_USED, WORK_DAYS
from tray.engine.subscriptions import SUBSCRIPTIONS, Subscription
from tray.faces.page.account_list import ListedAccount
from tray.faces.page.fields import FieldOption, FormField
from tray.view.usage.worth import COMPARED

BUDGET = "Budgets in USD at API prices; a day and a week also as a share of the weekly limits, such as 50%"
SETTINGS, PRICES = "settings", "subscriptions"
"""What the forms are called where they are posted."""
ON_PAGE: tuple[Setting[Any], ...] = (REFRESH, WORK_DAYS, HIDE_EMAIL, SHOW_USED, *BUDGETS.values())
_ACCOUNT = "account:"


class SettingsDraft(Struct, frozen=True, kw_only=True):
    """`changes` are TOML values by key, None for what is to be removed."""

    changes: Mapping[str, object | None] = {}
    mistakes: Mapping[str, str] = {}


def fields_of(settings: Settings) -> tuple[FormField, ...]:
    return tuple(_field(each, settings.get(each)) for each in ON_PAGE)


def _field(setting: Setting[Any], value: Any) -> FormField:
    label = setting.menu.text if setting.menu is not None else _label(setting.key)
    text = setting.type.text(value)
    match setting.type:
        case Bool():
            return FormField(name=setting.key, label=label, kind="check", value="on" if value else "")
        case Choice():
            names = (
                setting.menu.names() if setting.menu is not None and setting.menu.names is not None else {}
            )
            options = tuple(FieldOption(each, names.get(each, each)) for each in setting.type.values)
            return FormField(name=setting.key, label=label, kind="choice", value=text, options=options)
    return FormField(name=setting.key, label=label, value=text, group=BUDGET)


def _label(key: str) -> str:
    """`budget.day` → `A day`."""
    return f"A {key.rpartition('.')[2]}"


def draft(settings: Settings, typed: Mapping[str, str]) -> SettingsDraft:
    changes: dict[str, object | None] = {}
    mistakes: dict[str, str] = {}
    for setting in ON_PAGE:
        text = typed.get(setting.key, "").strip()
        if isinstance(setting.type, Bool):
            text = "true" if text else "false"
        try:
            raw = setting.type.raw(text) if text else None
            value = setting.default if raw is None else setting.type.parse(raw)
        except InvalidValue as error:
            mistakes[setting.key] = f"This should be {f'{error}'.replace(' in quotes', '')}."
            continue
        if value != settings.get(setting):
            changes[setting.key] = None if value == setting.default else raw
    return SettingsDraft(changes=changes, mistakes=mistakes)


def price_fields(listed: Iterable[ListedAccount], title: Callable[[str], str]) -> tuple[FormField, ...]:
    return tuple(
        FormField(
            name=f"{_ACCOUNT}{each.key}",
            label=f"{title(each.provider)}: {each.title}",
            kind="number",
            unit=f"{COMPARED} a month",
            value=_shown(each.subscription),
        )
        for each in listed
    )


def _shown(price: Subscription | None) -> str:
    if price is None:
        return ""
    return f"{price.amount:f}" if price.currency == COMPARED else price.price


def price_draft(listed: Iterable[ListedAccount], typed: Mapping[str, str]) -> SettingsDraft:
    """The prices that were changed, by account."""
    changes: dict[str, object | None] = {}
    mistakes: dict[str, str] = {}
    for each in listed:
        name = f"{_ACCOUNT}{each.key}"
        if name not in typed or typed[name].strip() == _shown(each.subscription):
            continue
        text = typed[name].strip().removeprefix("$").strip()
        if not text:
            changes[each.key] = None
            continue
        try:
            (price,) = SUBSCRIPTIONS.type.parse({each.key: text})
        except InvalidValue:
            mistakes[name] = f"This should be an amount in {COMPARED} above 0, such as 100 or 19.99."
            continue
        if price.currency != COMPARED:
            mistakes[name] = f"Enter it in {COMPARED}, like the costs: no exchange rate is known here."
        changes[each.key] = price.price
    return SettingsDraft(changes=changes, mistakes=mistakes)
