"""The settings of notices."""

from __future__ import annotations

from typing import Any

from providers.setting import Bool, Choice, Hours, Menu, Setting, Text

_MENU = ("Notices",)


def _toggle(name: str, text: str, doc: str, *, default: bool) -> Setting[bool]:
    return Setting(f"notify.{name}", Bool(), default, doc, menu=Menu(text=text, path=_MENU))


ENABLED = _toggle("enabled", "Show notices", "Show notices, of the kinds below.", default=True)
SPENT = _toggle("spent", "Limit used up", "A notice when a limit is used up.", default=True)
USABLE_AGAIN = _toggle(
    "usable_again",
    "Usable again",
    "A notice when an account can be used again after a limit was used up.",
    default=True,
)
RUNS_OUT = _toggle(
    "runs_out",
    "Will run out early",
    "A notice when a limit will run out well before its reset.",
    default=True,
)
LOGIN = _toggle(
    "login", "Login expires", "A notice when a login has expired, or expires within a day.", default=True
)
AT_10 = _toggle("at_10", "10 % left", "A notice when 10 % of a limit is left.", default=True)
AT_25 = _toggle("at_25", "25 % left", "A notice when 25 % of a limit is left.", default=False)
AT_50 = _toggle("at_50", "50 % left", "A notice when 50 % of a limit is left.", default=False)
EARLY_RESET = _toggle(
    "early_reset", "Early reset", "A notice when a limit was reset ahead of time.", default=False
)
RESET_CREDIT = _toggle(
    "reset_credit",
    "Unused reset expires",
    "A notice when a reset that you can still redeem expires within a day.",
    default=False,
)
BUDGET = _toggle(
    "budget",
    "Budget nearly spent",
    "A notice when a budget is spent, nearly spent (80 %), or will be exceeded at this rate.",
    default=True,
)
APPROVAL = _toggle(
    "approval",
    "Session waits for approval",
    "A notice when a session has waited for your approval for some seconds.",
    default=True,
)
QUESTION = _toggle(
    "question",
    "Session asks a question",
    "A notice when a session has waited for your answer for some seconds.",
    default=True,
)
OFF = "off"
SESSION_SHARE = Setting(
    "notify.session_share",
    Choice((OFF, "10", "20", "30")),
    "20",
    "A notice when one session has used so many percent of its account's weekly limit.",
    menu=Menu(
        text="Session uses much of the week",
        path=_MENU,
        names=lambda: {OFF: "Off", "10": "10 %", "20": "20 %", "30": "30 %"},
    ),
)
QUIET_HOURS: Setting[str | None] = Setting(
    "notify.quiet_hours",
    Hours(),
    None,
    "No notices at these times of day; what still holds is shown afterwards.",
)
COMMAND = Setting(
    "notify.command",
    Text(),
    "",
    "A program to run for each notice, with the notice as JSON on its standard input.",
)

NOTICE_SETTINGS: tuple[Setting[Any], ...] = (
    ENABLED,
    SPENT,
    USABLE_AGAIN,
    RUNS_OUT,
    LOGIN,
    AT_10,
    AT_25,
    AT_50,
    EARLY_RESET,
    RESET_CREDIT,
    BUDGET,
    APPROVAL,
    QUESTION,
    SESSION_SHARE,
    QUIET_HOURS,
    COMMAND,
)
