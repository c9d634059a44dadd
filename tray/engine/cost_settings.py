"""Whether what is shown as cost includes what no line of a log has."""

from __future__ import annotations

from providers.setting import Bool, Menu, Setting

NOT_ON_LINES = Setting(
    "cost.not_on_lines",
    Bool(),
    True,
    "Include in tokens and cost what a CLI reports only in the total of a session, such as compaction, web search "
    "and titles. Budgets and `cost --json` always include it.",
    menu=Menu(text="Include what is not in the logs"),
)
"""Off: tables, menu, page and bars have neither its row nor totals with it."""
