"""The table of all settings. Nothing else knows their names: reader, writer, `tankful config`, menu and README
go through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from providers.domain.work_days import ALL, DAYS
from providers.provider_settings import settings_of
from providers.registry import PROVIDERS
from providers.setting import Bool, Choice, Menu, Setting
from providers.source import Provider
from tray.engine.budget_settings import BUDGETS
from tray.engine.cost_settings import NOT_ON_LINES
from tray.engine.incident_setting import INCIDENTS
from tray.engine.live.settings import SESSION_SETTINGS
from tray.engine.machine import MACHINE_NAME
from tray.engine.notices.settings import NOTICE_SETTINGS
from tray.engine.refresh_policy import REFRESH
from tray.engine.subscriptions import SUBSCRIPTIONS

Table = tuple[Setting[Any], ...]


class UnknownSetting(LookupError):
    """An unknown key; str() is a sentence that suggests similar ones."""


ICON = Setting(
    "display.icon",
    Choice(("tightest", "both", "number", "each")),
    "tightest",
    "What the icon shows: the account with the least left, both providers, its percentage, or an icon for each "
    "provider (Linux; elsewhere both in one).",
    menu=Menu(
        text="Icon",
        names=lambda: {
            "tightest": "Least left",
            "both": "Both providers",
            "number": "Percentage",
            "each": "One for each provider",
        },
    ),
)
SHOW_USED = Setting(
    "display.used",
    Bool(),
    False,
    "Show what is used instead of what is left.",
    menu=Menu(text="Show what is used"),
)
HIDE_EMAIL = Setting(
    "display.hide_email",
    Bool(),
    False,
    "Do not show e-mail addresses.",
    menu=Menu(text="Hide e-mail addresses"),
)
BARS = Setting(
    "display.bars",
    Choice(("lines", "blocks", "ascii")),
    "lines",
    "The characters of the menu's bars: ━━──, ██░░ or ==~~, where the font lacks the others.",
    menu=Menu(text="Bars", names=lambda: {"lines": "━━━──", "blocks": "███░░", "ascii": "===~~"}),
)
WORK_DAYS = Setting(
    "display.work_days",
    Choice(tuple(DAYS)),
    ALL,
    "The days on which you work: the pace of a week counts no others.",
    menu=Menu(
        text="Work days",
        names=lambda: {
            "all": "Every day",
            "mon-fri": "Monday to Friday",
            "mon-sat": "Monday to Saturday",
            "sun-thu": "Sunday to Thursday",
        },
    ),
)

GENERAL: Table = (
    ICON,
    SHOW_USED,
    HIDE_EMAIL,
    BARS,
    WORK_DAYS,
    INCIDENTS,
    NOT_ON_LINES,
    *BUDGETS.values(),
    SUBSCRIPTIONS,
    *NOTICE_SETTINGS,
    *SESSION_SETTINGS,
    REFRESH,
    MACHINE_NAME,
)
"""The settings of no provider, each imported from the file that uses it. Those that only views and faces use
are written here, as the engine imports neither.
"""


def table_of(providers: Sequence[Provider]) -> Table:
    """The settings of these providers, and all others. Raises ValueError where two cannot both be set."""
    table = (*(setting for provider in providers for setting in settings_of(provider)), *GENERAL)
    validate(table)
    return table


def validate(table: Table) -> None:
    """Raises ValueError for a table that cannot be read, written or shown."""
    keys = {setting.key for setting in table}
    if len(keys) < len(table):
        raise ValueError("two settings have the same key")
    for setting in table:
        parents = {".".join(setting.path[:length]) for length in range(1, len(setting.path))}
        if keys & parents:
            raise ValueError(f"{setting.key} is below another setting")
        if setting.path[0] == "problem":
            raise ValueError(f"{setting.key}: snapshot.json needs that name")
        if setting.menu is not None and not isinstance(setting.type, (Bool, Choice)):
            raise ValueError(f"{setting.key}: the menu has toggles and choices only")


def find(table: Table, key: str) -> Setting[Any]:
    """The setting of that name. Raises UnknownSetting."""
    for setting in table:
        if setting.key == key:
            return setting
    near = nearest(key, (setting.key for setting in table), most=3)
    others = f"{', '.join(near[:-1])} or {near[-1]}" if near[1:] else "".join(near)
    hint = f"Did you mean {others}?" if near else "`tankful config list` shows all settings."
    raise UnknownSetting(f"there is no setting {key!r}. {hint}")


def nearest(word: str, known: Iterable[str], most: int = 1) -> list[str]:
    """The known words with a similar spelling, the most similar first."""
    from difflib import get_close_matches  # 3 ms, which only a mistake costs

    return get_close_matches(word, list(known), most)


SETTINGS = table_of(PROVIDERS)
